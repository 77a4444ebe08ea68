"""Replace names of users by a keyed hash (HMAC-SHA256).

A name has the same pseudonym in every import of a workspace. Without the key,
which never leaves the workspace, names cannot be recovered by hashing guesses.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from backend.domain import KindredError

# A handle with or without its server, but no e-mail address.
MENTION = re.compile(r"(?<![\w@.])@([A-Za-z0-9_](?:[\w.-]*\w)?(?:@[\w.-]+\w)?)")
_BYTES = 32


class Pseudonyms:
    """Pseudonyms under one key.

    Parameters
    ----------
    key : bytes
        32 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, home: Path) -> Pseudonyms:
        """Return the pseudonyms of a workspace; create its key on first use.

        Raises
        ------
        KindredError
            ``no_key`` when the key can neither be read nor written.
        """
        path = home / "keys" / "pseudonyms"
        try:
            if not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                temporary = path.with_name(f".{secrets.token_hex(8)}")
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(secrets.token_bytes(_BYTES))
                try:
                    os.link(temporary, path)  # fails where another process created the key first
                except FileExistsError:
                    pass  # use the key of the other process
                finally:
                    temporary.unlink()
            return cls(path.read_bytes())
        except OSError as error:
            raise KindredError(
                "no_key",
                f"The key for pseudonyms cannot be read or written at {path}: {error.strerror}.",
            ) from error

    def name(self, user: str) -> str:
        """Return the pseudonym of a user.

        Parameters
        ----------
        user : str
            Case and a leading ``@`` do not matter.
        """
        handle = user.strip().removeprefix("@").casefold().encode("utf-8", "replace")
        return "user-" + hmac.new(self._key, handle, hashlib.sha256).hexdigest()[:16]

    def id(self, original: str) -> str:
        """Return a pseudonymous post id: ids and addresses often contain the author's name."""
        message = b"post:" + original.encode("utf-8", "replace")
        return "post-" + hmac.new(self._key, message, hashlib.sha256).hexdigest()[:24]

    def text(self, text: str) -> str:
        """Replace the mentions in a text by pseudonyms."""
        return MENTION.sub(lambda match: "@" + self.name(match[1]), text)
