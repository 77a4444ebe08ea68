"""The HTTP routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, File, Form, Path, Request, Response, UploadFile
from fastapi.responses import FileResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from backend.api import decoding
from backend.api.bodies import GONE, BodyLimit, JsonRoute
from backend.api.docs import add_docs
from backend.api.errors import RESPONSES, add_handlers
from backend.api.middleware import KeyCheck, RequestMetrics
from backend.api.posts import add_post_routes, posts_out
from backend.api.schemas import (
    CorpusOut,
    HealthOut,
    PostsIn,
    PredictionOut,
    SearchIn,
    SearchOut,
    VectorOut,
)
from backend.core import device
from backend.core.visitors import as_visitor, visitor_of
from backend.domain import Kind, KindredError, Modality
from backend.search import Query, Term, parse
from backend.settings import SUMMARY, settings
from backend.workspace import batch
from backend.workspace.loaded_models import LoadedModels
from backend.workspace.workspace import Workspace

POST_KINDS = (Kind.POST, Kind.TEXT, Kind.IMAGE, Kind.AUDIO)
BODY_BYTES = 100 * 2**20


def create(workspace: Workspace) -> FastAPI:
    """Create the service.

    Returns
    -------
    fastapi.FastAPI
        To serve by itself or to mount under a path.
    """
    api = FastAPI(
        title="Kindred",
        description=SUMMARY,
        version="1",
        responses=RESPONSES,
        docs_url=None,  # that page loads scripts from elsewhere
        redoc_url=None,
    )
    api.router.route_class = JsonRoute
    registry = CollectorRegistry()
    loaded = Gauge("kindred_models_loaded", "Whether the models are loaded.", registry=registry)
    loaded.set_function(lambda: float(workspace.ready))
    api.add_middleware(BodyLimit, limit=BODY_BYTES)
    api.add_middleware(KeyCheck, key=settings().api_key)
    api.add_middleware(RequestMetrics, registry=registry)
    add_handlers(api)
    _add_model_routes(api, workspace)
    _add_search_route(api, workspace)
    _add_corpus_routes(api, workspace)
    add_post_routes(api, workspace)
    add_docs(api)

    @api.get("/metrics", tags=["operation"], response_class=Response)
    def metrics() -> Response:
        """Return counters and timings in Prometheus's text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return api


def _add_model_routes(api: FastAPI, workspace: Workspace) -> None:
    """Add the routes that need models."""

    @api.post("/analyse", tags=["posts"], response_model_exclude_none=True)
    def analyse(body: PostsIn, request: Request) -> list[PredictionOut]:
        """Predict emotion and sentiment from every subset of each post's modalities."""
        decoding.check_characters(post.text for post in body.posts)
        answers: list[PredictionOut] = []
        models = workspace.models
        with as_visitor(visitor_of(request.scope)):
            for rows in decoding.batches(body.posts, request.scope.get(GONE)):
                answers += [PredictionOut(**row) for row in batch.answers(models, rows)]
        return answers

    @api.post("/embed", tags=["posts"], response_model_exclude_none=True)
    def embed(body: PostsIn, request: Request) -> list[VectorOut]:
        """Place each post and its modalities in the joint space."""
        decoding.check_characters(post.text for post in body.posts)
        answers: list[VectorOut] = []
        models = workspace.models
        with as_visitor(visitor_of(request.scope)):
            for rows in decoding.batches(body.posts, request.scope.get(GONE)):
                answers += _joint_vectors(models, rows)
        return answers

    @api.post("/analyse/files", tags=["posts"], response_model_exclude_none=True)
    def analyse_files(
        request: Request,
        text: Annotated[str | None, Form()] = None,
        image: Annotated[UploadFile | None, File()] = None,
        audio: Annotated[UploadFile | None, File()] = None,
    ) -> PredictionOut:
        """As `/analyse`, for one post whose image and sound are sent as files of a form."""
        decoding.check_characters([text])
        with as_visitor(visitor_of(request.scope)):
            row = decoding.form_row(text, image, audio)
            return PredictionOut(**batch.answers(workspace.models, [row])[0])


def _add_search_route(api: FastAPI, workspace: Workspace) -> None:
    """Add the route that searches."""

    @api.post("/search", tags=["search"], response_model_exclude_none=True)
    def search(body: SearchIn, request: Request) -> SearchOut:
        """Search across text, images, sounds, users and words; ranked within each target."""
        terms: list[Term] = list(parse(body.query).terms) if body.query else []
        with as_visitor(visitor_of(request.scope)):
            terms += decoding.to_terms(workspace, body.terms)
            if not terms:
                raise KindredError("query", "Give a query or at least one term.")
            result = workspace.search(
                Query(tuple(terms)),
                list(dict.fromkeys(body.targets)),
                k=body.offset + body.k,
                filters=body.filters.filter(),
                corpus=body.corpus,
            )
        answer = SearchOut.model_validate(result, from_attributes=True)
        for kind, hits in answer.hits.items():
            answer.hits[kind] = hits[body.offset :]
        if body.posts:
            ids = [h.id for k, hits in answer.hits.items() if k in POST_KINDS for h in hits]
            found = posts_out(workspace, list(dict.fromkeys(ids)), body.corpus)
            for kind, hits in answer.hits.items():
                for hit in hits if kind in POST_KINDS else ():
                    hit.post = found.get(hit.id)
        return answer


def _joint_vectors(models: LoadedModels, rows: list[batch.Row]) -> list[VectorOut]:
    joint = iter(models.embed_many([row.content for row in rows if row.content]))
    answers: list[VectorOut] = []
    for row in rows:
        result = row.error or next(joint)
        if isinstance(result, KindredError):
            answers.append(VectorOut(**batch.error_json(row.id, result)))
            continue
        answers += [
            VectorOut(id=str(row.id), kind=kind, vector=vector.tolist())
            for kind, vector in result.items()
        ]
    return answers


def _add_corpus_routes(api: FastAPI, workspace: Workspace) -> None:
    """Add the routes that need no model."""

    @api.get("/corpora", tags=["corpora"])
    def corpora() -> list[str]:
        """Return the names of the corpora, the shipped one first."""
        return workspace.corpora()

    @api.get("/corpora/{name}", tags=["corpora"])
    def corpus(name: Annotated[str, Path(max_length=64)]) -> CorpusOut:
        """Return the counts of a corpus."""
        overview = workspace.overview(name)
        return CorpusOut(
            name=name,
            posts=overview.counts["posts"],
            users=overview.counts["users"],
            modalities={str(m): n for m, n in overview.modality_counts.items()},
            languages=dict(overview.language_counts),
            bundle=overview.bundle,
        )

    @api.get("/corpora/{name}/media/{post}/{modality}", tags=["corpora"])
    def media(
        name: Annotated[str, Path(max_length=64)],
        post: Annotated[str, Path(max_length=256)],
        modality: Modality,
    ) -> FileResponse:
        """Return the image or the sound of a post."""
        path = workspace.media(post, modality, name)
        # Whatever the file holds, no browser may take it for a page of this origin.
        return FileResponse(path, headers={"X-Content-Type-Options": "nosniff"})

    @api.get("/health", tags=["operation"])
    async def health() -> HealthOut:
        """Return whether the service is up, its bundle, and its device with the reason for it."""
        result = device.probe(settings().device)
        return HealthOut(
            status="ok",
            bundle=workspace.bundle.name,
            device=result.name,
            reason=result.reason,
            models_loaded=workspace.ready,
        )
