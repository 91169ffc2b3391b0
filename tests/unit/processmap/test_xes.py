"""Event logs, read back by another reader."""

from __future__ import annotations

import dataclasses
import datetime as dt
import warnings
from pathlib import Path

import polars as pl
import pytest

from funnelsim.history.files.events import History
from funnelsim.processmap.xes import xes

from ..made_up_history import *  # noqa: F403
