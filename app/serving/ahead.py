"""What a page will ask for, begun when its address is.

A browser takes half a second to start the app before a page runs; the server would only wait.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Lock, Thread
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.data import preload
from backend.settings import settings

PAGE = "reactions"  # whose network takes longest to count
_counting = Lock()  # by one thread, however many requests there are


class Ahead:
    """Begin to count reactions when a browser asks for their page.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # Who has to sign in may not be allowed to see the page.
        if is_page(scope) and not settings().sign_in:
            named = parse_qs(scope["query_string"].decode("ascii", "replace"))
            Thread(target=count, args=(named.get("corpus", [""])[-1],), daemon=True).start()
        await self.app(scope, receive, send)


def is_page(scope: Scope) -> bool:
    """Whether a browser asks for the page."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and scope["path"].rstrip("/").rpartition("/")[2] == PAGE
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def count(corpus: str) -> None:
    """Count what the page shows of a corpus, of the default one if the name is empty."""
    if not _counting.acquire(blocking=False):
        return
    try:
        with suppress(Exception):  # the page shows why
            opened = preload.workspace()
            if not corpus or opened.has_corpus(corpus):
                opened.reactions.network(corpus or None)
                opened.reactions.by_emotion(corpus or None)
    finally:
        _counting.release()
