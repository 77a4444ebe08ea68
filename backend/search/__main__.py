"""``python -m backend.search FOLDER``: sort the vectors of the index in a folder into lists."""

import contextlib
import sys
from pathlib import Path

from backend.core.process_tuning import tune_process
from backend.search.index.build_ivf import main

tune_process()

with contextlib.suppress(KeyboardInterrupt):  # Ctrl+C also stops the process that started this one
    main(Path(sys.argv[1]))
