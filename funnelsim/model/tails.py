"""Laws whose tail cannot be simulated as it stands: they need a largest value."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.errors import Problem
from funnelsim.distributions import Distribution
from funnelsim.model.parts import Model


def endless_tails(model: Model) -> Iterator[Problem]:
    """Each law of a file that an engine would refuse, with the place where it stands.

    Slower than the rules of `checks` and compiled code is loaded, so only ``funnelsim check`` asks.
    """
    from funnelsim.distributions.table import build_table

    for path, law in _laws(model):
        try:
            build_table(law)
        except ValueError as error:
            yield Problem(path=path, message=str(error))


def _laws(model: Model) -> Iterator[tuple[str, Distribution]]:
    for key, stage in model.stages.items():
        held = {"": stage.after} | {f"exits.{name}.": e.after for name, e in stage.exits.items()}
        if stage.planned is not None:
            held |= {f"planned.exits.{name}.": e.after for name, e in stage.planned.exits.items()}
        yield from ((f"stages.{key}.{inner}after", law) for inner, law in held.items() if law is not None)
    for section in ("sources", "segments"):
        for key, part in getattr(model, section).items():
            if part.amount is not None:
                yield f"{section}.{key}.amount", part.amount
    for key in model.segments:
        yield from _overridden(model, key)
    if model.listed_factor is not None:
        yield "listed_factor", model.listed_factor


def _overridden(model: Model, segment: str) -> Iterator[tuple[str, Distribution]]:
    from funnelsim.model.paths import value_at
    from funnelsim.model.resolve import resolve

    found = resolve(model, segment=segment)
    for path in model.segments[segment].overrides:
        law = value_at(found, path) if path.endswith(".after") else None
        if isinstance(law, Distribution):
            yield f"segments.{segment}.{path}", law
