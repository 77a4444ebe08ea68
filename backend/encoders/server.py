"""Encoders behind HTTP, for apps that are thin clients: `backend.encoders.remote` asks.

Requests that come at once are one batch: by Ray Serve's ``@serve.batch`` on a
cluster, by the turns at the encoder in a process of one's own.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from backend import encoders
from backend.core.network import check_guarded
from backend.core.ray_cluster import Ray, cluster, worker_environment
from backend.domain import KindredError, Modality
from backend.encoders import wire
from backend.encoders.base import Encoded
from backend.settings import settings

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

PORT = 8600
BODY_BYTES = 64 * 2**20  # of a request; a picture of eight frames has 25 MB
TOGETHER = 32  # requests in a batch
WAIT = 0.004  # seconds that the first of a batch waits for others
ONGOING = 64  # requests that a replica takes at a time
_STATUS = {"bad_request": 400, "no_key": 401, "not_found": 404, "too_large": 413}


class Replica:
    """The encoder of one modality as a web service.

    ``GET /`` tells which it is; ``POST /encode`` and ``POST /parts`` take items
    and give features as `backend.encoders.wire` packs them.

    Parameters
    ----------
    modality : str
    name : str
        Of the encoder.
    key : str, optional
        That requests must bring.
    """

    def __init__(self, modality: str, name: str, key: str | None = None) -> None:
        self._modality, self._key = Modality(modality), key
        self._encoder = encoders.get(name, modality=modality)

    async def encode(self, items: Sequence[Any]) -> Encoded:
        """Features of the items of a request."""
        return await asyncio.to_thread(self._encoder.encode, items)

    async def __call__(self, request: Request) -> Response:
        """Answer a request."""
        from starlette.responses import Response

        try:
            data = await self._answer(request)
        except KindredError as error:
            told = {"error": {"code": error.code, "message": error.message}}
            status = _STATUS.get(error.code, 422)
            return Response(json.dumps(told), status, media_type="application/json")
        return Response(data, media_type=wire.TYPE)

    async def _answer(self, request: Request) -> bytes:
        given = request.headers.get("authorization", "")
        if self._key and not hmac.compare_digest(given.encode(), f"Bearer {self._key}".encode()):
            raise KindredError("no_key", "The encoders ask for a key: set KINDRED_API_KEY.")
        path = request.url.path.removeprefix(f"/{self._modality}").strip("/")
        if request.method == "GET" and not path:
            one = self._encoder
            return json.dumps({"name": one.name, "dim": one.dim, "licence": one.licence}).encode()
        if request.method != "POST" or path not in ("encode", "parts"):
            raise KindredError("not_found", "There is nothing here.")
        items = wire.unpack_items(self._modality, await _body(request))
        if path == "encode":
            return wire.pack_encoded(await self.encode(items))
        if len(items) != 1:
            raise KindredError("bad_request", "Parts are those of one item.")
        return wire.pack_parts(await asyncio.to_thread(self._encoder.parts, items[0]))


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_BYTES:
            raise KindredError("too_large", f"A request has at most {BODY_BYTES // 2**20} MiB.")
        chunks.append(chunk)
    return b"".join(chunks)


def application(replicas: Mapping[Modality, Replica]) -> Starlette:
    """All encoders in one process."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    routes = []
    for modality, replica in replicas.items():
        for path, method in (("", "GET"), ("/encode", "POST"), ("/parts", "POST")):
            routes.append(Route(f"/{modality}{path}", replica.__call__, methods=[method]))
    return Starlette(routes=routes)


def require_key(host: str) -> None:
    """Refuse to serve other machines without a key.

    Parameters
    ----------
    host : str
        That is listened on.

    Raises
    ------
    KindredError
        ``no_key``.
    """
    check_guarded(host, {"KINDRED_API_KEY=... here and where the apps run": settings().api_key})


def serve_here(names: Mapping[Modality, str], host: str, port: int) -> None:
    """Serve encoders from this process until it is stopped.

    Parameters
    ----------
    names : mapping of Modality to str
    host : str
    port : int

    Raises
    ------
    KindredError
        ``no_key``, see `require_key`.
    """
    import uvicorn

    require_key(host)
    key = settings().api_key
    replicas = {m: Replica(m.value, name, key) for m, name in names.items()}
    uvicorn.run(application(replicas), host=host, port=port, log_level="warning")


def serve_with_ray(
    names: Mapping[Modality, str], host: str, port: int, ray: Ray, *, replicas: int = 1
) -> None:
    """Serve encoders with Ray Serve until this process is stopped.

    Parameters
    ----------
    names : mapping of Modality to str
    host : str
    port : int
    ray : Ray
    replicas : int
        Of each encoder.

    Raises
    ------
    KindredError
        ``no_key``, see `require_key`.
    """
    require_key(host)
    with cluster(ray, worker_environment(one_thread=replicas > 1)) as connected:
        from ray import serve

        gpus = connected.cluster_resources().get("GPU", 0)
        share = min(1.0, gpus / (len(names) * replicas))
        serve.start(http_options={"host": host, "port": port})
        made = serve.deployment(
            num_replicas=replicas,
            max_ongoing_requests=ONGOING,
            # Encoders that have nothing to do take no core; so more fit than there are cores.
            ray_actor_options={"num_cpus": 0.1, "num_gpus": share},
        )(batching())
        for modality, name in names.items():
            bound = made.bind(modality.value, name, settings().api_key)
            serve.run(bound, name=modality.value, route_prefix=f"/{modality}")
        try:
            while True:
                time.sleep(3600)
        finally:
            if not ray.address:
                serve.shutdown()


def batching() -> type[Replica]:
    """`Replica` with the micro-batching of Ray Serve."""
    from ray import serve

    class Batching(Replica):
        @serve.batch(max_batch_size=TOGETHER, batch_wait_timeout_s=WAIT)
        async def together(self, asked: list[Sequence[Any]]) -> list[Encoded]:
            items = [item for some in asked for item in some]
            found = await asyncio.to_thread(self._encoder.encode, items)
            answers, start = [], 0
            for some in asked:
                end = start + len(some)
                answers.append(Encoded(found.vectors[start:end], found.reasons[start:end]))
                start = end
            return answers

        async def encode(self, items: Sequence[Any]) -> Encoded:
            return await self.together(items)

    return Batching
