"""``python -m backend.search FOLDER``: build the graph of the index kept in a folder."""

import sys
from pathlib import Path

from backend.search.linking import main

main(Path(sys.argv[1]))
