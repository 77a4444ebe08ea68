"""The visitor: a secret of the session, and the sign-in if one is required."""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.access import check_page
from app.common.markup import plain
from app.serving.upload_limits import allow_session
from backend.core.visitors import name_visitors_by, set_visitor
from backend.settings import settings

_SECRET = "visitor"


def visitor() -> str:
    """Return a secret of this session; the keys of its uploads depend on it."""
    if _SECRET not in st.session_state:
        st.session_state[_SECRET] = secrets.token_hex(16)
    return str(st.session_state[_SECRET])


def _visitor_of_run() -> str:
    return visitor() if get_script_run_ctx(suppress_warning=True) is not None else ""


# Callbacks and fragments run without `admit`.
name_visitors_by(_visitor_of_run)


def admit() -> None:
    """Identify the visitor at the start of a run of a page; stop if not allowed in."""
    check_page()
    set_visitor(visitor())
    if settings().sign_in:
        _sign_in()
    if (context := get_script_run_ctx()) is not None:
        allow_session(context.session_id)


def allowed(email: str, allow: str) -> bool:
    """Whether an email address is on a list of addresses and domains; an empty list allows all.

    Examples
    --------
    >>> allowed("Anna@Example.org", "bob@x.net, @example.org")
    True
    >>> allowed("eve@notexample.org", "@example.org")
    False
    """
    entries = allow.lower().replace(",", " ").split()
    if not entries:
        return True
    email = email.strip().lower()
    domain = "@" + email.rpartition("@")[2]
    return "@" in email and (email in entries or domain in entries)


def verified(user: dict[str, Any]) -> str:
    """Return the address if the provider says that it has verified it; empty otherwise.

    Examples
    --------
    >>> verified({"email": "anna@example.org", "email_verified": True})
    'anna@example.org'
    >>> verified({"email": "anna@example.org", "email_verified": "false"})
    ''
    """
    email = user.get("email")
    # Missing is not verified: some providers let people enter any address.
    return email if isinstance(email, str) and user.get("email_verified") is True else ""


def _sign_in() -> None:
    """Stop visitors who are not signed in or not on the list."""
    if not st.secrets.load_if_toml_exists() or "auth" not in st.secrets:
        st.error(
            "KINDRED_SIGN_IN is on, but no provider is set up. Add an [auth] section to "
            ".streamlit/secrets.toml.",
            icon=":material/error:",
        )
        st.stop()
    if not getattr(st.user, "is_logged_in", False):
        st.title("Kindred", anchor=False)
        st.markdown("Posts, the users who published them and the words they use, in one space.")
        st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)
        st.stop()
    email = verified(st.user.to_dict())
    if not email or not allowed(email, settings().allow):
        who = plain(email) or "An account without a verified email address"
        st.title("Kindred", anchor=False)
        st.error(
            f"{who} has no access to this site. Ask its administrator.", icon=":material/block:"
        )
        st.button("Sign out", icon=":material/logout:", on_click=st.logout)
        st.stop()
    with st.sidebar:
        st.caption(plain(email))
        st.button("Sign out", icon=":material/logout:", type="tertiary", on_click=st.logout)
