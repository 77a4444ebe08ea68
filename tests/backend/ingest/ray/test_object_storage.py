"""A corpus on object storage is the corpus that a directory holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.cli import main
from backend.core.ray_cluster import installed
from backend.corpus import Corpus, remote
from backend.domain import Content, Kind, KindredError, Modality, Post
from backend.settings import settings
from backend.workspace.workspace import Workspace
from tests.backend.ingest import samples
from tests.backend.ingest.ray.same import assert_same
from tests.sockets import free_port
from tests.waiting import until

SERVER = shutil.which(os.environ.get("KINDRED_TEST_S3", ""))
pytestmark = [
    pytest.mark.scale,
    pytest.mark.skipif(not SERVER, reason="no local S3 server; `make scale-test` installs one"),
]


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """An empty bucket of a server on this machine."""
    port = free_port()
    server = subprocess.Popen(
        [str(SERVER), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    made = urllib.request.Request(f"{address}/bucket", method="PUT")

    def serves() -> bool:
        assert server.poll() is None, "the S3 server has ended"
        try:
            urllib.request.urlopen(made, timeout=5)
        except OSError:  # nobody listens yet
            return False
        return True

    until(serves)
    change = pytest.MonkeyPatch()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
    }.items():
        change.setenv(name, value)
    yield "s3://bucket"
    change.undo()
    server.terminate()
    server.wait()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings(), "home", tmp_path / "home")
    return tmp_path / "home"


def digest(home: Path, corpus: str) -> str:
    workspace = Workspace(home)
    workspace.remote.append(corpus)
    return workspace.corpus_admin.digest(corpus)


def ingest(home: Path, source: str, corpus: str, *more: str) -> int:
    return main(["ingest", source, "--corpus", corpus, "--home", str(home), "--quiet", *more])


def test_tables_are_written_and_read(bucket: str, home: Path) -> None:
    uri = f"{bucket}/plain"
    corpus = Corpus.create(uri)
    assert corpus.name == "plain"
    corpus.add([Post(id="a", text="one"), Post(id="b", text="two", user="u")])
    again = Corpus.open(uri)
    assert again.info().posts == 2 and again.post("b").user == "u"
    with pytest.raises(KindredError) as error:
        Corpus.create(uri)
    assert error.value.code == "corpus_exists"
    with pytest.raises(KindredError) as error:
        Corpus.open(f"{bucket}/nothing")
    assert error.value.code == "no_corpus"


def test_an_import_there_is_the_import_here(bucket: str, home: Path, tmp_path: Path) -> None:
    source = samples.posts_in(tmp_path, 24, 3)
    uri = f"{bucket}/corpora/mine"
    assert ingest(home, str(source), "mine") == 0
    assert ingest(home, str(source), uri) == 0
    assert digest(home, uri) == digest(home, "mine")
    # A second import brings what changed, and takes away the media that nobody names any more.
    samples.picture(source / "p1.png", 99)
    with (source / "posts.jsonl").open("a") as file:
        file.write('{"id": "new", "text": "a new one", "author": "user1"}\n')
    for corpus in ("mine", uri):
        assert ingest(home, str(source), corpus) == 0
    assert digest(home, uri) == digest(home, "mine")
    workspace = Workspace(home)
    with pytest.raises(KindredError):  # nobody said that it may be opened
        workspace.corpus(uri)
    workspace.remote.append(uri)
    corpus = workspace.corpus(uri)
    assert corpus.info().posts == 25
    first = workspace.search("storm", [Kind.POST, Kind.USER], k=3, corpus=uri)
    assert [h.id for h in first.hits[Kind.POST]] == [
        h.id for h in workspace.search("storm", [Kind.POST], k=3, corpus="mine").hits[Kind.POST]
    ]
    added = workspace.add_post(Content(text="written on the page"), uri)
    corpus.refresh()
    assert corpus.post(added.id).text == "written on the page"
    assert corpus.media_of("p-0", Modality.IMAGE).read_bytes()[6:10] == b"JFIF"
    with pytest.raises(KindredError) as error:
        corpus.media_path("aa/none.webp")
    assert error.value.code == "no_media"


def test_a_source_there_is_the_source_here(bucket: str, home: Path, tmp_path: Path) -> None:
    source = samples.posts_in(tmp_path, 8, 2)
    files, base = remote._files(f"{bucket}/sources/posts")
    for path in source.iterdir():
        with files.open_output_stream(f"{base}/{path.name}") as file:
            file.write(path.read_bytes())
    assert ingest(home, f"{bucket}/sources/posts", "copied") == 0
    assert ingest(home, str(source), "straight") == 0
    assert digest(home, "copied") == digest(home, "straight")
    assert ingest(home, f"{bucket}/sources/nothing", "none") == 1


@pytest.mark.skipif(not installed(), reason="Ray is not installed; `make scale-test` installs it")
def test_ray_writes_there_too(bucket: str, home: Path, tmp_path: Path) -> None:
    source = samples.posts_in(tmp_path, 24, 3)
    uri = f"{bucket}/corpora/by-ray"
    assert ingest(home, str(source), uri, "--engine", "ray", "--workers", "2") == 0
    assert ingest(home, str(source), "here") == 0
    assert_same(Corpus.open(uri), Corpus.open(home / "corpora" / "here"))


def test_what_is_no_place_is_refused(home: Path) -> None:
    for bad in ("ftp://host/x", "s3://", "s3://bad bucket/x"):
        with pytest.raises(KindredError) as error:
            remote.fetch(bad, home)
        assert error.value.code == "bad_uri"
