"""What a visitor sees if something fails: a sentence and an id, never a stack trace."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from app.common.markup import with_commands
from backend.domain import KindredError

log = logging.getLogger("app.failures")


def failed(error: Exception) -> bool:
    """Show a failure and log it under the same id; True tells Streamlit that it is shown."""
    if isinstance(error, KindredError):
        st.error(with_commands(error.message), icon=":material/error:")
        return True
    id_ = secrets.token_hex(4)
    page = st.context.url.partition("?")[0] if st.context.url else ""
    log.error("a page failed", extra={"error_id": id_, "page": page}, exc_info=error)
    st.error(
        f"An internal error occurred (error ID **{id_}**). Reload the page to continue. If it "
        "happens again, tell the administrator this ID.",
        icon=":material/error:",
    )
    return True
