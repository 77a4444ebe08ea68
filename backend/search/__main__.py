"""``python -m backend.search FOLDER``: sort the vectors of the index in a folder into lists."""

import contextlib
import sys
from pathlib import Path

from backend.search.index.build_ivf import main

with contextlib.suppress(KeyboardInterrupt):  # it goes with whoever asked for it
    main(Path(sys.argv[1]))
