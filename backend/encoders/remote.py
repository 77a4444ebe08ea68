"""An encoder that runs elsewhere: ``KINDRED_BACKEND`` says where.

Items go over HTTP as Arrow streams and features come back, so this process
needs neither torch nor weights. Each item gets the vector that the encoder
would have given it here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from backend.core.scheduler import TURNS
from backend.domain import KindredError, Modality, Picture, Sound
from backend.encoders import wire
from backend.encoders.base import Encoded, Encoder, Pieces, Progress, Unusable
from backend.settings import settings

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 60.0  # a batch of sounds on a busy server
REQUEST_BYTES = 32 * 2**20  # beyond which items go in another request
TRIES = 2  # in all; encoding twice gives the same as once


class RemoteEncoder(Encoder):
    """The encoder of one modality behind an address.

    Parameters
    ----------
    address : str
        ``http://host:port`` of ``python -m backend serve``.
    name : str
        The encoder that must be there: others give other vectors.
    modality : Modality

    Raises
    ------
    KindredError
        ``no_backend`` when nothing answers, ``other_encoder`` when another
        encoder does.
    """

    batch: ClassVar[int] = 16

    def __init__(self, address: str, name: str, modality: Modality) -> None:
        self.name, self.modality = name, modality
        self._address = address.rstrip("/")
        self._pool = _pool()
        try:
            told = json.loads(self._ask("GET", ""))
            there, dim, licence = str(told["name"]), int(told["dim"]), str(told["licence"])
        except (ValueError, TypeError, KeyError):
            raise self._away("something else answers there") from None
        if there != name:
            raise KindredError(
                "other_encoder",
                f"{self._address} encodes {modality} with {there}, and this bundle "
                f"needs {name}. Start both with the same KINDRED_BUNDLE.",
            )
        self.dim, self.licence = dim, licence

    def encode(self, items: Sequence[Any], *, progress: Progress | None = None) -> Encoded:
        """As `Encoder.encode`, on the server."""
        vectors: list[np.ndarray | None] = []
        reasons: list[str | None] = []
        for some in self._requests(items):
            TURNS.count()  # no turn: the server works for many at a time
            checked = [self._prepared(item) for item in some]
            usable = [item for item in checked if not isinstance(item, Unusable)]
            found = iter(self._encoded_there(usable)) if usable else iter(())
            for item in checked:
                vector, reason = (None, str(item)) if isinstance(item, Unusable) else next(found)
                vectors.append(vector)
                reasons.append(reason)
            if progress is not None:
                progress(len(vectors), len(items))
        return Encoded(vectors, reasons)

    def _requests(self, items: Sequence[Any]) -> Iterator[list[Any]]:
        """Items in runs that a request may have."""
        some: list[Any] = []
        size = 0
        for item in items:
            weight = _weight(item)
            if some and (len(some) == self.batch or size + weight > REQUEST_BYTES):
                yield some
                some, size = [], 0
            some.append(item)
            size += weight
        if some:
            yield some

    def _encoded_there(self, items: list[Any]) -> list[tuple[np.ndarray | None, str | None]]:
        answer = self._ask("POST", "/encode", wire.pack_items(self.modality, items))
        encoded = wire.unpack_encoded(answer)
        fits = all(vector is None or vector.shape == (self.dim,) for vector in encoded.vectors)
        if len(encoded.vectors) != len(items) or not fits:
            raise self._away("its answer does not fit what was asked")
        return list(zip(encoded.vectors, encoded.reasons, strict=True))

    def parts(self, item: Any) -> Pieces | None:
        """As `Encoder.parts`, on the server."""
        checked = self._prepared(item)
        if isinstance(checked, Unusable):
            return None
        TURNS.count()
        return wire.unpack_parts(
            self._ask("POST", "/parts", wire.pack_items(self.modality, [checked]))
        )

    def _prepare(self, item: Any) -> Any:
        return item

    def _forward(self, prepared: list[Any]) -> Sequence[np.ndarray]:
        raise NotImplementedError("encode asks the server")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        import urllib3

        url = f"{self._address}/{self.modality}{path}"
        headers = {"content-type": wire.TYPE}
        if settings().api_key:
            headers["authorization"] = f"Bearer {settings().api_key}"
        try:
            answer = self._pool.request(method, url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise self._away(_reason(error)) from error
        if answer.status == 200:
            return answer.data
        try:
            told = json.loads(answer.data)["error"]
            refusal = KindredError(str(told["code"]), str(told["message"]))
        except (ValueError, TypeError, KeyError):
            raise self._away(f"it answers {answer.status}") from None
        raise refusal

    def _away(self, why: str) -> KindredError:
        return KindredError(
            "no_backend",
            f"The encoders at {self._address} cannot be reached: {why}. Start them there with "
            "`python -m backend serve`, or unset KINDRED_BACKEND to encode in this process.",
        )


def _weight(item: Any) -> int:
    """Bytes of an item, roughly."""
    if isinstance(item, Picture):
        return sum(frame.nbytes for frame in item.frames)
    return item.samples.nbytes if isinstance(item, Sound) else len(str(item))


_lock = threading.Lock()
_pools: list[Any] = []


def _pool() -> Any:
    """Connections that all remote encoders share."""
    import urllib3

    with _lock:
        if not _pools:
            retry = urllib3.Retry(
                total=TRIES - 1,
                allowed_methods=None,
                status_forcelist=(502, 503, 504),
                backoff_factor=0.5,
                redirect=False,
                raise_on_status=False,
            )
            timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
            _pools.append(urllib3.PoolManager(maxsize=16, retries=retry, timeout=timeout))
        return _pools[0]


def _reason(error: Exception) -> str:
    cause = getattr(error, "reason", None) or error
    if "Timeout" in type(cause).__name__ and "Connect" not in type(cause).__name__:
        return f"there was no answer in {ANSWER_SECONDS:.0f} s"
    return "nothing answers there"
