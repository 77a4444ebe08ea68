"""Serve encoders over HTTP; `backend.encoders.remote` is the client.

Concurrent requests are batched: by Ray Serve's ``@serve.batch`` on a cluster, by the
scheduler of the encoder in a single process.
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
from backend.core.process_tuning import tune_process
from backend.core.ray_cluster import Ray, cluster, worker_environment
from backend.domain import KindredError, Modality
from backend.encoders import wire
from backend.encoders.base import Encoded
from backend.settings import settings

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

BODY_BYTES = 64 * 2**20  # of a request; a picture of eight frames has 25 MB
BATCH_REQUESTS = 32  # requests in a batch
BATCH_WAIT = 0.004  # seconds that a batch waits for further requests
ONGOING = 64  # concurrent requests of a replica
_STATUS = {"bad_request": 400, "no_key": 401, "not_found": 404, "too_large": 413}


class Replica:
    """The encoder of one modality as a web service.

    ``GET /`` describes it; ``POST /encode`` and ``POST /parts`` take items and return
    features in the format of `backend.encoders.wire`.

    Parameters
    ----------
    modality : str
    name : str
        Of the encoder.
    key : str, optional
        Required from clients.
    """

    def __init__(self, modality: str, name: str, key: str | None = None) -> None:
        tune_process()
        self._modality, self._key = Modality(modality), key
        self._encoder = encoders.get(name, modality=modality)

    async def encode(self, items: Sequence[Any]) -> Encoded:
        """Return the features of the items of a request."""
        return await asyncio.to_thread(self._encoder.encode, items)

    async def __call__(self, request: Request) -> Response:
        """Answer a request."""
        from starlette.responses import Response

        try:
            data = await self._answer(request)
        except KindredError as error:
            body = {"error": {"code": error.code, "message": error.message}}
            status = _STATUS.get(error.code, 422)
            return Response(json.dumps(body), status, media_type="application/json")
        return Response(data, media_type=wire.TYPE)

    async def _answer(self, request: Request) -> bytes:
        authorization = request.headers.get("authorization", "")
        if self._key and not hmac.compare_digest(
            authorization.encode(), f"Bearer {self._key}".encode()
        ):
            raise KindredError("no_key", "The encoders require a key: set KINDRED_API_KEY.")
        path = request.url.path.removeprefix(f"/{self._modality}").strip("/")
        if request.method == "GET" and not path:
            encoder = self._encoder
            return json.dumps(
                {"name": encoder.name, "dim": encoder.dim, "licence": encoder.licence}
            ).encode()
        if request.method != "POST" or path not in ("encode", "parts"):
            raise KindredError("not_found", "There is no such address on this server.")
        items = wire.unpack_items(self._modality, await _body(request))
        if path == "encode":
            return wire.pack_encoded(await self.encode(items))
        if len(items) != 1:
            raise KindredError("bad_request", "A request for parts takes one item.")
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
    """Return an application that serves all encoders from one process."""
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
        Address to listen on.

    Raises
    ------
    KindredError
        ``no_key``.
    """
    check_guarded(host, {"KINDRED_API_KEY=... here and where the apps run": settings().api_key})


def serve_here(names: Mapping[Modality, str], host: str, port: int) -> None:
    """Serve encoders from this process until it is stopped.

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
        gpu_fraction = min(1.0, gpus / (len(names) * replicas))
        serve.start(http_options={"host": host, "port": port})
        deployment = serve.deployment(
            num_replicas=replicas,
            max_ongoing_requests=ONGOING,
            # Idle encoders use no core, so more replicas fit than there are cores.
            ray_actor_options={"num_cpus": 0.1, "num_gpus": gpu_fraction},
        )(batched_replica())
        for modality, name in names.items():
            bound = deployment.bind(modality.value, name, settings().api_key)
            serve.run(bound, name=modality.value, route_prefix=f"/{modality}")
        try:
            while True:
                time.sleep(3600)
        finally:
            if not ray.address:
                serve.shutdown()


def batched_replica() -> type[Replica]:
    """Return `Replica` with the micro-batching of Ray Serve."""
    from ray import serve

    class Batching(Replica):
        @serve.batch(max_batch_size=BATCH_REQUESTS, batch_wait_timeout_s=BATCH_WAIT)
        async def together(self, requests: list[Sequence[Any]]) -> list[Encoded]:
            items = [item for request in requests for item in request]
            encoded = await asyncio.to_thread(self._encoder.encode, items)
            answers, start = [], 0
            for request in requests:
                end = start + len(request)
                answers.append(Encoded(encoded.vectors[start:end], encoded.reasons[start:end]))
                start = end
            return answers

        async def encode(self, items: Sequence[Any]) -> Encoded:
            return await self.together(items)

    return Batching
