"""``python -m backend.search FOLDER``: sort the vectors of the index in a folder."""

import sys
from pathlib import Path

from backend.search.listing import main

main(Path(sys.argv[1]))
