"""What the steps of an import record for its audit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from funnelsim.documents.audit import AuditTruncation
from funnelsim.history.attention import Attention


@dataclass(slots=True, kw_only=True)
class Facts:
    """Facts that the steps of an import record for the audit."""

    preset: str
    preset_reason: str = ""  # why it was chosen, if it was not given
    mapping: dict[str, str] | None = None  # file and SHA-256
    first_event: dt.datetime = dt.datetime.min
    last_event: dt.datetime = dt.datetime.min
    last_deal: str = ""
    as_of_given: bool = False
    as_of_from: str = ""  # the column of times of rows that it is taken from; empty: the last event
    observed_from_given: bool = False
    order_from: str = ""
    negative_amount: str = "unknown"
    truncation: AuditTruncation = field(default_factory=AuditTruncation)
    labels_ahead: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    attention: list[Attention] = field(default_factory=list)
