"""Imports: read posts from many formats, report what is in them, then import them whole."""

from backend.ingest.job import Job, State
from backend.ingest.readers.archives import open_tree
from backend.ingest.readers.base import FIELDS, SEVERAL, Options
from backend.ingest.validate import Report, check

__all__ = ["FIELDS", "SEVERAL", "Job", "Options", "Report", "State", "check", "open_tree"]
