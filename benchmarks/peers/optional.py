"""Peers that need a package of the extra ``bench``."""

from __future__ import annotations

import importlib

from benchmarks.contender import Contender, LeftOut
from tests.oracles import f6


def optional(package: str, staffing: f6.Staffing) -> Contender | LeftOut:
    """The contender of ``benchmarks.peers.PACKAGE_f6``, or why there is none."""
    try:
        peer = importlib.import_module(f"benchmarks.peers.{package}_f6")
    except ModuleNotFoundError as error:
        return LeftOut(package, f"{error.name} is not installed; pip install 'funnelsim[bench]'")
    contender: Contender = peer.contender(staffing)
    return contender
