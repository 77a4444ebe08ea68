"""LanceDB, imported in half of its time.

It brings a client of a REST service, for which Pydantic would build a thousand validators. Import
this late all the same: it takes a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydantic

__all__ = ["lancedb"]


@contextmanager
def _validators_when_called() -> Iterator[None]:
    """Let Pydantic build the validator of a function at its first call, not at its definition."""
    plain: Any = pydantic.validate_call

    def validate_call(function: Any = None, /, *, config: Any = None, **options: Any) -> Any:
        return plain(function, config={"defer_build": True, **(config or {})}, **options)

    pydantic.validate_call = validate_call
    try:
        yield
    finally:
        pydantic.validate_call = plain


with _validators_when_called():
    import lancedb
