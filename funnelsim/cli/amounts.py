"""Amounts of money as options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from funnelsim.history.values.typed_amounts import Money, is_in, parse_money

if TYPE_CHECKING:
    from funnelsim.model.parts import Model

__all__ = ["Amount", "Money", "in_currency_of"]


class Amount(click.ParamType):  # type: ignore[type-arg]
    """``1200000``, ``1,200,000``, ``1.2m`` or ``$500k``; see `in_currency_of`."""

    name = "AMOUNT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Money:
        if isinstance(value, Money):
            return value
        try:
            return parse_money(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def in_currency_of(model: Model, money: Money | None, option: str = "--quota") -> float | None:
    """The amount in the model's currency.

    Raises
    ------
    click.BadParameter
        If it was written in another currency: funnelsim has no exchange rates.
    """
    if money is None or is_in(money, model.currency):
        return None if money is None else money.amount
    message = (
        f"is in {money.currency}, but the model's currency is {model.currency}; give it in {model.currency}"
    )
    raise click.BadParameter(message, param_hint=f"'{option}'")
