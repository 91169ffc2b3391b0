"""More or fewer new leads: the changes that multiply the rates of some sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from funnelsim.core.errors import ChangeError, FunnelSimError, Problem, did_you_mean
from funnelsim.model.changes.changes import Change, SetValue
from funnelsim.model.parts import Model, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadMultiplier:
    """Multiplies the rates of some sources; campaigns and spawned leads follow the model.

    Attributes
    ----------
    sources : tuple of str
        Keys of the scaled sources.
    held : tuple of str
        Segments whose leads stay as they are.
    start : date or None
        First day of the new rates; None: the model's start.
    """

    sources: tuple[str, ...]
    held: tuple[str, ...] = ()
    start: dt.date | None = None

    def changes(self, model: Model, multiplier: float) -> tuple[Change, ...]:
        """The changes for one multiplier; none for 1, so that it is the unchanged funnel to the last bit."""
        if multiplier == 1.0:
            return ()
        return tuple(
            change for key in self.sources for change in self._of(key, model.sources[key], multiplier)
        )

    def _of(self, key: str, source: Source, multiplier: float) -> list[Change]:
        held = sum(source.segments.get(segment, 0.0) for segment in self.held)
        factor = held + multiplier * (1 - held)
        rate = SetValue(path=f"sources.{key}.rate", by=f"x{factor:.12f}", start=self.start)
        if held == 0 or factor == 0:
            return [rate]
        shares = [
            SetValue(
                path=f"sources.{key}.segments.{segment}",
                to=share * (1.0 if segment in self.held else multiplier) / factor,
            )
            for segment, share in source.segments.items()
        ]
        return [rate, *shares]


def lead_multiplier(
    model: Model,
    *,
    only: Sequence[str] = (),
    hold_segments: Sequence[str] = (),
    start: dt.date | None = None,
) -> LeadMultiplier:
    """Check which leads can be multiplied.

    Parameters
    ----------
    model : Model
    only : sequence of str
        Keys or names of sources; default all.
    hold_segments : sequence of str
        Keys or names of segments.
    start : date, optional

    Raises
    ------
    ChangeError
        If a source or segment is unknown, or nothing is left to multiply.
    """
    sources = _keys(only, model.sources, "source") or tuple(model.sources)
    held = _keys(hold_segments, model.segments, "segment")
    if held and start is not None:
        raise FunnelSimError("hold segments fixed or start later, not both: shares of segments have no date")
    moving = tuple(key for key in sources if _moves(model.sources[key], held))
    if not moving:
        message = f"no lead is left to multiply: {', '.join(sources)} "
        message += "brings only leads of the segments held fixed" if held else "has a rate of 0"
        raise ChangeError("only" if only else "model", [Problem(path="", message=message)])
    return LeadMultiplier(sources=moving, held=held, start=start)


def _moves(source: Source, held: Sequence[str]) -> bool:
    return source.rate > 0 and sum(source.segments.get(segment, 0.0) for segment in held) < 1 - 1e-9


def _keys(asked: Sequence[str], parts: Mapping[str, Any], what: str) -> tuple[str, ...]:
    """Keys of the parts with these keys or names, whatever their case."""
    by_name = {part.name.casefold(): key for key, part in parts.items() if part.name}
    by_name |= {key.casefold(): key for key in parts}
    problems, found = [], []
    for text in asked:
        key = by_name.get(text.casefold())
        if key is None:
            known = ", ".join(parts) or f"the model has no {what}s"
            hint = did_you_mean(text, list(parts)) or did_you_mean(text.casefold(), list(by_name))
            problems.append(Problem(path="", message=f'no {what} "{text}"; choose from {known}', hint=hint))
        else:
            found.append(key)
    if problems:
        raise ChangeError("only" if what == "source" else "hold", problems)
    return tuple(dict.fromkeys(found))
