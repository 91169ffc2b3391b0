"""Provenance of a run: all that is needed to reproduce its numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Model, plan, seed, replications, engine and version of a run."""

    model: str
    model_sha256: str
    plan_sha256: str
    seed: int
    replications: int
    engine: str
    version: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
