"""Who is here: a secret of the session, and the sign-in where one is asked for."""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st

from app.common.markup import plain
from backend.core.scheduler import ask_as
from backend.settings import settings

_SECRET = "visitor"


def visitor() -> str:
    """What only this session knows; keys of its uploads are made with it."""
    if _SECRET not in st.session_state:
        st.session_state[_SECRET] = secrets.token_hex(16)
    return str(st.session_state[_SECRET])


def welcome() -> None:
    """Begin a run of a page: who asks is known, and let in."""
    ask_as(visitor())
    if settings().sign_in:
        _sign_in()


def allowed(email: str, allow: str) -> bool:
    """Whether an address is on a list of addresses and domains.

    Examples
    --------
    >>> allowed("Anna@Example.org", "bob@x.net, @example.org")
    True
    >>> allowed("eve@notexample.org", "@example.org")
    False
    """
    wanted = [entry.strip().lower() for entry in allow.replace(",", " ").split()]
    if not wanted:
        return True
    email = email.strip().lower()
    domain = "@" + email.rpartition("@")[2]
    return "@" in email and (email in wanted or domain in wanted)


def verified(user: dict[str, Any]) -> str:
    """The address that the provider vouches for; empty when it does not."""
    email = user.get("email")
    if not isinstance(email, str) or user.get("email_verified") is False:
        return ""
    return email


def _sign_in() -> None:
    """Stop who is not signed in, or not on the list."""
    if not st.secrets.load_if_toml_exists() or "auth" not in st.secrets:
        st.error(
            "Signing in is asked for (KINDRED_SIGN_IN), but no provider is set up: there is no "
            "section auth in .streamlit/secrets.toml.",
            icon=":material/error:",
        )
        st.stop()
    if not getattr(st.user, "is_logged_in", False):
        st.title("Kindred", anchor=False)
        st.markdown("Posts, the people who wrote them and the words they use, in one space.")
        st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)
        st.stop()
    email = verified(st.user.to_dict())
    if not email or not allowed(email, settings().allow):
        who = plain(email) or "Your account has no verified address, which"
        st.title("Kindred", anchor=False)
        st.error(f"{who} is not on the list of who may come in.", icon=":material/block:")
        st.button("Sign out", icon=":material/logout:", on_click=st.logout)
        st.stop()
    with st.sidebar:
        st.caption(plain(email))
        st.button("Sign out", icon=":material/logout:", type="tertiary", on_click=st.logout)
