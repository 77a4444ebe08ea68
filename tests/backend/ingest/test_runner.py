"""An import ends with the same corpus however it went on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.corpus import Corpus
from backend.corpus.digest import content_digest
from backend.domain import EMOTIONS, Kind, KindredError
from backend.ingest import ImportJob, Options, check, open_tree
from backend.ingest import runner as running
from backend.ingest.existing import ExistingPosts
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.runner import ImportPipeline
from tests.backend.ingest import samples
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("KINDRED_TEST_KILLS", "10"))  # .ci/run asks for more


def known(path: Path) -> ExistingPosts:
    return ExistingPosts.of(Corpus.open(path)) if path.is_dir() else ExistingPosts()


def plan(home: Path, source: Path, **options: object) -> ImportJob:
    chosen = Options(**options)  # type: ignore[arg-type]
    keys = Pseudonyms.of(home) if chosen.pseudonymise else None
    report = check(open_tree(source), chosen, keys=keys)
    job = ImportJob(home / "imports" / "job", source, "c", report.format, chosen, report.rows)
    job.save()
    return job


def replan(home: Path, source: Path, **options: object) -> ImportJob:
    """The same import once more, from the start."""
    shutil.rmtree(home / "imports" / "job")
    return plan(home, source, **options)


def runner(home: Path, job: ImportJob, **options: object) -> ImportPipeline:
    path = home / "c"
    keys = Pseudonyms.of(home)
    return ImportPipeline(
        job, path, samples.ToyModels(), known=lambda: known(path), keys=keys, **options
    )  # type: ignore[arg-type]


def ingest(home: Path, source: Path, **options: object) -> Corpus:
    home.mkdir(exist_ok=True)
    state = runner(home, plan(home, source, **options)).run()
    assert state.stage == "done", state.error
    return Corpus.open(home / "c")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SHARD_ITEMS", 16)
    monkeypatch.setattr(running, "CHUNK", 4)


def test_all_that_a_post_has_arrives(tmp_path: Path) -> None:
    corpus = ingest(tmp_path / "h", samples.mastodon_in(tmp_path))
    info = corpus.info()
    assert (info.posts, info.users) == (4, 1)
    words = set(corpus.vectors("toy-1", Kind.WORD)[0].tolist())
    assert info.bundles == {
        "toy-1": {
            Kind.TEXT: 4,
            Kind.IMAGE: 1,
            Kind.AUDIO: 1,
            Kind.POST: 4,
            Kind.USER: 1,
            Kind.WORD: len(words),
        }
    }
    assert words > set(EMOTIONS)
    assert corpus.user("anna@social.example").name == "Anna A."
    reactions = corpus.side_table("reactions")
    assert reactions is not None and sorted(reactions["kind"].to_pylist()) == [
        "like",
        "like",
        "reply",
        "share",
    ]
    (pictured,) = [p for p in corpus.posts_of("anna@social.example") if p.image]
    assert pictured.image and corpus.media_path(pictured.image).read_bytes()[6:10] == b"JFIF"
    assert corpus.missing("toy-1") == []


def test_pausing_and_resuming_changes_nothing(small: None, tmp_path: Path) -> None:
    source = samples.posts_in(tmp_path)
    whole = content_digest(ingest(tmp_path / "one", source))
    home = tmp_path / "two"
    home.mkdir()
    job = plan(home, source)
    asked = [0]

    def stop() -> bool:
        asked[0] += 1
        return asked[0] % 19 == 0

    stages = []
    while not stages or stages[-1] != "done":
        stages.append(runner(home, job, stop=stop).run().stage)
        assert stages[-1] in ("paused", "done")
        assert (home / "c").exists() == (stages[-1] == "done")
    assert len(stages) > 2
    assert content_digest(Corpus.open(home / "c")) == whole


def test_a_second_import_brings_what_is_new_or_changed(tmp_path: Path) -> None:
    source = samples.posts_in(tmp_path, count=30)
    home = tmp_path / "h"
    corpus = ingest(home, source)
    before = content_digest(corpus)
    version = corpus.version
    again = runner(home, replan(home, source)).run()
    assert (again.posts, again.same) == (0, 30)
    corpus.refresh()
    assert corpus.version == version and content_digest(corpus) == before

    rows = [json.loads(line) for line in (source / "posts.jsonl").read_text().splitlines()]
    rows[3]["text"] = "something else entirely, about cats"
    rows.append({"id": "p-new", "text": "one more storm", "author": "user1"})
    samples.lines(source / "posts.jsonl", rows)
    samples.picture(source / "p0.png", seed=99)  # other pixels under the same name
    old = corpus.post("p-0").image
    told = check(open_tree(source), Options(), known=known(home / "c"))
    assert (told.new, told.changed, told.same) == (1, 2, 28)
    state = runner(home, replan(home, source)).run()
    assert (state.posts, state.same) == (3, 28)
    corpus = Corpus.open(home / "c")
    assert corpus.info().posts == 31 and corpus.post("p-3").text == rows[3]["text"]
    assert corpus.user("user1").posts == 6
    assert old and not (home / "c" / "media" / old).exists()
    # Had it all been imported at once, it would be the same.
    assert content_digest(corpus) == content_digest(ingest(tmp_path / "fresh", source))


def test_pseudonyms_hide_names_everywhere(tmp_path: Path) -> None:
    corpus = ingest(tmp_path / "h", samples.mastodon_in(tmp_path), pseudonymise=True)
    table = corpus.table().drop_columns(["added"])
    users = corpus._view.users
    said = json.dumps([table.to_pylist(), users.to_pylist()], default=str)
    reactions = corpus.side_table("reactions")
    assert reactions is not None
    said += json.dumps(reactions.to_pylist())
    for name in ("anna", "Anna", "bob", "social.example"):
        assert name not in said
    assert users["id"].to_pylist() == [Pseudonyms.of(tmp_path / "h").name("@Anna@social.example")]
    # Another key, other names: nobody can find them by hashing guesses.
    assert Pseudonyms.of(tmp_path / "other").name("anna") != Pseudonyms.of(tmp_path / "h").name(
        "anna"
    )
    assert (tmp_path / "h" / "keys" / "pseudonyms").stat().st_mode & 0o77 == 0


def test_a_corpus_is_moved_by_copying_its_directory(tmp_path: Path) -> None:
    corpus = ingest(tmp_path / "h", samples.posts_in(tmp_path))
    digest = content_digest(corpus)
    shutil.copytree(tmp_path / "h" / "c", tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "h")
    moved = Corpus.open(tmp_path / "elsewhere")
    assert content_digest(moved) == digest and moved.missing("toy-1") == []


def test_two_do_not_work_on_one_import(tmp_path: Path) -> None:
    home = tmp_path / "h"
    home.mkdir()
    job = plan(home, samples.posts_in(tmp_path))
    with job.exclusive(), pytest.raises(KindredError) as error:
        runner(home, job).run()
    assert error.value.code == "import_busy"
    assert not job.busy()


def test_damaged_media_are_told_of_by_row(tmp_path: Path) -> None:
    source = samples.posts_in(tmp_path, count=12, pictures=2)
    data = (source / "p1.png").read_bytes()
    (source / "p1.png").write_bytes(data[: len(data) // 2] + b"\xff" * 200)
    home = tmp_path / "h"
    home.mkdir()
    job = plan(home, source)
    state = runner(home, job).run()
    assert (state.stage, state.posts, state.lost) == ("done", 12, 0)
    (notice,) = json.loads((job.folder / "notices.json").read_text())
    assert notice[0] == 11 and "p1.png" in notice[2]
    assert Corpus.open(home / "c").post("p-10").image is None


# ---- kills and a full disk, in processes of their own -------------------------

NURSERY = """
import json, os, sys
import av, lancedb, soundfile, PIL.Image
from pathlib import Path
from backend.ingest import languages, runner
from tests.backend.ingest import test_runner
runner.SHARD_ITEMS, runner.CHUNK = 16, 4
languages.identify("what takes long is done once, before the forks")
for line in sys.stdin:
    home, source, limit = json.loads(line)
    pid = os.fork()
    if not pid:
        status = 1
        try:
            if limit:
                import resource, signal
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            status = test_runner.work(Path(home), Path(source))
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(status)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
FAILED = 3


def work(home: Path, source: Path) -> int:
    """Import; what the forked process does."""
    folder = home / "imports" / "job"
    job = ImportJob.open(folder) if (folder / "job.json").is_file() else plan(home, source)
    state = runner(home, job).run()
    if state.stage == "failed":
        (home / "said").unlink(missing_ok=True)
        print(state.error, file=sys.stderr)
        return FAILED
    return 0


Run = Callable[..., int]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Import in a forked process; kill it after some seconds; its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", NURSERY],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if os.environ.get("QUIET") else None,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert process.stdin is not None and process.stdout is not None
    given, said = process.stdin, process.stdout

    def one(home: Path, source: Path, *, kill_after: float | None = None, limit: int = 0) -> int:
        given.write(json.dumps([str(home), str(source), limit]) + "\n")
        given.flush()
        pid = int(said.readline())
        killer = threading.Timer(kill_after or 3600, os.kill, (pid, signal.SIGKILL))
        killer.start()
        code = int(said.readline())
        killer.cancel()
        return code

    yield one
    given.close()
    assert process.wait(timeout=PATIENCE) == 0


def test_kills_change_nothing(run: Run, tmp_path: Path) -> None:
    source = samples.posts_in(tmp_path, count=64)
    whole = tmp_path / "whole"
    lasts = []
    for home in (tmp_path / "warm", whole):
        home.mkdir()
        begin = time.monotonic()
        assert run(home, source) == 0
        lasts.append(time.monotonic() - begin)
    expected = content_digest(Corpus.open(whole / "c"))
    rng = random.Random(7)
    kills, homes = 0, 0
    while kills < KILLS:
        homes += 1
        home = tmp_path / f"home{homes}"
        home.mkdir()
        for _ in range(40):
            left = None if kills >= KILLS else rng.uniform(0.02, 0.9 * min(lasts))
            code = run(home, source, kill_after=left)
            if code == 0:
                break
            assert code == -signal.SIGKILL
            kills += 1
        assert content_digest(Corpus.open(home / "c")) == expected
        assert not list(home.glob(".c.importing*"))
    assert kills >= KILLS


@pytest.mark.parametrize("limit", [300, 1_500, 3_000, 5_000])
def test_files_that_cannot_grow_leave_the_corpus_as_it_was(
    run: Run, limit: int, tmp_path: Path
) -> None:
    """What a full disk does: no file gets larger than so many bytes."""
    home = tmp_path / "h"
    corpus = ingest(home, samples.posts_in(tmp_path, count=10))
    before, version = content_digest(corpus), corpus.version
    more = samples.posts_in(tmp_path / "more", count=60)
    job = replan(home, more)
    assert run(home, more, limit=limit) == FAILED
    corpus.refresh()
    assert corpus.version == version and content_digest(Corpus.open(home / "c")) == before
    assert "full" in job.state().error or limit < 2_000  # it could not even write that down
    assert run(home, more) == 0
    assert Corpus.open(home / "c").info().posts == 60


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a file system of so many kilobytes, where that is allowed."""
    mounted = []

    def mount(kilobytes: int) -> Path:
        place = tmp_path / f"disk{kilobytes}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("file systems cannot be mounted here")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("spare", [4, 60, 150, 260, 330])
def test_a_full_disk_is_said_and_harms_nothing(
    tiny_disk: Callable[[int], Path], run: Run, spare: int, tmp_path: Path
) -> None:
    home = tiny_disk(6_000) / "h"
    corpus = ingest(home, samples.posts_in(tmp_path, count=10))
    before = content_digest(corpus)
    more = samples.posts_in(tmp_path / "more", count=60)
    job = replan(home, more)
    free = os.statvfs(home).f_bavail * os.statvfs(home).f_frsize
    filler = home.parent / "filler"
    filler.write_bytes(b"\0" * (free - spare * 1024))
    assert run(home, more) == FAILED
    assert content_digest(Corpus.open(home / "c")) == before
    filler.unlink()
    state = job.state()
    assert "full" in state.error or state.stage in ("waiting", "paused")  # no room even for that
    assert run(home, more) == 0
    assert Corpus.open(home / "c").info().posts == 60
