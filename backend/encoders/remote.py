"""An encoder that runs on the server at ``KINDRED_ENCODER_SERVER``.

Items and features travel over HTTP as Arrow streams, so this process needs neither
torch nor weights. The vectors are the same as from a local encoder.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from backend.core.scheduler import ENCODER_SCHEDULER
from backend.domain import KindredError, Modality, Picture, Sound
from backend.encoders import wire
from backend.encoders.base import Encoder, Pieces, Unusable
from backend.settings import settings

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 60.0  # a batch of sounds on a busy server
REQUEST_BYTES = 32 * 2**20  # limit of a request
TRIES = 2  # in total; encoding is idempotent


class RemoteEncoder(Encoder):
    """The encoder of one modality behind an address.

    Parameters
    ----------
    address : str
        ``http://host:port`` of ``python -m backend serve``.
    name : str
        The encoder that the server must run.
    modality : Modality

    Raises
    ------
    KindredError
        ``no_backend`` when nothing answers, ``other_encoder`` when the server runs
        another encoder.
    """

    batch: ClassVar[int] = 16

    def __init__(self, address: str, name: str, modality: Modality) -> None:
        self.name, self.modality = name, modality
        self._address = address.rstrip("/")
        self._pool = _pool()
        try:
            info = json.loads(self._request("GET", ""))
            served_name, dim, licence = str(info["name"]), int(info["dim"]), str(info["licence"])
        except (ValueError, TypeError, KeyError):
            raise self._unavailable("another service answers there") from None
        if served_name != name:
            raise KindredError(
                "other_encoder",
                f"{self._address} encodes {modality} with {served_name}, and this bundle "
                f"needs {name}. Start both with the same KINDRED_BUNDLE.",
            )
        self.dim, self.licence = dim, licence

    def _encode_batch(self, items: Sequence[Any]) -> Sequence[tuple[np.ndarray | None, str | None]]:
        ENCODER_SCHEDULER.count()  # no turn: the server batches requests
        checked = [self._prepared(item) for item in items]
        usable = [item for item in checked if not isinstance(item, Unusable)]
        results = iter(self._encode_remotely(usable)) if usable else iter(())
        return [(None, str(c)) if isinstance(c, Unusable) else next(results) for c in checked]

    def _batches(self, items: Sequence[Any]) -> Iterator[list[Any]]:
        """Split items into batches that fit into a request."""
        batch: list[Any] = []
        size = 0
        for item in items:
            nbytes = _nbytes(item)
            if batch and (len(batch) == self.batch or size + nbytes > REQUEST_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(item)
            size += nbytes
        if batch:
            yield batch

    def _encode_remotely(self, items: list[Any]) -> list[tuple[np.ndarray | None, str | None]]:
        response = self._request("POST", "/encode", wire.pack_items(self.modality, items))
        encoded = wire.unpack_encoded(response)
        fits = all(vector is None or vector.shape == (self.dim,) for vector in encoded.vectors)
        if len(encoded.vectors) != len(items) or not fits:
            raise self._unavailable("its answer does not match the request")
        return list(zip(encoded.vectors, encoded.reasons, strict=True))

    def parts(self, item: Any) -> Pieces | None:
        """As `Encoder.parts`, on the server."""
        checked = self._prepared(item)
        if isinstance(checked, Unusable):
            return None
        ENCODER_SCHEDULER.count()
        return wire.unpack_parts(
            self._request("POST", "/parts", wire.pack_items(self.modality, [checked]))
        )

    def _prepare(self, item: Any) -> Any:
        return item

    def _forward(self, prepared: list[Any]) -> Sequence[np.ndarray]:
        raise NotImplementedError("encode asks the server")

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        import urllib3

        url = f"{self._address}/{self.modality}{path}"
        headers = {"content-type": wire.TYPE}
        if settings().api_key:
            headers["authorization"] = f"Bearer {settings().api_key}"
        try:
            response = self._pool.request(method, url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise self._unavailable(_failure(error)) from error
        if response.status == 200:
            return response.data
        try:
            error_ = json.loads(response.data)["error"]
            refused = KindredError(str(error_["code"]), str(error_["message"]))
        except (ValueError, TypeError, KeyError):
            raise self._unavailable(f"it answers with status {response.status}") from None
        raise refused

    def _unavailable(self, why: str) -> KindredError:
        return KindredError(
            "no_backend",
            f"The encoders at {self._address} cannot be reached: {why}. Start them there with "
            "`python -m backend serve`, or unset KINDRED_ENCODER_SERVER to encode in this process.",
        )


def _nbytes(item: Any) -> int:
    """Return the approximate bytes of an item."""
    if isinstance(item, Picture):
        return sum(frame.nbytes for frame in item.frames)
    return item.samples.nbytes if isinstance(item, Sound) else len(str(item))


_lock = threading.Lock()
_pools: list[Any] = []


def _pool() -> Any:
    """Return the connection pool that all remote encoders share."""
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


def _failure(error: Exception) -> str:
    cause = getattr(error, "reason", None) or error
    if "Timeout" in type(cause).__name__ and "Connect" not in type(cause).__name__:
        return f"there was no answer in {ANSWER_SECONDS:.0f} s"
    return "nothing answers there"
