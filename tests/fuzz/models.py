"""Damaged model files: checked, shown, simulated."""

from __future__ import annotations

import random
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path

from tests.fuzz.changes import changed_bytes, changed_tree, toml_text
from tests.fuzz.example import Trial

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@cache
def originals() -> tuple[tuple[str, bytes], ...]:
    found = [(path.name, path.read_bytes()) for path in sorted(SCENARIOS.glob("*.toml"))]
    for package, name in (("funnelsim.model", "starter.toml"), ("funnelsim.demo", "company.toml")):
        found.append((name, (resources.files(package) / name).read_bytes()))
    return tuple(found)


def trial(index: int, seed: int, tried: Trial) -> str:
    """Check a damaged model; what is valid is also shown and simulated, what is not must stay refused."""
    rng = random.Random(f"models-{seed}-{index}")
    name, content = rng.choice(originals())
    how = rng.choice(("bytes", "structure", "structure"))
    if how == "bytes":
        content = changed_bytes(content, rng)
    else:
        content = toml_text(changed_tree(tomllib.loads(content.decode()), rng)).encode()
    (tried.folder / "m.toml").write_bytes(content)
    checked = tried.command("check", "m.toml")
    if checked.code == 0 or index % 10 == 0:
        shown = tried.command("show", "m.toml")
        days = rng.choice((1, 30, 91))
        ran = tried.command("simulate", "m.toml", "--days", days, "-n", 5, "--out", "run.json")
        tried.check(checked.code == 0 or ran.code != 0, "simulate takes what check refuses")
        tried.check(checked.code != 0 or shown.code == 0, "show refuses what check takes")
        tried.check(
            ran.code == 0 or not (tried.folder / "run.json").exists(), "refused, yet a file is written"
        )
    return f"{how} of {name}"
