"""The options of commands that measure a period: which one, its quota, and what is known before it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from funnelsim.cli.amounts import Amount
from funnelsim.cli.times import Days

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def period(examples: str = "2026Q1, 2026-03, FY2027Q1") -> Option:
    return click.option(
        "--period",
        metavar="PERIOD",
        help=f"{examples} [default: the one that contains the model's start].",
    )


def days(help: str) -> Option:
    return click.option("--days", type=Days(), help=help)


def quota(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--quota", type=Amount(), help="Quota, instead of the model's: 1200000, 1.2m, $500k."
    )(command)


def history(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--history",
        type=click.Path(path_type=Path),
        help="History with what is already booked [default: the model's].",
    )(command)


def level(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--level",
        type=click.FloatRange(0.5, 0.999),
        default=0.9,
        show_default=True,
        help="Confidence level of the intervals.",
    )(command)


def warmup(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--warmup",
        "warmup_days",
        type=Days(),
        default="0",
        help="Fill a model without open deals by running it first, e.g. 200d.",
    )(command)


def refuse_both(period: str | None, days: float | None) -> None:
    """Raise an error if a period and a number of days are given."""
    if period is not None and days is not None:
        raise click.UsageError("Give either --period or --days.")
