"""HTTP/JSON gives what the command line gives, and refuses in one form."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from backend.api import app, create
from backend.settings import ASSETS, settings
from backend.workspace.workspace import Workspace

MEDIA = ASSETS / "corpus" / "media"
TEXT = "We waited all night for the lifeboat to come back."


def file(folder: str, pattern: str) -> str:
    """A shipped file in base64."""
    path: Path = next(iter(sorted((MEDIA / folder).glob(pattern))))
    return base64.b64encode(path.read_bytes()).decode()


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    return TestClient(create(workspace), raise_server_exceptions=False)


def test_analyse_answers_each_post_in_its_place(client: TestClient, workspace: Workspace) -> None:
    posts = [
        {"id": "all", "text": TEXT, "image": file("tuxpaint", "*.webp")},
        {"id": "broken", "image": "AAAA"},
        {"id": "none"},
        {"id": "sound", "audio": file("wesnoth", "*.ogg")},
        {"id": "odd", "audio": "not base64!"},
    ]
    answer = client.post("/analyse", json={"posts": posts})
    assert answer.status_code == 200
    found = {row["id"]: row for row in answer.json()}
    assert list(found) == ["all", "broken", "none", "sound", "odd"]
    assert set(found["all"]["subsets"]) == {"text", "image", "image+text"}
    assert found["all"]["bundle"] == workspace.bundle.name
    assert {id for id, row in found.items() if "error" in row} == {"broken", "none", "odd"}
    assert found["odd"]["error"]["code"] == "not_base64"


def test_embed_is_of_unit_length(client: TestClient) -> None:
    answer = client.post("/embed", json={"posts": [{"id": "a", "text": TEXT}, {"id": "b"}]})
    rows = answer.json()
    assert [(row["id"], row.get("kind")) for row in rows] == [
        ("a", "text"), ("a", "post"), ("b", None),
    ]  # fmt: skip
    assert np.linalg.norm(rows[0]["vector"]) == pytest.approx(1, abs=1e-5)


def test_search_agrees_with_the_workspace(client: TestClient, workspace: Workspace) -> None:
    asked = {"query": '"lonely" + sunset - people', "targets": ["post", "user"], "k": 5}
    from backend.domain import Kind

    answer = client.post("/search", json=asked).json()
    expected = workspace.search(str(asked["query"]), [Kind.POST, Kind.USER], k=5)
    for kind in (Kind.POST, Kind.USER):
        assert [h["id"] for h in answer["hits"][kind]] == [h.id for h in expected.hits[kind]]
    filtered = client.post("/search", json={**asked, "filters": {"sources": ["tuxpaint"]}}).json()
    assert filtered["candidates"]["post"] < answer["candidates"]["post"]


def test_search_by_a_file(client: TestClient) -> None:
    terms = [{"kind": "image", "value": file("tuxpaint", "*.webp"), "weight": 2}]
    answer = client.post("/search", json={"terms": terms, "targets": ["image"], "k": 3})
    assert len(answer.json()["hits"]["image"]) == 3


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/search", {}, 400, "query"),
        ("/search", {"query": '"open'}, 400, "query"),
        ("/search", {"query": "a", "corpus": "nowhere"}, 404, "no_corpus"),
        ("/search", {"query": "a", "filters": {"emotions": ["hunger"]}}, 400, "filter"),
        ("/search", {"terms": [{"kind": "text", "value": "a", "weight": 0}]}, 400, "query"),
        ("/search", {"query": "a", "k": 0}, 422, "malformed"),
        ("/analyse", {"posts": []}, 422, "malformed"),
        ("/analyse", {"posts": [{"id": "a", "txt": "b"}]}, 422, "malformed"),
    ],
)
def test_refusals_have_one_form(
    client: TestClient, path: str, body: dict, status: int, code: str
) -> None:
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"].endswith((".", ")"))


LISTS = ("users", "languages", "emotions", "sentiments", "sources", "modalities", "tags", "words")


def malformed(client: TestClient, body: dict) -> str:
    """The sentence that refuses a search."""
    asked = json.dumps({"query": "a", **body})  # in ASCII: the client writes no lone surrogates
    answer = client.post("/search", content=asked, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "malformed")
    return str(answer.json()["error"]["message"])


@pytest.mark.parametrize("name", LISTS)
def test_filters_that_no_search_can_read(client: TestClient, name: str) -> None:
    said = malformed(client, {"filters": {name: ["\ud800"]}})
    assert said.startswith(f"body.filters.{name}.0: ")
    said = malformed(client, {"filters": {name: ["text"] * 1_000}})
    assert said.startswith(f"body.filters.{name}: ") and "at most" in said
    malformed(client, {"filters": {name: ["x" * 1_000]}})


def test_a_corpus_by_a_name_that_none_can_have(client: TestClient) -> None:
    for name in ("\ud800", "x" * 1_000):
        assert malformed(client, {"corpus": name}).startswith("body.corpus: ")


def test_corpora_and_media(client: TestClient) -> None:
    assert client.get("/corpora").json()[0] == "commons"
    assert client.get("/corpora/commons").json()["posts"] > 3000
    assert client.get("/corpora/nowhere").status_code == 404
    hit = client.post("/search", json={"query": "cat", "targets": ["image"], "k": 1}).json()
    id = hit["hits"]["image"][0]["id"]
    assert client.get(f"/corpora/commons/media/{id}/image").headers["content-type"] == "image/webp"
    assert client.get(f"/corpora/commons/media/{id}/audio").status_code == 404
    assert client.get("/corpora/commons/media/..%2F..%2Fetc/image").status_code == 404


def test_health_and_metrics(client: TestClient) -> None:
    assert client.get("/health").json()["status"] == "ok"
    client.get("/corpora")
    assert 'kindred_requests_total{route="/corpora",status="200"}' in client.get("/metrics").text


def test_too_much_is_refused(
    client: TestClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "BODY_BYTES", 1000)
    small = TestClient(create(workspace))
    answer = small.post("/analyse", json={"posts": [{"id": "a", "text": "x" * 2000}]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_key_is_asked_for(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_API_KEY", "correct horse")
    settings.cache_clear()
    try:
        shut = TestClient(create(workspace))
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert shut.get("/corpora").status_code == 401
    assert shut.get("/health").status_code == 200
    wrong = {"Authorization": "Bearer wrong"}
    assert shut.get("/corpora", headers=wrong).status_code == 401
    right = {"Authorization": "Bearer correct horse"}
    assert shut.get("/corpora", headers=right).status_code == 200
