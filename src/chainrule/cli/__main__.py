"""`python -m chainrule.cli`, the same as `chainrule`."""

from chainrule.cli import main

main()
