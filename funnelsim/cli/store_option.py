"""``--store FILE or URL``, shared by the commands that keep forecasts and read them back."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from funnelsim.store.store import Store

#: As `funnelsim.store.address` has it, which loads SQLAlchemy.
VARIABLE = "FUNNELSIM_STORE"
#: What ``--store`` stands for without a value.
FROM_VARIABLE = "$" + VARIABLE

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def store_to_read(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--store",
        metavar="FILE or URL",
        help="The store: a SQLite file (forecasts.db) or postgresql://HOST/DATABASE "
        f"[default: {FROM_VARIABLE}].",
    )(command)


def store_to_write(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--store",
        metavar="FILE or URL",
        is_flag=False,
        flag_value=FROM_VARIABLE,
        help="Keep the forecast, with its deals, in a store: a SQLite file (forecasts.db) or "
        f"postgresql://HOST/DATABASE; without a value {FROM_VARIABLE}.",
    )(command)


def repeated(given: str | None) -> str:
    """The option for a next step; a URL is left out, as it may hold a password."""
    import shlex

    return "" if given in (None, FROM_VARIABLE) or "://" in given else f" --store {shlex.quote(given)}"


def opened(given: str | None, *, create: bool = False) -> Store:
    """The store that is named, or that of the environment.

    Raises
    ------
    StoreError
        If none is named, or it cannot be used.
    """
    from funnelsim.store.address import missing_store
    from funnelsim.store.store import Store

    chosen = os.environ.get(VARIABLE, "") if given in (None, FROM_VARIABLE) else given
    if not chosen:
        raise missing_store()
    return Store(chosen, create=create)
