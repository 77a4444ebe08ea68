"""Encoders elsewhere give what encoders here give, and the app stays small."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import uvicorn

from backend import encoders
from backend.cli import main
from backend.domain import Content, KindredError, Modality, Picture, Sound
from backend.encoders import registry, wire
from backend.encoders import server as serving
from backend.encoders.base import Encoder
from backend.encoders.remote import RemoteEncoder
from backend.settings import Settings, settings
from backend.workspace.workspace import Workspace
from tests.sockets import free_port
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[3]
RNG = np.random.default_rng(5)
TEXTS = ["The storm kept us inside all day.", " ", "Ein schöner Tag \ud83d 🌊", "nul\0 inside"]
PICTURES = [
    Picture((RNG.integers(0, 256, (60, 80, 3), dtype=np.uint8),)),
    Picture(tuple(RNG.integers(0, 256, (3, 30, 40, 3), dtype=np.uint8))),
]
SOUNDS = [
    Sound(RNG.normal(size=44_100).astype(np.float32) * 0.1, 44_100),
    Sound(np.zeros(8_000, dtype=np.float32), 8_000),
]
ITEMS = {Modality.TEXT: TEXTS, Modality.IMAGE: PICTURES, Modality.AUDIO: SOUNDS}


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    """Where all encoders of the shipped bundle are served."""
    replicas = {
        m: serving.Replica(m.value, name, "secret") for m, name in workspace.bundle.encoders.items()
    }
    at = free_port()
    server = uvicorn.Server(
        uvicorn.Config(serving.application(replicas), port=at, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{at}"
    server.should_exit = True
    thread.join()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "api_key", "secret")


def there(address: str, modality: Modality, workspace: Workspace) -> Encoder:
    return RemoteEncoder(address, workspace.bundle.encoders[modality], modality)


@pytest.mark.parametrize("modality", list(Modality))
def test_vectors_are_those_of_the_encoder_here(
    modality: Modality, address: str, workspace: Workspace
) -> None:
    here = encoders.get(workspace.bundle.encoders[modality], modality=modality)
    away = there(address, modality, workspace)
    assert (away.name, away.dim, away.licence) == (here.name, here.dim, here.licence)
    items = [*ITEMS[modality], 7]
    mine, other = here.encode(items), away.encode(items)
    assert mine.reasons == other.reasons and any(mine.reasons)
    for one, two in zip(mine.vectors, other.vectors, strict=True):
        assert (one is None) == (two is None)
        assert one is None or (one.dtype == two.dtype and np.array_equal(one, two))  # type: ignore[union-attr]
    one, two = here.parts(items[0]), away.parts(items[0])
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert one.where == two.where and np.array_equal(one.vectors, two.vectors)


def test_many_at_once_each_get_their_own(address: str, workspace: Workspace) -> None:
    here = encoders.get(workspace.bundle.encoders[Modality.TEXT])
    away = there(address, Modality.TEXT, workspace)
    texts = [f"Sentence number {i} of many" for i in range(24)]
    expected = here.encode(texts).vectors
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: away.encode([text]).vectors[0], texts))
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


def test_a_server_that_is_away_says_what_to_do() -> None:
    with pytest.raises(KindredError) as error:
        RemoteEncoder(f"http://127.0.0.1:{free_port()}", "multilingual-e5-small", Modality.TEXT)
    assert error.value.code == "no_backend" and "python -m backend serve" in error.value.message


def test_a_hanging_server_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    from backend.encoders import remote

    monkeypatch.setattr(remote, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(remote, "_pools", [])
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(KindredError) as error:
            RemoteEncoder(
                f"http://127.0.0.1:{deaf.getsockname()[1]}", "aisfx+musicnn", Modality.AUDIO
            )
    assert error.value.code == "no_backend" and "no answer" in error.value.message


def test_another_encoder_or_key_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KindredError) as error:
        RemoteEncoder(address, "aisfx", Modality.AUDIO)
    assert error.value.code == "other_encoder" and "aisfx+musicnn" in error.value.message
    monkeypatch.setattr(settings(), "api_key", "wrong")
    with pytest.raises(KindredError) as error:
        RemoteEncoder(address, "aisfx+musicnn", Modality.AUDIO)
    assert error.value.code == "no_key"


def test_what_is_no_arrow_is_refused(address: str, workspace: Workspace) -> None:
    away = there(address, Modality.IMAGE, workspace)
    assert isinstance(away, RemoteEncoder)
    lying = pa.table({"frames": [[{"height": 9, "width": 9, "pixels": b"short"}]]})
    lying = lying.cast(wire._ITEMS[Modality.IMAGE])
    bodies = [b"", b"\x80\x04N.", wire.pack_items(Modality.TEXT, ["a"]), wire._pack(lying)]
    bodies += [wire.pack_items(Modality.IMAGE, PICTURES)[:-200]]
    for body in bodies:
        with pytest.raises(KindredError) as error:
            away._request("POST", "/encode", body)
        assert error.value.code == "bad_request", body[:20]
    with pytest.raises(KindredError) as error:
        away._request("POST", "/encode", b"0" * (serving.BODY_BYTES + 1))
    assert error.value.code == "too_large"


def test_what_is_compressed_is_refused_unread(address: str, workspace: Workspace) -> None:
    away = there(address, Modality.TEXT, workspace)
    assert isinstance(away, RemoteEncoder)
    large = pa.table({"text": ["a" * 50_000_000]}, schema=wire._ITEMS[Modality.TEXT])
    coded = pa.table({"text": large["text"].dictionary_encode()})
    for codec, table in (("zstd", large), ("lz4", large), (None, coded)):
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression=codec)
        with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table)
        before = pa.total_allocated_bytes()
        with pytest.raises(KindredError) as error:
            away._request("POST", "/encode", sink.getvalue().to_pybytes())
        assert error.value.code == "bad_request"
        assert pa.total_allocated_bytes() - before < 10_000_000
    two = pa.Table.from_batches(large.slice(0, 0).to_batches() * 2, large.schema)
    assert wire.unpack_items(Modality.TEXT, wire._pack(two)) == []


def test_other_machines_need_a_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(settings(), "api_key", None)
    for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        serving.require_key(host)
    for host in ("0.0.0.0", "::", "", "10.0.0.7", "host.example.org"):
        assert main(["serve", "--host", host]) == 1
        assert "KINDRED_API_KEY" in capsys.readouterr().err
    monkeypatch.setattr(settings(), "api_key", "secret")
    serving.require_key("0.0.0.0")


class Page(BaseHTTPRequestHandler):
    said = b"<!doctype html><title>Another page</title>"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.said)

    def log_message(self, *given: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("said", [Page.said, b"[]", b'{"name": "aisfx+musicnn"}', b"\xff"])
def test_an_address_of_something_else_is_told(said: bytes) -> None:
    page = type("Said", (Page,), {"said": said})
    with HTTPServer(("127.0.0.1", 0), page) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(KindredError) as error:
            RemoteEncoder(f"http://127.0.0.1:{server.server_port}", "aisfx+musicnn", Modality.AUDIO)
        thread.join()
    assert error.value.code == "no_backend" and "another service" in error.value.message


THIN = """
import json, sys
import numpy as np
from backend.domain import Content, Picture, Sound
from backend.workspace.workspace import Workspace
from tests.sockets import free_port
from tests.waiting import until
ws = Workspace()
rng = np.random.default_rng(3)
post = Content("so happy today", Picture((rng.integers(0, 256, (60, 80, 3), dtype=np.uint8),)),
               Sound(rng.normal(size=44100).astype(np.float32) * .1, 44100))
found, near = ws.analyse(post), ws.nearest(post)
why = ws.explain(post)
hits = ws.search('"dog" - "cat"', list(near), k=3)
vectors = ws.embed_many([post])[0]
print(json.dumps({
    "torch": "torch" in sys.modules,
    "emotion": found.affect.emotion,
    "spans": {m: [s.weight for s in spans] for m, spans in why.spans.items()},
    "near": {k: [h.id for h in hits] for k, hits in near.items()},
    "vectors": {k: v.tolist() for k, v in vectors.items()},
    "device": ws.overview().device,
}))
"""


def test_a_thin_app_needs_no_torch_and_says_the_same(
    address: str, workspace: Workspace, tmp_path: Path
) -> None:
    def said(**more: str) -> dict:
        home = {"KINDRED_HOME": str(workspace.home), "KINDRED_API_KEY": "secret"}
        done = subprocess.run(
            [sys.executable, "-c", THIN],
            env=os.environ | home | more,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    thick, thin = said(), said(KINDRED_ENCODER_SERVER=address)
    assert thick.pop("torch") and not thin.pop("torch")
    assert thin.pop("device") == "elsewhere" and thick.pop("device") == "cpu"
    assert thin["emotion"] == pytest.approx(thick["emotion"], abs=1e-6)
    assert thin["near"] == thick["near"]
    for kind, vector in thick["vectors"].items():
        assert np.allclose(vector, thin["vectors"][kind], atol=1e-6)
    for modality, weights in thick["spans"].items():
        assert thin["spans"][modality] == pytest.approx(weights, abs=1e-6)


def test_the_registry_asks_elsewhere(
    address: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "encoder_server", address)
    monkeypatch.setattr(registry, "_loaded", {})
    found = encoders.get("multilingual-e5-small")
    assert isinstance(found, RemoteEncoder)
    content = Content(text=TEXTS[0])
    assert Workspace(workspace.home).analyse(content).affect.top


@pytest.mark.parametrize("name", ["KINDRED_ENCODER_SERVER", "KINDRED_BACKEND"])
def test_an_older_name_of_the_setting_still_works(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://host:8600")
    assert Settings().encoder_server == "http://host:8600"
