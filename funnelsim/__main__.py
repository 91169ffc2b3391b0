"""``python -m funnelsim``."""

from funnelsim.cli.main import main

main()
