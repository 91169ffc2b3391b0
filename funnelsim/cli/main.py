"""The command group: commands are imported only when called; errors become one line."""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Any

import click

from funnelsim import __version__
from funnelsim.cli.guard import guarded
from funnelsim.cli.screen import harmless_output, prepare_streams
from funnelsim.core.errors import FunnelSimError, did_you_mean
from funnelsim.core.harmless import harmless
from funnelsim.core.passwords import without_passwords

#: Command -> (module in funnelsim.cli.commands, one line of help). The order is the order of the help page.
COMMANDS = {
    "demo": ("demo", "Try all steps on a sample company."),
    "init": ("init", "Write a starter model to edit."),
    "import": ("import_", "Read a CRM export into a history folder, with an audit."),
    "kpi": ("kpi", "Report key figures by period, and which have changed beyond noise."),
    "fit": ("fit", "Fit a model to a history."),
    "forecast": ("forecast", "Forecast bookings and the chance of quota."),
    "bridge": ("bridge", "Explain what changed from one forecast to the next."),
    "store": ("store", "List, show, export and score stored forecasts."),
    "compare": ("compare", "Estimate what changes are worth."),
    "friction": ("friction", "Find where leads and money leave, and what improvements are worth."),
    "reverse": ("reverse", "Find how many new leads a quota needs."),
    "staff": ("staff", "Find the cheapest hiring plan for a quota or a service level."),
    "sensitivity": ("sensitivity", "Find out what the forecast depends on, and what is worth measuring."),
    "backtest": ("backtest", "Test the forecast on past periods."),
    "overrides": ("overrides", "Score people's overrides of earlier forecasts: whose helped."),
    "simulate": ("simulate", "Simulate a model over a number of days or to a date."),
    "merge": ("merge", "Merge parts of one run that were simulated separately."),
    "map": ("map", "Draw the sales process: as it really runs, or as a model means it."),
    "playbook": ("playbook", "Show the process map as stage cards, and what it lacks."),
    "show": ("show", "Describe a model in words."),
    "check": ("check", "Validate a model and list what looks wrong."),
    "schema": ("schema", "Print the JSON Schema of the model file."),
    "report": ("report", "Write one page for those who decide, from a model or from results."),
}

_COLLECT_SELDOM = (50_000, 20, 100)

PATH_IN_FOUR_STEPS = """\
funnelsim: from a CRM export to next quarter's revenue, on your machine.

  1  funnelsim import deals.csv --out history    read the export and check it
  2  funnelsim fit history --out model.toml      fit a model of how deals move
  3  funnelsim forecast model.toml               forecast bookings and the chance of quota
  4  funnelsim friction model.toml               find where money leaves, and what to improve

Then: staff and reverse for reps and leads, compare for a change of your own.
Never tried it?  funnelsim demo      All commands:  funnelsim --help
"""


class LazyGroup(click.Group):
    """Loads a command's module when it is called, so that help starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"funnelsim.cli.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], list(COMMANDS))
            raise click.UsageError(f'there is no command "{args[0]}"' + (f"; {hint}" if hint else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(self, *args: Any, **extra: Any) -> Any:
        try:
            with harmless_output():
                return super().main(*args, **extra)
        except click.exceptions.Exit as ended:  # the reader closed the pipe before the last output
            return ended.exit_code

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FunnelSimError as error:
            raise click.ClickException(harmless(without_passwords(str(error)))) from error
        except EOFError as error:
            # click would report Ctrl-D at a prompt, but funnelsim has no prompts: it is a bug.
            raise RuntimeError(f"EOFError: {error}") from error


@click.group(
    cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="funnelsim")
@click.pass_context
def group(ctx: click.Context) -> None:
    """Simulate a sales funnel: forecast bookings, compare changes, find bottlenecks."""
    if ctx.invoked_subcommand is None:
        click.echo(PATH_IN_FOUR_STEPS)


def main() -> None:
    """Run the command line; docs/reference/files-and-exit-codes.md lists the exit codes."""
    # Modules, validators and kernels stay to the end. Looking for garbage among them at Python's default of
    # 700 new objects, and once more at exit, takes a tenth of a short command.
    gc.set_threshold(*_COLLECT_SELDOM)
    code = guarded(run)
    gc.freeze()
    sys.exit(code)


def run() -> int:
    """Parse the command line, run its command and return the exit code."""
    prepare_streams()
    try:
        code = group(standalone_mode=False)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        # A URL may stand where a file is expected.
        error.message = without_passwords(error.message)  # type: ignore[misc]
        error.show()
        return error.exit_code
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
