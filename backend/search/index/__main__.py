"""Build an index in the background, at low priority.

``python -m backend.search.index FOLDER`` sorts the vectors of an index into lists.
"""

import contextlib
import sys
from pathlib import Path

from backend.core.process_tuning import tune_process
from backend.search.index.build_ivf import main

tune_process()

with contextlib.suppress(KeyboardInterrupt):  # Ctrl+C also stops the process that started this one
    main(Path(sys.argv[1]))
