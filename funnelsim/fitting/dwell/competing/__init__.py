"""How leads leave one stage: by which exit, and after how long.

Exits compete; an open visit is one that has not left yet, never a loss. Families are chosen exit by exit
by the small-sample Akaike criterion (AICc) of the whole stage, until no change lowers it. Where no family
follows an exit (deals that close in a week or after a quarter, little between) it is split into two or
three exits to the same target, each with a distribution of its own.
"""

from funnelsim.fitting.dwell.competing.fit import fit_stage
from funnelsim.fitting.dwell.competing.stage_fit import StageFit

__all__ = ["StageFit", "fit_stage"]
