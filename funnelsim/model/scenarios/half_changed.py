"""Warn about changes of one of several exits to the same target, when all may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from funnelsim.model.changes.changes import Change, SetValue
from funnelsim.model.changes.parallel_exits import parallel_path
from funnelsim.model.parts import Model

_EXIT = re.compile(r"(?:segments\.[^.]+\.)?(stages\.([^.]+)\.exits\.([^.]+)\.(?:p|after|clock).*)")


def _stay(others: int, target: str) -> str:
    if others == 1:
        return f"leads to {target} as well and stays as it is"
    return f"lead to {target} as well and stay as they are"


def left_as_they_are(model: Model, changes: Iterable[Change]) -> Iterator[str]:
    """A warning for each changed exit if others of its stage lead to the same target.

    A fit splits an exit whose times no single distribution follows (``won``, ``won_late``).
    """
    named: dict[tuple[str, str], set[str]] = {}
    for change in changes:
        found = _EXIT.fullmatch(change.path) if isinstance(change, SetValue) else None
        if found and found[2] in model.stages:
            exits, several = model.stages[found[2]].exits, parallel_path(model, found[1])
            for key in several[1] if several else [found[3]]:
                if key in exits:
                    named.setdefault((found[2], exits[key].to), set()).add(key)
    for (stage, target), changed in named.items():
        exits = model.stages[stage].exits
        others = [key for key, e in exits.items() if e.to == target and key not in changed]
        if others:
            names = ", ".join(sorted(changed))
            yield (
                f"stages.{stage}.exits: {names} {'is' if len(changed) == 1 else 'are'} changed, "
                f"but {', '.join(others)} {_stay(len(others), target)}; "
                f"stages.{stage}.exits.{target}.p (or .after) changes all of them"
            )
