"""Distributions with tails so heavy that they need a largest value."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.errors import Problem
from funnelsim.distributions import Distribution
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.parts import Model


def endless_tails(model: Model) -> Iterator[Problem]:
    """Report each distribution that the engines would refuse.

    Slower than the other checks, as compiled code is loaded, so only ``funnelsim check`` uses it.
    """
    from funnelsim.distributions.quantile_table import refuse_endless_tail

    known: dict[Distribution, str] = {}
    for path, distribution in _distributions(model):
        if distribution not in known:
            try:
                refuse_endless_tail(distribution)
                known[distribution] = ""
            except ValueError as error:
                known[distribution] = str(error)
        if known[distribution]:
            yield Problem(path=path, message=known[distribution])


def _distributions(model: Model) -> Iterator[tuple[str, Distribution]]:
    base = dict(_stage_distributions(model))
    yield from base.items()
    for section in ("sources", "segments"):
        for key, part in getattr(model, section).items():
            if part.amount is not None:
                yield f"{section}.{key}.amount", part.amount
    for key in model.segments:
        for path, distribution in _stage_distributions(resolve(model, segment=key)):
            if base.get(path) != distribution:
                yield f"segments.{key}.{path}", distribution
    if model.listed_factor is not None:
        yield "listed_factor", model.listed_factor


def _stage_distributions(model: Model) -> Iterator[tuple[str, Distribution]]:
    for key, stage in model.stages.items():
        held = {"after": stage.after, "patience": stage.patience}
        held |= {f"exits.{name}.after": e.after for name, e in stage.exits.items()}
        held |= {f"work.{n}.effort": task.effort for n, task in enumerate(stage.work)}
        if len(stage.work) == 1:
            held["work.effort"] = held.pop("work.0.effort")
        if stage.planned is not None:
            held |= {f"planned.exits.{name}.after": e.after for name, e in stage.planned.exits.items()}
        if stage.spawns is not None:
            held["spawns.after"] = stage.spawns.after
        yield from (
            (f"stages.{key}.{inner}", distribution)
            for inner, distribution in held.items()
            if distribution is not None
        )
