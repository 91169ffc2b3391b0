"""Reset a replication that has to be run again."""

from __future__ import annotations

from funnelsim.core.numeric.compiled import kernel


@kernel
def reset_replication(tallies, i):  # type: ignore[no-untyped-def]
    """Clear the tallies of replication number `i`."""
    tallies.by_bin[i] = 0.0
    tallies.money[i] = 0.0
    tallies.by_stage[i] = 0.0
    tallies.by_role[i] = 0.0
    tallies.by_window[i] = 0.0
