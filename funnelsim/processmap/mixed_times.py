"""The distribution of times that come from several exits."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.distributions.base import Distribution
from funnelsim.distributions.mixture import Mixture


def mixed_times(parts: Sequence[tuple[float, Distribution | None]]) -> Distribution | None:
    """The mixture of the known distributions of weight above 0; None if there is none.

    One that occurs twice is joined: a quantile of one distribution needs no search.
    """
    joined: dict[str, tuple[float, Distribution]] = {}
    for weight, component in parts:
        if weight > 0 and component is not None:
            key = component.text()
            joined[key] = (joined.get(key, (0.0, component))[0] + weight, component)
    if not joined:
        return None
    weights, components = zip(*joined.values(), strict=True)
    return components[0] if len(components) == 1 else Mixture("duration", weights, components)
