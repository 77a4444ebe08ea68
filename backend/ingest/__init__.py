"""Imports: read posts from many formats, report what is in them, then import them whole."""

from backend.ingest.import_job import ImportJob, ImportState
from backend.ingest.readers.archives import open_tree
from backend.ingest.readers.base import FIELDS, SEVERAL, Options
from backend.ingest.readers.vector_columns import VECTORS
from backend.ingest.validate import Report, check

__all__ = [
    "FIELDS",
    "SEVERAL",
    "VECTORS",
    "ImportJob",
    "ImportState",
    "Options",
    "Report",
    "check",
    "open_tree",
]
