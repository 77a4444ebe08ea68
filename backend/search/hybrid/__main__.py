"""``python -m backend.search.hybrid URI BUNDLE``: index the words of a corpus."""

import contextlib
import sys

from backend.core.process_tuning import tune_process
from backend.search.hybrid.full_text import main

tune_process()

with contextlib.suppress(KeyboardInterrupt):  # Ctrl+C also stops the process that started this one
    main(sys.argv[1], sys.argv[2])
