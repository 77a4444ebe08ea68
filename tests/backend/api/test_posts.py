"""HTTP alone is enough: search, then fetch posts and media; files as forms; errors in one form."""

from __future__ import annotations

import base64
import re
import shlex
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from backend.api import create
from backend.settings import ASSETS, ROOT
from backend.workspace.workspace import Workspace

PICTURE = ASSETS / "corpus" / "media" / "tuxpaint" / "tux-0121.webp"


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    return TestClient(create(workspace), raise_server_exceptions=False)


def test_from_a_search_to_the_picture(client: TestClient) -> None:
    asked = {"query": "dog", "targets": ["post", "user"], "k": 3, "posts": True}
    hits = client.post("/search", json=asked).json()["hits"]
    post = next(hit["post"] for hit in hits["post"] if hit["post"]["id"] == "tux-0121")
    assert post["text"] == "A dog." and "joy" in post["prediction"]["emotion"]
    alone = client.get(f"/posts/{post['id']}").json()
    assert alone == post
    picture = client.get(f"/{alone['media']['image']}")
    assert picture.content == PICTURE.read_bytes()
    assert "post" not in hits["user"][0] or hits["user"][0]["post"] is None


def test_the_second_page_follows_the_first(client: TestClient) -> None:
    def ids(**pages: int) -> list[str]:
        hits = client.post("/search", json={"query": "dog", **pages}).json()["hits"]["post"]
        return [hit["id"] for hit in hits]

    assert ids(k=6) == ids(k=3) + ids(k=3, offset=3)
    first = client.get("/corpora/commons/posts", params={"limit": 5}).json()
    second = client.get("/corpora/commons/posts", params={"offset": first["next"]}).json()
    assert (len(first["posts"]), second["offset"]) == (5, 5)
    assert first["posts"][-1]["id"] < second["posts"][0]["id"]
    last = client.get("/corpora/commons/posts", params={"offset": first["total"] - 1}).json()
    assert len(last["posts"]) == 1 and "next" not in last


def test_files_as_a_form_and_as_a_data_url(client: TestClient) -> None:
    data = base64.b64encode(PICTURE.read_bytes()).decode()
    post = {"id": "a", "text": "hi", "image": f"data:image/webp;base64,{data}"}
    (as_url,) = client.post("/analyse", json={"posts": [post]}).json()
    files = {"image": ("dog.webp", PICTURE.read_bytes())}
    as_form = client.post("/analyse/files", data={"text": "hi"}, files=files).json()
    assert as_form["subsets"] == as_url["subsets"]
    wrong = {"image": ("dog.webp", b"nothing")}
    assert client.post("/analyse/files", files=wrong).json()["error"]["message"]
    bad = {"posts": [{"id": "a", "image": "data:image/webp,abc"}]}
    assert client.post("/analyse", json=bad).json()[0]["error"]["code"] == "not_base64"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/posts/no-such-post", 404),
        ("GET", "/posts/tux-0121?corpus=nowhere", 404),
        ("GET", "/corpora/commons/posts?limit=0", 422),
        ("GET", "/nowhere", 404),
        ("DELETE", "/search", 405),
    ],
)
def test_errors_have_one_form(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}


def test_json_that_is_none(client: TestClient) -> None:
    answer = client.post("/search", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422 and "JSON" in answer.json()["error"]["message"]


def test_the_docs_need_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200 and "/posts/{id}" in page.text
    assert "<script" not in page.text and not re.search(
        r"(src|href)=\"https?://(?!testserver)", page.text
    )


def test_every_example_of_the_readme(client: TestClient) -> None:
    commands = re.findall(r"^curl .*(?:\\\n.*)*", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert len(commands) >= 4
    for command in commands:
        assert _answer(client, shlex.split(command.replace("\\\n", ""))).status_code == 200, command


def _answer(client: TestClient, words: list[str]) -> object:
    """Send what a curl command sends."""
    address = next(word for word in words if word.startswith("http"))
    path = address.split("/api", 1)[1]
    body = next((words[i + 1] for i, word in enumerate(words) if word == "-d"), None)
    form = [words[i + 1] for i, word in enumerate(words) if word == "-F"]
    if body is not None:
        return client.post(path, content=body, headers={"Content-Type": "application/json"})
    if form:
        fields = dict(field.split("=", 1) for field in form)
        files = {k: Path(ROOT, v[1:]).read_bytes() for k, v in fields.items() if v[:1] == "@"}
        data = {k: v for k, v in fields.items() if k not in files}
        return client.post(path, data=data, files={k: (k, v) for k, v in files.items()})
    return client.get(path)
