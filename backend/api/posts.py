"""Routes that give posts: one, those of a corpus in pages, those of hits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Path, Query

from backend.api.schemas import AffectOut, Name, PageOut, PostOut
from backend.domain import Affect, Modality, Post
from backend.settings import settings
from backend.workspace.json_lines import affect_json
from backend.workspace.workspace import Workspace

PAGE = 100
MOST = 1000


def posts_out(workspace: Workspace, ids: Sequence[str], corpus: str | None) -> dict[str, PostOut]:
    """Return posts by id, with predictions and the addresses of their media."""
    name = corpus or settings().corpus
    found, affects = workspace.posts(ids, corpus), workspace.predictions(ids, corpus)
    return {id_: _post_out(post, affects.get(id_), name) for id_, post in found.items()}


def _post_out(post: Post, affect: Affect | None, corpus: str) -> PostOut:
    base = f"corpora/{quote(corpus, safe='')}/media/{quote(post.id, safe='')}"
    return PostOut(
        id=post.id,
        text=post.text,
        title=post.title,
        user=post.user,
        time=post.time,
        language=post.language,
        tags=list(post.tags),
        labels=dict(post.labels),
        licence=post.licence,
        source=post.source,
        url=post.url,
        media={
            m: f"{base}/{m}" for m in (Modality.IMAGE, Modality.AUDIO) if getattr(post, m.value)
        },
        prediction=AffectOut(**affect_json(affect)) if affect else None,
    )


def add_post_routes(api: FastAPI, workspace: Workspace) -> None:
    """Add the routes."""

    @api.get("/posts/{id}", tags=["posts"], response_model_exclude_none=True)
    def post(id: Annotated[str, Path(max_length=256)], corpus: Name | None = None) -> PostOut:
        """Return a post; its media are at the addresses in `media`, below that of the service."""
        workspace.corpus(corpus).post(id)  # raises when unknown
        return posts_out(workspace, [id], corpus)[id]

    @api.get("/corpora/{name}/posts", tags=["corpora"], response_model_exclude_none=True)
    def page(
        name: Annotated[str, Path(max_length=64)],
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    ) -> PageOut:
        """Return the posts of a corpus by id, a page at a time."""
        ids = workspace.corpus(name).table(["id"]).sort_by("id")["id"]
        chosen = ids.slice(offset, limit).to_pylist()
        posts = list(posts_out(workspace, chosen, name).values())
        following = offset + limit if offset + limit < len(ids) else None
        return PageOut(total=len(ids), offset=offset, next=following, posts=posts)
