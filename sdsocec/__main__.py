"""`python -m sdsocec` is `sdsocec`."""

from sdsocec.cli.app import main

main()
