"""The pages, with HTTP/JSON under ``/api`` next to them.

``streamlit run app/server.py`` serves both, and so does any ASGI server with
``app.server:app``. Where other machines could reach it without access control, it exits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from streamlit import config as st_config

HERE = Path(__file__).resolve().parent
# `streamlit run app/server.py` puts app/ on the path, not the repository.
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from app.access import Access, check_address  # noqa: E402
from backend.core.assets import check_assets  # noqa: E402
from backend.core.process_tuning import tune_process  # noqa: E402
from backend.domain import KindredError  # noqa: E402

tune_process()
try:
    check_address()  # before all else: Streamlit's socket is bound already
    check_assets()
except KindredError as error:
    sys.exit(f"kindred: {error.message}")

from app.api_mount import service  # noqa: E402
from app.data.preload import begin  # noqa: E402
from app.failures import failed  # noqa: E402
from app.serving.ahead import Ahead  # noqa: E402
from app.serving.back_messages import BackMessages  # noqa: E402
from app.serving.headers import SecurityHeaders  # noqa: E402
from app.serving.hosts import Hosts  # noqa: E402
from app.serving.lifetime import lifetime  # noqa: E402
from app.serving.page_base import PageBase  # noqa: E402
from app.serving.upload_limits import UploadLimits  # noqa: E402
from backend.core import logging  # noqa: E402
from backend.core.idle_memory import give_back_when_idle  # noqa: E402
from backend.settings import settings  # noqa: E402

# The outermost first.
GATES = (SecurityHeaders, Hosts, Access, UploadLimits, BackMessages, Ahead, PageBase)

logging.configure()
st_config.set_option("server.maxUploadSize", settings().limits.file_bytes // 2**20)  # MB
# The toolbar of tables writes CSV in which texts of posts are live formulas; the exports of
# pages make them harmless.
st_config.set_option("client.disableDataExport", True)
begin()
give_back_when_idle()
app = st.App(
    HERE / "main.py",
    routes=[Mount("/api", service)],
    middleware=[Middleware(each) for each in GATES],
    lifespan=lifetime,
    on_script_error=failed,
)
