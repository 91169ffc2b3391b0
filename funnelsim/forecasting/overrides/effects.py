"""A forecast with overrides: the futures with and without, and what each override does, for documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from funnelsim.core.nouns import counted
from funnelsim.documents.judgement import OverriddenDeal, OverrideChange
from funnelsim.forecasting.deals import in_order
from funnelsim.forecasting.overrides.apply import OverrideEffect, apply_overrides
from funnelsim.forecasting.overrides.later_wins import later_wins
from funnelsim.forecasting.overrides.override import Override
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.groups import Grouping
from funnelsim.results.run import Run

#: Flag of a deal in the list of open deals.
OVERRIDDEN = "overridden"


def with_overrides(
    funnel: Funnel,
    run: Run,
    overrides: Sequence[Override],
    w: int,
    *,
    grouping: Grouping | None = None,
    **options: Any,
) -> tuple[Run, Run, tuple[OverrideEffect, ...]]:
    """The run by the model alone, the run with overrides, and the effects in window `w`."""
    if not overrides:
        return run, run, ()
    later = later_wins(funnel, run, overrides, seed=run.provenance.seed, **options)
    group_of: dict[str, int] = {}
    if grouping is not None and funnel.pipeline is not None:
        group_of = dict(zip(funnel.pipeline["lead"], grouping.open_leads.tolist(), strict=True))
    changed, effects = apply_overrides(run, funnel.model, overrides, later, w, group_of)
    return run, changed, effects


def deals_with_overrides(deals: pl.DataFrame, effects: Sequence[OverrideEffect]) -> pl.DataFrame:
    """The table of open deals, with what people said instead of what the model says."""
    if not effects:
        return deals
    stated = pl.DataFrame(
        [
            {
                "lead": one.override.deal,
                "p_in_period": one.p_with,
                "p_ever": _chance_ever(one),
                "expected_in_period": one.expected_with,
                "median_close": one.override.close,
                "said": [f"{OVERRIDDEN} by {one.override.who}" if one.override.who else OVERRIDDEN],
            }
            for one in effects
        ],
        schema={**{name: deals.schema[name] for name in _REPLACED}, "said": pl.List(pl.String)},
    )
    joined = deals.join(stated, on="lead", how="left", maintain_order="left", suffix="_said")
    replaced = [pl.coalesce(f"{name}_said", name).alias(name) for name in _REPLACED[1:]]
    flags = pl.when(pl.col("said").is_null()).then("flags").otherwise(pl.concat_list("said", "flags"))
    return in_order(joined.with_columns(*replaced, flags.alias("flags")).select(deals.columns))


_REPLACED = ("lead", "p_in_period", "p_ever", "expected_in_period", "median_close")


def _chance_ever(effect: OverrideEffect) -> float | None:
    override = effect.override
    return 0.0 if override.exclude else override.probability


def overridden_deals(funnel: Funnel, effects: Sequence[OverrideEffect]) -> tuple[OverriddenDeal, ...]:
    """Entries of ``overrides`` in the document, the largest effect first."""
    assert funnel.pipeline is not None
    known = {row["lead"]: row for row in funnel.pipeline.select("lead", "name", "amount").to_dicts()}
    ordered = sorted(effects, key=lambda one: (-abs(one.difference), -abs(one.p_with - one.p_without)))
    return tuple(
        OverriddenDeal(
            deal=one.override.deal,
            name=known[one.override.deal]["name"],
            who=one.override.who,
            reason=one.override.reason,
            changes=tuple(_changes(one, known[one.override.deal]["amount"])),
            p_without=one.p_without,
            p_with=one.p_with,
            expected_without=one.expected_without,
            expected_with=one.expected_with,
            difference=one.difference,
        )
        for one in ordered
    )


def overrides_assumed(noun: str, currency: str, effects: Sequence[OverrideEffect]) -> str:
    """That deals count as people say: for pages and workbooks, which show assumptions."""
    who = sorted({one.override.who for one in effects} - {""})
    by = f" by {', '.join(who)}" if who else ""
    change = sum(one.difference for one in effects)
    return (
        f"{counted(len(effects), f'open {noun}')} overridden{by}: the mean of the bookings changes by "
        f"{change:+,.0f} {currency}".rstrip()
    )


def _changes(effect: OverrideEffect, listed: float | None) -> Iterator[OverrideChange]:
    override = effect.override
    ever = effect.p_without if effect.p_ever is None else effect.p_ever
    if override.exclude:
        yield OverrideChange.model_validate({"what": "exclude", "from": effect.p_without, "to": 0.0})
    if override.probability is not None:
        yield OverrideChange.model_validate({"what": "probability", "from": ever, "to": override.probability})
    if override.close is not None:
        yield OverrideChange.model_validate(
            {"what": "close", "from": effect.usual_close, "to": override.close}
        )
    if override.amount is not None:
        yield OverrideChange.model_validate({"what": "amount", "from": listed, "to": override.amount})
