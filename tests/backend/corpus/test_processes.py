"""Several processes at one corpus, some of which die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.corpus import Corpus
from backend.domain import Kind, Post
from tests.backend.corpus.samples import make_shipped, unit
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[3]
KILLED = -signal.SIGKILL

Job = tuple[str, list[str]]
Run = Callable[[list[Job]], list[tuple[int, str]]]

# Importing LanceDB takes seconds, so one process does and forks itself for each job.
NURSERY = """
import json, os, sys, lancedb
from pathlib import Path
from backend.corpus import Corpus, store
for line in sys.stdin:
    children = []
    for script, arguments in json.loads(line):
        read, write = os.pipe()
        pid = os.fork()
        if not pid:
            os.dup2(write, 1), os.dup2(write, 2), os.close(read), os.close(write)
            status = 1
            try:
                sys.argv = ["-c", *arguments]
                exec(script, {})
                sys.stdout.flush()
                status = 0
            except BaseException:
                import traceback
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(status)
        os.close(write)
        children.append((pid, read))
    answers = []
    for pid, read in children:
        with os.fdopen(read) as pipe:
            said = pipe.read()
        answers.append([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said])
    print(json.dumps(answers), flush=True)
"""

IMPORT = """
import json, sys
from pathlib import Path
from backend.corpus import Corpus
c = Corpus.import_shipped(Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps([c.version, c.info().posts, len(c.posts_of("art:user1"))]))
"""

ADD = """
import sys
import numpy as np
from backend.corpus import Corpus
from backend.domain import Kind, Post
c = Corpus.open(sys.argv[2])
for i in range(int(sys.argv[4])):
    id_ = f"{sys.argv[1]}-{i}"
    c.add([Post(id_, text="x", user="both")], bundle="tiny-1",
          vectors={Kind.POST: ([id_], np.ones((1, 16)))})
"""

# Dies where it hurts: sys.argv[3] names a method of Transaction and the call that kills.
DIE = """
import os, signal, sys
from backend.corpus import store
method, nth = sys.argv[3].split(":")
real, calls = getattr(store.Transaction, method), [0]
def deadly(self, *a, **k):
    calls[0] += 1
    if calls[0] < int(nth) or method == "put":
        real(self, *a, **k)
    if calls[0] == int(nth):
        os.kill(os.getpid(), signal.SIGKILL)
setattr(store.Transaction, method, deadly)
"""

# Dies at whatever it does when the draft is seen.
DIE_ANY_TIME = """
import os, signal, sys, threading
from pathlib import Path
def watch():
    while not list(Path(sys.argv[2]).parent.glob(".c.building-*")):
        pass
    os.kill(os.getpid(), signal.SIGKILL)
threading.Thread(target=watch, daemon=True).start()
"""


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Run jobs at the same time; how each ended and what it said."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", NURSERY],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert process.stdin is not None and process.stdout is not None
    given, said = process.stdin, process.stdout

    def all_at_once(jobs: list[Job]) -> list[tuple[int, str]]:
        given.write(json.dumps(jobs) + "\n")
        given.flush()
        return [tuple(answer) for answer in json.loads(said.readline())]

    yield all_at_once
    given.close()
    assert process.wait(timeout=PATIENCE) == 0


def test_processes_that_import_at_once_share_one_corpus(
    run: Run, shipped: Path, tmp_path: Path
) -> None:
    answers = run([(IMPORT, [str(shipped), str(tmp_path / "c")])] * 4)
    here = Corpus.open(tmp_path / "c")
    expected = json.dumps([here.version, 60, len(here.posts_of("art:user1"))]) + "\n"
    assert answers == [(0, expected)] * 4
    assert sorted(p.name for p in tmp_path.iterdir()) == [".c.lock", "c"]


def test_an_import_that_dies_leaves_nothing_in_the_way(
    run: Run, shipped: Path, tmp_path: Path
) -> None:
    points = ["put:1", "put:3", "finish:1"]
    jobs: list[Job] = [(DIE + IMPORT, [str(shipped), str(tmp_path / p / "c"), p]) for p in points]
    jobs.append((DIE_ANY_TIME + IMPORT, [str(shipped), str(tmp_path / "any" / "c")]))
    assert [code for code, _ in run(jobs)] == [KILLED] * 4
    for folder in [*(tmp_path / p for p in points), tmp_path / "any"]:
        assert not (folder / "c").exists()
        assert list(folder.glob(".c.building-*"))
        corpus = Corpus.import_shipped(shipped, folder / "c")
        assert corpus.info().posts == 60 and len(corpus.posts_of("art:user1")) == 8
        assert sorted(p.name for p in folder.iterdir()) == [".c.lock", "c"]


def test_an_addition_that_dies_was_never_there(run: Run, corpus: Corpus) -> None:
    before = Corpus.open(corpus.uri).info()
    for point in ("append:1", "append:3", "finish:1"):
        assert run([(DIE + ADD, ["dying", corpus.uri, point, "1"])])[0][0] == KILLED
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


def test_an_update_that_dies_leaves_the_old_release(
    run: Run, shipped: Path, corpus: Corpus, tmp_path: Path
) -> None:
    newer = tmp_path / "newer"
    newer.mkdir()
    make_shipped(newer, posts=40, seed=1)
    job = (DIE + IMPORT, [str(newer), corpus.uri, "put:3"])
    assert run([job])[0][0] == KILLED
    assert Corpus.open(corpus.uri).info() == corpus.info()
    assert Corpus.import_shipped(newer, corpus.uri).info().posts == 40


def test_writers_take_turns(run: Run, corpus: Corpus) -> None:
    jobs: list[Job] = [(ADD, [name, corpus.uri, "-", "3"]) for name in ("one", "two", "three")]
    assert [code for code, _ in run(jobs)] == [0, 0, 0]
    assert corpus.refresh()
    assert corpus.info().posts == 69
    assert corpus.user("both").posts == 9
    assert corpus.info().bundles["tiny-1"][Kind.POST] == 69
