"""Competing risks: by which exit deals leave a stage, and after how long.

An open visit is right censored, never a loss. The family of each exit is chosen by the small-sample Akaike
criterion (AICc) of the whole stage, until no change lowers it. Where no family fits an exit (deals that close
within a week or after a quarter, with little between) the exit becomes a mixture of two or three exits to the
same target, each with its own distribution.
"""

from funnelsim.fitting.dwell.competing.fit import fit_stage
from funnelsim.fitting.dwell.competing.stage_fit import StageFit

__all__ = ["StageFit", "fit_stage"]
