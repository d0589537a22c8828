"""Entry point of ``python -m scriptune``."""

import sys

from scriptune.cli.main import main

sys.exit(main())
