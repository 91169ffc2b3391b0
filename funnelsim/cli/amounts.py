"""Amounts of money as options."""

from __future__ import annotations

import re
from typing import Any

import click

_GROUPED = re.compile(r"\d{1,3}([,_ ']\d{3})+(\.\d+)?")


class Amount(click.ParamType):  # type: ignore[type-arg]
    """``1200000``, ``1_200_000`` or ``1,200,000``, in the model's currency."""

    name = "AMOUNT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            return float(re.sub(r"[,_ ']", "", text) if _GROUPED.fullmatch(text) else text)
        except ValueError:
            self.fail(f'"{value}" is not an amount; write it out, such as 1200000 or 1_200_000', param, ctx)
