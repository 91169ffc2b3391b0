"""Options that several commands share."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from funnelsim.core.errors import FunnelSimError

if TYPE_CHECKING:
    from funnelsim.model.files.model_files import Funnel

DEFAULT_SEED = 1
DEFAULT_REPLICATIONS = 10_000
#: From so many parameter draws on, the start of processes pays.
_MANY_DRAWS = 50
#: Key in a command's context: whether CSV files keep names unchanged.
RAW_NAMES = "funnelsim.raw_names"
#: Control characters that the json module does not escape.
_UNESCAPED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Replications(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """``5000`` futures, or the part ``5000:10000`` of a larger run."""

    name = "N or A:B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range:
        if isinstance(value, range):
            return value
        first, colon, last = str(value).partition(":")
        try:
            chosen = range(int(first), int(last)) if colon else range(int(first))
        except ValueError:
            self.fail(f'"{value}" is neither a number such as 5000 nor a part such as 5000:10000', param, ctx)
        if not chosen or chosen.start < 0:
            self.fail(f'"{value}" contains no replication', param, ctx)
        return chosen


class Country(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """``BR``, ``DE-BY``, or ``none``."""

    name = "COUNTRY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from funnelsim.core.calendar.public_holidays import NO_HOLIDAYS, country_code

        if str(value).lower() == NO_HOLIDAYS:
            return NO_HOLIDAYS
        try:
            return country_code(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def holidays(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--holidays",
        type=Country(),
        help="Country whose public holidays apply: BR, or DE-BY for a region; or none [default: from the "
        "history's mapping].",
    )(command)


def seed(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**63 - 1),
        default=DEFAULT_SEED,
        show_default=True,
        help="Random seed: the same model and seed give the same numbers.",
    )(command)


def replications(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--replications",
        "-n",
        type=Replications(),
        default=str(DEFAULT_REPLICATIONS),
        show_default=True,
        help="Number of simulated futures; A:B runs a part of them.",
    )(command)


def engine(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--engine",
        type=click.Choice(["auto", "fast", "reference"]),
        default="auto",
        show_default=True,
        help="Both engines give the same numbers; reference is slow and made to be read.",
    )(command)


def workers(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--workers",
        type=click.IntRange(1),
        default=None,
        is_eager=True,  # known when an executor is opened
        help="Number of threads or processes [default: one per core].",
    )(command)


def executor(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--executor NAME``; the command gets the executor, or None for threads."""

    def opened(context: click.Context, param: click.Parameter, name: str) -> Any:
        if name == "threads":  # without loading what opens the others
            return None
        from funnelsim.engines.executors import executor_by_name

        try:
            found = executor_by_name(name, context.params.get("workers"))
        except FunnelSimError as error:
            raise click.BadParameter(str(error), context, param) from error
        if found is not None:
            context.call_on_close(lambda: found.shutdown(cancel_futures=True))
        return found

    return click.option(
        "--executor",
        default="threads",
        show_default=True,
        metavar="NAME",
        callback=opened,
        help="Where to simulate: threads, processes, dask (processes of this machine), or dask://HOST:PORT. "
        "The numbers are the same.",
    )(command)


def executor_of_variants(chosen: Any, funnel: Funnel, workers: int | None) -> Any:
    """The executor of a command that runs many variants: processes where threads would wait for one another.

    A variant of a model with parameter draws takes longer to plan than to run, and of several threads one
    plans at a time.
    """
    default = click.get_current_context().get_parameter_source("executor") is ParameterSource.DEFAULT
    return processes_for_variants(funnel, workers) if default else chosen


def processes_for_variants(funnel: Funnel, workers: int | None = None) -> Any:
    """Processes until the command ends, where they are faster for many variants; else None."""
    several = (workers or os.cpu_count() or 1) > 1
    if not several or funnel.draws is None or funnel.draws.height < _MANY_DRAWS:
        return None
    from funnelsim.engines.executors import PROCESSES, executor_by_name

    found = executor_by_name(PROCESSES, workers)
    if found is not None:
        click.get_current_context().call_on_close(lambda: found.shutdown(cancel_futures=True))
    return found


def as_json(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")(
        command
    )


def out(*suffixes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--out FILE``, by suffix; more than one may be given. Where one is a CSV, ``--raw-names`` too."""
    option = click.option(
        "--out",
        "out",
        type=click.Path(path_type=Path, dir_okay=False),
        multiple=True,
        help=f"Also write the result to a file ({' '.join(suffixes)}); may be repeated.",
    )
    if ".csv" not in suffixes:
        return option
    return lambda command: option(raw_names(command))


def raw_names(command: Callable[..., Any]) -> Callable[..., Any]:
    """Names in a CSV as they are."""

    def keep(context: click.Context, _: click.Parameter, value: bool) -> None:
        context.meta[RAW_NAMES] = value

    return click.option(
        "--raw-names",
        is_flag=True,
        expose_value=False,
        callback=keep,
        help="Keep names in a CSV as they are; by default, names that a spreadsheet would read as a formula "
        "(=, +, -, @) get an apostrophe.",
    )(command)


def quiet(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--quiet", "-q", is_flag=True, help="Hide progress and next steps.")(command)


def allow_large(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--allow-large",
        is_flag=True,
        help="Allow runs that are estimated to need over 2 GB of memory, or hours.",
    )(command)


def running(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that simulates."""
    return _running(command, replications)


def running_by_size(futures: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The same for a command that simulates many variants: fewer futures for a larger model.

    Parameters
    ----------
    futures : str
        Help of ``--replications``.
    """
    chosen = click.option("--replications", "-n", type=Replications(), default=None, help=futures)
    return lambda command: _running(command, chosen)


def _running(command: Callable[..., Any], futures: Callable[..., Any]) -> Callable[..., Any]:
    for option in (quiet, as_json, allow_large, executor, workers, engine, futures, seed):
        command = option(command)
    return command


def echo_json(document: dict[str, Any]) -> None:
    """Print one JSON document; a number that is not finite becomes null."""
    click.echo(json_text(document))


def json_text(document: dict[str, Any]) -> str:
    text = json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False)
    return _UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
