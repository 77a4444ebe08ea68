"""The routes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from backend.api import reading
from backend.api.limits import BodyLimit, Counted, Key
from backend.api.schemas import (
    CorpusOut,
    HealthOut,
    PostsIn,
    PredictionOut,
    Refusal,
    SearchIn,
    SearchOut,
    VectorOut,
)
from backend.core import device
from backend.core.scheduler import asking
from backend.domain import KindredError, Modality
from backend.search import Query, Term, parse
from backend.settings import settings
from backend.workspace import batch
from backend.workspace.workspace import Workspace

BODY_BYTES = 100 * 2**20
AWAY = ("no_backend", "unreachable")  # encoders or storage that run elsewhere
MISSING = ("no_corpus", "no_post", "no_user", "no_upload", "no_media", "no_file")
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "What was asked cannot be done, and why."},
    401: {"model": Refusal, "description": "The service asks for its key."},
    404: {"model": Refusal, "description": "Nothing by that name."},
    413: {"model": Refusal, "description": "The request is too large."},
    422: {"model": Refusal, "description": "The request has not the described form."},
}


def create(workspace: Workspace) -> FastAPI:
    """Make the service.

    Parameters
    ----------
    workspace : Workspace

    Returns
    -------
    fastapi.FastAPI
        To be served by itself or mounted under a path.
    """
    api = FastAPI(
        title="Kindred",
        description="Emotion and sentiment of social posts, and search from anything to anything.",
        version="1",
        responses=REFUSALS,
        docs_url=None,  # it would fetch its scripts from outside
        redoc_url=None,
    )
    registry = CollectorRegistry()
    loaded = Gauge("kindred_models_loaded", "Whether the models are loaded.", registry=registry)
    loaded.set_function(lambda: float(workspace.ready))
    api.add_middleware(BodyLimit, limit=BODY_BYTES)
    api.add_middleware(Key, key=settings().api_key)
    api.add_middleware(Counted, registry=registry)
    api.add_exception_handler(KindredError, _refused)
    api.add_exception_handler(RequestValidationError, _malformed)
    _add_work(api, workspace)
    _add_reading(api, workspace)

    @api.get("/metrics", tags=["operation"], response_class=Response)
    def metrics() -> Response:
        """Counters and timings in Prometheus's text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return api


def _add_work(api: FastAPI, workspace: Workspace) -> None:
    """What needs the models."""

    @api.post("/analyse", tags=["posts"], response_model_exclude_none=True)
    def analyse(given: PostsIn, request: Request) -> list[PredictionOut]:
        """Predict emotion and sentiment from every subset of each post's modalities."""
        answers: list[PredictionOut] = []
        with asking(visitor(request)):
            for rows in reading.blocks(given.posts):
                answers += [PredictionOut(**row) for row in batch.answers(workspace, rows)]
        return answers

    @api.post("/embed", tags=["posts"], response_model_exclude_none=True)
    def embed(given: PostsIn, request: Request) -> list[VectorOut]:
        """Place each post and its modalities in the joint space."""
        answers: list[VectorOut] = []
        with asking(visitor(request)):
            for rows in reading.blocks(given.posts):
                answers += _placed(workspace, rows)
        return answers

    @api.post("/search", tags=["search"])
    def search(given: SearchIn, request: Request) -> SearchOut:
        """Search from anything to anything; hits are ranked within each target."""
        terms: list[Term] = list(parse(given.query).terms) if given.query else []
        terms += [reading.term(workspace, term) for term in given.terms]
        if not terms:
            raise KindredError("query", "Give a query or at least one term.")
        with asking(visitor(request)):
            found = workspace.search(
                Query(tuple(terms)),
                list(dict.fromkeys(given.targets)),
                k=given.k,
                filters=given.filters.filter(),
                corpus=given.corpus,
            )
        return SearchOut.model_validate(found, from_attributes=True)


def visitor(request: Request) -> str:
    """Who asks, for the queue at the encoders: an address has its turns like a session."""
    return f"api {request.client.host}" if request.client else "api"


def _placed(workspace: Workspace, rows: list[batch.Row]) -> list[VectorOut]:
    placed = iter(workspace.embed_many([row.content for row in rows if row.content]))
    answers: list[VectorOut] = []
    for row in rows:
        found = row.error or next(placed)
        if isinstance(found, KindredError):
            answers.append(VectorOut(**batch.error_json(row.id, found)))
            continue
        answers += [
            VectorOut(id=str(row.id), kind=kind, vector=vector.tolist())
            for kind, vector in found.items()
        ]
    return answers


def _add_reading(api: FastAPI, workspace: Workspace) -> None:
    """What needs no model."""

    @api.get("/corpora", tags=["corpora"])
    def corpora() -> list[str]:
        """Names of the corpora, the shipped one first."""
        return workspace.corpora()

    @api.get("/corpora/{name}", tags=["corpora"])
    def corpus(name: Annotated[str, Path(max_length=64)]) -> CorpusOut:
        """What a corpus holds."""
        seen = workspace.overview(name)
        return CorpusOut(
            name=name,
            posts=seen.counts["posts"],
            users=seen.counts["users"],
            modalities={str(m): n for m, n in seen.modality_counts.items()},
            languages=dict(seen.language_counts),
            bundle=seen.bundle,
        )

    @api.get("/corpora/{name}/media/{post}/{modality}", tags=["corpora"])
    def media(
        name: Annotated[str, Path(max_length=64)],
        post: Annotated[str, Path(max_length=256)],
        modality: Modality,
    ) -> FileResponse:
        """The image or the sound of a post."""
        path = workspace.media(post, modality, name)
        # Never shown as a page of this origin, whatever is in the file.
        return FileResponse(path, headers={"X-Content-Type-Options": "nosniff"})

    @api.get("/health", tags=["operation"])
    def health() -> HealthOut:
        """Whether the service is up, with which bundle, and on which device and why."""
        found = device.probe(settings().device)
        return HealthOut(
            status="ok",
            bundle=workspace.bundle.name,
            device=found.name,
            reason=found.reason,
            models_loaded=workspace.ready,
        )


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, KindredError)
    status = 404 if error.code in MISSING else 503 if error.code in AWAY else 400
    body = {"error": {"code": error.code, "message": error.message}}
    return JSONResponse(body, status_code=status)


def _malformed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    body = {"error": {"code": "malformed", "message": f"{place}: {first['msg']}."}}
    return JSONResponse(body, status_code=422)
