"""Texts, bodies and ways to ask that are dear to answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

CHARACTERS = 20_000
LONG = [
    "a",
    "😀",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "ﷺ",
    "Z\u0351\u036b",
    "#Tag",
    "@a ",
    "http://",
    "ha",
    "!?",
    "&amp;",
    "<a ",
    "日本",
    ":) ",
    "\u200d",
    "a.b.",
    "1/2 ",
    "not very ",
    "\u202e",
    "_-*",
]


def posts(*texts: str) -> dict[str, Any]:
    """Return the body of a request to analyse texts."""
    return {"posts": [{"id": str(n), "text": text} for n, text in enumerate(texts)]}


def long(unit: str, characters: int = CHARACTERS) -> str:
    """Return a text of one unit, at the limit of length."""
    return (unit * characters)[:characters]


def _texts() -> dict[str, Callable[[], tuple[str, Any]]]:
    def maker(unit: str) -> Callable[[], tuple[str, Any]]:
        return lambda: ("/api/analyse", posts(long(unit)))

    return {f"text, 20,000 of {unit!a}": maker(unit) for unit in LONG}


INPUTS: dict[str, Callable[[], tuple[str, Any]]] = {
    **_texts(),
    "texts, 24 of 20,000 characters": lambda: (
        "/api/analyse",
        posts(*(long(f"w{n} so happy ") for n in range(24))),
    ),
    "texts, 24 of 20,000 emoji": lambda: (
        "/api/analyse",
        posts(*(long("😀😂😭"[n % 3 :], 20_000) for n in range(24))),
    ),
    "texts, 64 of 20,000 characters": lambda: (
        "/api/analyse",
        posts(*(long(f"w{n} so happy ") for n in range(64))),
    ),
    "texts, 64 of 7,000 characters": lambda: (
        "/api/embed",
        posts(*(long(f"w{n} so sad ", 7_000) for n in range(64))),
    ),
    "body, 86 MB of []": lambda: ("/api/analyse", b"[" + b"[]," * 28_000_000 + b"[]]"),
    "body, 50 MB of [": lambda: ("/api/analyse", b"[" * 50_000_000),
    "body, a number of 50 MB": lambda: ("/api/analyse", b"9" * 50_000_000),
    "body, 50 MB of text": lambda: ("/api/analyse", json.dumps(posts("x" * 50_000_000)).encode()),
    "body, 90 MB of base64": lambda: (
        "/api/analyse",
        b'{"posts":[{"id":"1","image":"' + b"A" * 65_000_000 + b'"}]}',
    ),
    "body, escapes": lambda: (
        "/api/analyse",
        b'{"posts":[{"id":"1","text":"' + b"\\u0041" * 8_000_000 + b'"}]}',
    ),
    "query, 20,000 brackets": lambda: ("/api/search", {"query": long("(")}),
    "query, 10,000 terms": lambda: ("/api/search", {"query": long("+a ")}),
    "query, 20,000 quotes": lambda: ("/api/search", {"query": long('"')}),
    "query, 20,000 weights": lambda: ("/api/search", {"query": long("2*")}),
    "query, 32 terms of 15,000 characters": lambda: (
        "/api/search",
        {
            "terms": [
                {"kind": "text", "value": long(f"w{n} ", 15_000), "weight": 1} for n in range(32)
            ]
        },
    ),
    "filter, 900 conditions": lambda: (
        "/api/search",
        {
            "query": "sunset",
            "k": 1000,
            "filters": {
                name: [f"{n}" * 80 for n in range(100)]
                for name in ("users", "languages", "emotions", "sources", "tags")
            },
        },
    ),
    "filter, 32 words": lambda: (
        "/api/search",
        {"query": "sunset", "filters": {"words": ["a" * 250] * 32}},
    ),
}
# What several visitors send at the same time, too.
DEAR = ("text, 20,000 of '\\U0001f600'", "texts, 24 of 20,000 characters")
