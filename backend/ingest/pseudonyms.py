"""Names of users replaced by a keyed hash.

The same name gives the same pseudonym in every import of a workspace. Without
the key, which never leaves it, nobody can find the names by hashing guesses.
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
_MENTION = re.compile(r"(?<![\w@.])@([A-Za-z0-9_](?:[\w.-]*\w)?(?:@[\w.-]+\w)?)")
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
        """Those of a workspace; its key is made when it is first needed.

        Raises
        ------
        KindredError
            ``no_key`` when the key can neither be read nor written.
        """
        path = home / "keys" / "pseudonyms"
        try:
            if not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                draft = path.with_name(f".{secrets.token_hex(8)}")
                handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_bytes(_BYTES))
                try:
                    os.link(draft, path)  # whoever comes first makes the key
                except FileExistsError:
                    pass  # another process did
                finally:
                    draft.unlink()
            return cls(path.read_bytes())
        except OSError as error:
            raise KindredError(
                "no_key", f"The key for pseudonyms cannot be kept at {path}: {error.strerror}."
            ) from error

    def name(self, user: str) -> str:
        """The pseudonym of a user.

        Parameters
        ----------
        user : str
            Case and a leading ``@`` do not matter.
        """
        given = user.strip().removeprefix("@").casefold().encode("utf-8", "replace")
        return "user-" + hmac.new(self._key, given, hashlib.sha256).hexdigest()[:16]

    def id(self, original: str) -> str:
        """A post's id without the name of its author, which ids and addresses often hold."""
        given = b"post:" + original.encode("utf-8", "replace")
        return "post-" + hmac.new(self._key, given, hashlib.sha256).hexdigest()[:24]

    def text(self, text: str) -> str:
        """A text whose mentions are pseudonyms."""
        return _MENTION.sub(lambda found: "@" + self.name(found[1]), text)
