"""What a visitor sees if something fails: a sentence and an id, never a stack trace."""

from __future__ import annotations

import logging

import streamlit as st

from app.common.markup import with_commands
from backend.core.files import as_kindred_error
from backend.core.logging import log_numbered
from backend.domain import KindredError

OUT_OF_MEMORY = "The server is short of memory. Try again in a minute, or with a smaller file."

log = logging.getLogger("app.failures")


def failed(error: Exception) -> bool:
    """Show a failure and log it under the same id; True tells Streamlit that it is shown."""
    if isinstance(error, KindredError):
        st.error(with_commands(error.message), icon=":material/error:")
        return True
    if isinstance(error, MemoryError):
        log.error("a page ran out of memory", exc_info=error)
        st.error(OUT_OF_MEMORY, icon=":material/error:")
        return True
    if refused := as_kindred_error(error):
        log.error("a page was refused by the file system", exc_info=error)
        st.error(with_commands(refused.message), icon=":material/error:")
        return True
    page = st.context.url.partition("?")[0] if st.context.url else ""
    id_ = log_numbered(log, "a page failed", error, page=page)
    st.error(
        f"An internal error occurred (error ID **{id_}**). Reload the page to continue. If it "
        "happens again, tell the administrator this ID.",
        icon=":material/error:",
    )
    return True
