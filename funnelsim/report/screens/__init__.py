"""What the commands print: each takes a JSON document and a rich console."""

from funnelsim.report.screens.compare import print_compare
from funnelsim.report.screens.forecast import print_forecast
from funnelsim.report.screens.simulate import print_simulate

__all__ = ["print_compare", "print_forecast", "print_simulate"]
