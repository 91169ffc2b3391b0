"""Options of ``funnelsim map`` that look at a history more closely: ``--insights`` and ``--against``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from funnelsim.documents.process_map import MapDocument
    from funnelsim.history.files.events import History
    from funnelsim.model.parts import Model
    from funnelsim.processmap.conformance.fail_on import Limit

#: Exit code of a process that has drifted.
DRIFTED = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for on the command line."""

    insights: bool
    last_won: int | None
    against: Path | None
    fail_on: tuple[str, ...]

    def checks(self) -> Checks:
        """With the model and the rules read, so that an error in them is reported before any work is done."""
        if self.against is None:
            return Checks(self, None, ())
        from funnelsim.cli.reading import check_model
        from funnelsim.model.files.model_files import read_funnel
        from funnelsim.processmap.conformance.fail_on import parse_rules

        check_model(self.against)
        return Checks(self, read_funnel(self.against).model, parse_rules(self.fail_on))


@dataclass(frozen=True, slots=True)
class Checks:
    """What was asked for, with the model and the rules of ``--fail-on``."""

    asked: Asked
    model: Model | None
    limits: tuple[Limit, ...]

    def added(self, document: MapDocument, history: History) -> MapDocument:
        """The document with insights and conformance, as far as they were asked for."""
        more: dict[str, Any] = {}
        if self.asked.insights or self.asked.last_won is not None:
            from funnelsim.processmap.insights.insights import LAST_WON, insights_of

            last_won = self.asked.last_won or LAST_WON
            more["insights"] = insights_of(history, last_won=last_won, only_last_won=not self.asked.insights)
        if self.model is not None and self.asked.against is not None:
            from funnelsim.processmap.conformance.conformance import (
                conformance_of,
                conformance_warnings,
                with_meant,
            )
            from funnelsim.processmap.conformance.fail_on import drifts

            document = with_meant(document, history, self.model)
            found = conformance_of(history, self.model)
            drifted = drifts(found, self.limits, str(self.asked.against))
            more["conformance"] = found.model_copy(update={"drifts": drifted})
            more["warnings"] = (*document.warnings, *conformance_warnings(found, str(self.asked.against)))
        return document.model_copy(update=more)


def exit_if_drifted(document: MapDocument) -> None:
    """End with exit code 3, and one line that says what has drifted."""
    found = document.conformance
    if found is None or not found.drifts:
        return
    from funnelsim.core.harmless import harmless
    from funnelsim.report.words.map_conformance_words import drift_line

    click.echo(harmless(drift_line(document, found)), err=True)
    raise click.exceptions.Exit(DRIFTED)
