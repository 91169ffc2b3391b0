"""All wins at one amount: a list price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions.parametric import Constant
from funnelsim.fitting.mle.priors import RARE_BELOW


@dataclass(frozen=True)
class OnePrice:
    """One amount for all wins, in every draw."""

    amount: float

    @property
    def distribution(self) -> Constant:
        return Constant("amount", (("value", self.amount),))

    def draw(self, weights: Floats, _: np.random.Generator) -> dict[str, Floats]:
        return {"value": np.full(len(weights), self.amount)}


def one_price(positive: Floats) -> OnePrice | None:
    """The price, where enough wins all have the same amount; else None."""
    if len(positive) < RARE_BELOW or positive.min() != positive.max():
        return None
    return OnePrice(float(positive[0]))
