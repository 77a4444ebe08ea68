"""``python -m kindred`` is the command ``kindred``."""

import sys

from backend.cli import main

sys.exit(main())
