"""Several processes at one corpus, some of which die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from backend.corpus import Corpus
from backend.posts import Kind, Post
from tests.backend.corpus.made import unit

ROOT = Path(__file__).resolve().parents[3]

IMPORT = """
import sys, json, lancedb
from pathlib import Path
from backend.corpus import Corpus
print("ready", flush=True)
if len(sys.argv) == 3:
    input()
c = Corpus.import_shipped(Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps([c.version, c.info().posts, len(c.posts_of("art:user1"))]))
"""

# Dies where it hurts: sys.argv[3] names a method of Transaction and the call that kills.
DIE = """
import os, signal, sys
from backend.corpus import store
method, nth = sys.argv[3].split(":")
real, calls = getattr(store.Transaction, method), [0]
def deadly(self, *a, **k):
    calls[0] += 1
    if method == "put" or calls[0] < int(nth):
        out = real(self, *a, **k)
    if calls[0] == int(nth):
        os.kill(os.getpid(), signal.SIGKILL)
    return out
setattr(store.Transaction, method, deadly)
"""

ADD = """
import sys
import numpy as np
from backend.corpus import Corpus
from backend.posts import Kind, Post
c = Corpus.open(sys.argv[2])
print("ready", flush=True)
for i in range(int(sys.argv[4])):
    id_ = f"{sys.argv[1]}-{i}"
    c.add([Post(id_, text="x", user="both")], bundle="tiny-1",
          vectors={Kind.POST: ([id_], np.ones((1, 16)))})
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def finish(process: subprocess.Popen[str], expected: int = 0) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == expected, err
    return out


def test_processes_that_import_at_once_share_one_corpus(shipped: Path, tmp_path: Path) -> None:
    other = start(IMPORT, shipped, tmp_path / "c")
    wait_until_ready(other)
    assert other.stdin is not None
    other.stdin.write("go\n")
    other.stdin.flush()
    here = Corpus.import_shipped(shipped, tmp_path / "c")
    assert json.loads(finish(other)) == [here.version, 60, len(here.posts_of("art:user1"))]
    assert sorted(p.name for p in tmp_path.iterdir()) == [".c.lock", "c"]


def test_an_import_that_dies_leaves_nothing_in_the_way(shipped: Path, tmp_path: Path) -> None:
    points = ["put:3", "finish:1"]
    running = {p: start(DIE + IMPORT, shipped, tmp_path / p / "c", p) for p in points}
    any_time = tmp_path / "any_time"
    any_time.mkdir()
    unlucky = start(IMPORT, shipped, any_time / "c", "-")
    while unlucky.poll() is None and not list(any_time.glob(".c.building-*")):
        time.sleep(0.001)
    unlucky.kill()
    unlucky.communicate()
    for point, process in running.items():
        finish(process, -signal.SIGKILL)
        assert not (tmp_path / point / "c").exists()
        assert list((tmp_path / point).glob(".c.building-*"))
    for folder in [*(tmp_path / p for p in points), any_time]:
        corpus = Corpus.import_shipped(shipped, folder / "c")
        assert corpus.info().posts == 60 and len(corpus.posts_of("art:user1")) == 8
        assert sorted(p.name for p in folder.iterdir()) == [".c.lock", "c"]


def test_an_addition_that_dies_was_never_there(corpus: Corpus) -> None:
    before = Corpus.open(corpus.uri).info()
    for point in ("append:3", "finish:1"):
        finish(start(DIE + ADD, "dying", corpus.uri, point, 1), -signal.SIGKILL)
        again = Corpus.open(corpus.uri)
        assert again.info() == before and again.missing("tiny-1") == []
    corpus.add(
        [Post("dying-0", text="y")],
        bundle="new",
        vectors={Kind.POST: (["dying-0"], unit(1, 0))},
    )
    assert corpus.info().posts == 61 and corpus.post("dying-0").text == "y"
    assert corpus.missing("tiny-1") == ["dying-0"]
    assert "both" not in {user.id for user in corpus.find_users()}


def test_two_writers_take_turns(corpus: Corpus) -> None:
    each = 4
    other = start(ADD, "other", corpus.uri, "-", each)
    wait_until_ready(other)
    for i in range(each):
        corpus.add([Post(f"here-{i}", text="x", user="both")])
    finish(other)
    corpus.refresh()
    assert corpus.info().posts == 60 + 2 * each
    assert corpus.user("both").posts == 2 * each
    assert corpus.info().bundles["tiny-1"][Kind.POST] == 60 + each
