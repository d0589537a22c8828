"""``python -m scriptune``."""

from scriptune.cli.main import main

main()
