"""Bringing one's own posts: sources of many formats, checked, then imported whole."""

from backend.ingest.archives import open_tree
from backend.ingest.checking import Report, check
from backend.ingest.job import Job, State
from backend.ingest.rows import FIELDS, SEVERAL, Options

__all__ = ["FIELDS", "SEVERAL", "Job", "Options", "Report", "State", "check", "open_tree"]
