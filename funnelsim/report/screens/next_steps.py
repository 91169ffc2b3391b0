"""The next steps of a screen, with the options of the command that was typed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Steps = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A command as it was typed.

    Attributes
    ----------
    command : str
        The whole command without its outputs: ``funnelsim forecast m.toml --quota 3000000``.
        Empty where nothing was typed, as in a notebook.
    options : str
        Those that other commands on the same model take too: ``--quota 3000000``.
    written : sequence of Path
        Files to which the result is already written.
    """

    command: str = ""
    options: str = ""
    written: Sequence[Path] = ()

    def other(self, command: str) -> str:
        """Another command on the same model, with the same options."""
        return f"{command} {self.options}" if self.options else command

    def keep(self, name: str) -> Steps:
        """Steps to save the result and to write a page; none where a page was written."""
        if self._file(".html"):
            return []
        kept = self._file(".json")
        if kept is not None:
            return [(f"funnelsim report {shlex.quote(str(kept))} --out report.html", "one page to send")]
        if not self.command:
            return []
        return [
            (f"{self.command} --out {name}.json", "save it"),
            (f"funnelsim report {name}.json --out report.html", "one page to send"),
        ]

    def _file(self, suffix: str) -> Path | None:
        return next((path for path in self.written if path.suffix.lower() == suffix), None)


NO_INVOCATION = Invocation()
