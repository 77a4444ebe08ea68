"""The pages, with HTTP/JSON under ``/api`` beside them.

``streamlit run app/server.py`` serves both.
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from starlette.routing import Mount

HERE = Path(__file__).resolve().parent
# `streamlit run app/server.py` puts app/ on the path, not the repository.
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from app.api_mount import service  # noqa: E402
from app.data.preload import begin  # noqa: E402
from app.failures import failed  # noqa: E402
from backend.core import logging  # noqa: E402

logging.configure()
begin()
app = st.App(HERE / "main.py", routes=[Mount("/api", service)], on_script_error=failed)
