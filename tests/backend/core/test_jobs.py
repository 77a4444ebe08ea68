"""Jobs on disk: kills, locks, stale states, and stopping across processes."""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from filelock import FileLock

from backend.core import job_runners
from backend.core.job_runners import JobStore, ProcessRunner, ThreadRunner, start_process
from backend.core.jobs import Job, JobState, failure_message, job_id
from backend.domain import KindredError
from tests.waiting import PATIENCE, until


@dataclass(frozen=True, slots=True)
class CountState(JobState):
    ACTIVE: ClassVar = ("counting",)
    done: int = 0


@dataclass(frozen=True, slots=True)
class CountJob(Job[CountState]):
    BUSY: ClassVar = "count_busy"
    MISSING: ClassVar = "no_count"
    folder: Path
    up_to: int = 3
    created: str = "2026-01-01"

    def initial(self) -> CountState:
        return CountState()

    def record(self) -> dict[str, Any]:
        return {"up_to": self.up_to, "created": self.created}


class Counts(JobStore[CountJob, CountState]):
    _runner: ThreadRunner

    def __init__(self, folder: Path) -> None:
        super().__init__(CountJob, folder, ThreadRunner())
        self.go = threading.Event()

    def start(self, job: CountJob) -> None:
        def work(stop: threading.Event) -> None:
            with job.exclusive():
                self.go.wait(PATIENCE)
                stage = "paused" if stop.is_set() else "done"
                job.report(CountState(stage, done=job.up_to))

        self._runner.start(job, replace(job.state(), stage="counting"), work)


# Holds a job until somebody asks it to stop; ignores SIGTERM where a third argument says so.
HOLD = """
import signal, sys, time
from pathlib import Path
from backend.core.job_runners import exit_with_parent
from tests.backend.core.test_jobs import CountJob, CountState
if sys.argv[2:]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
job = CountJob(Path(sys.argv[1]))
exit_with_parent(job)
with job.exclusive():
    job.report(CountState("counting", done=1))
    time.sleep(3_600)
"""


@pytest.fixture
def job(tmp_path: Path) -> CountJob:
    job = CountJob(tmp_path / job_id("count"))
    job.save()
    return job


@pytest.fixture
def hold(
    job: CountJob, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a process that works on the job, and wait until it does."""
    started = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", HOLD, str(job.folder), *options])
        started.append(process)
        until(lambda: job.reported().stage == "counting")
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def code(act: Callable[[], object]) -> str:
    with pytest.raises(KindredError) as error:
        act()
    return error.value.code


def message(act: Callable[[], object]) -> str:
    with pytest.raises(KindredError) as error:
        act()
    return error.value.message


def test_equal_requests_have_equal_ids() -> None:
    assert job_id("a") == job_id("a") != job_id("b")
    assert len(job_id("a")) == 16


def test_it_is_opened_as_it_was_saved(job: CountJob) -> None:
    assert CountJob.open(job.folder) == job
    assert job.state() == CountState()
    for text in ("{", '{"up_to": "many"}', "[]", "null", "[" * 99_999, '"\xff'):
        (job.folder / "job.json").write_text(text, "latin-1")
        assert code(lambda: CountJob.open(job.folder)) == "no_count"
    job.delete()
    assert not job.folder.exists()
    assert code(lambda: CountJob.open(job.folder)) == "no_count"


def test_a_state_that_nobody_works_on_is_interrupted(job: CountJob) -> None:
    job.report(CountState("counting", done=2))
    assert job.reported().stage == "counting"
    assert job.state() == CountState("paused", done=2)
    with job.exclusive():
        assert job.busy() and job.state() == CountState("counting", done=2)
    assert not job.busy()
    job.report(CountState("done", done=3))
    assert job.state() == CountState("done", done=3)


def test_a_damaged_state_counts_as_none(job: CountJob) -> None:
    for text in ("{", '{"stage": 3}', '{"done": [1]}', "[]", "[" * 99_999, "\0"):
        (job.folder / "state.json").write_text(text)
        assert job.state() == CountState()


def test_only_one_works_on_a_job(
    job: CountJob, hold: Callable[..., subprocess.Popen[bytes]]
) -> None:
    process = hold()
    assert job.busy() and job.state().stage == "counting"
    assert code(lambda: job.exclusive().__enter__()) == "count_busy"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not job.busy() and job.state() == CountState("paused", done=1)
    with job.exclusive():
        pass


def test_asking_whether_it_is_busy_does_not_make_it_busy(
    job: CountJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = FileLock(job.folder / ".lock", is_singleton=False)
    lock.acquire()
    assert job.busy()
    # Only the lock's own clock: other threads sleep as ever.
    clock = SimpleNamespace(**vars(time) | {"sleep": lambda seconds: lock.release()})
    monkeypatch.setattr("filelock._api.time", clock)
    assert not job.busy()


def test_a_process_elsewhere_is_asked_to_stop(
    job: CountJob, hold: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = hold()
    ProcessRunner(tmp_path, PATIENCE).stop(job)
    assert not job.busy() and not job.stop_requested()
    assert job.state().stage == "paused" and process.wait(PATIENCE) == 1
    ProcessRunner(tmp_path, PATIENCE).stop(job)  # there is none any more


def test_a_process_elsewhere_that_does_not_stop_is_named(job: CountJob, tmp_path: Path) -> None:
    with job.exclusive():
        assert code(lambda: ProcessRunner(tmp_path, 0.1).stop(job)) == "count_busy"
    assert not job.stop_requested()


@pytest.mark.parametrize("options", [(), ("deaf",)])
def test_a_process_of_ours_is_terminated_or_killed(
    job: CountJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    def started(module: str, arguments: list[str], **_: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", HOLD, *arguments])

    monkeypatch.setattr(job_runners, "start_process", started)
    runner = ProcessRunner(tmp_path, 1.0 if options else PATIENCE)
    job.request_stop()  # of a pause long ago
    runner.start(job, CountState("counting"), [str(job.folder), *options])
    assert not job.stop_requested() and runner.alive(job)
    assert runner.state(job).stage == "counting"  # though it is only starting up
    runner.start(job, CountState("counting"), ["never"])
    until(lambda: job.reported().done == 1)
    assert runner.terminate(job) and not runner.terminate(job)
    assert runner.processes[job.id].returncode == -(signal.SIGKILL if options else signal.SIGTERM)
    assert not runner.running(job) and runner.state(job) == CountState("paused", done=1)


FINISH = """
import sys, time
from pathlib import Path
from tests.backend.core.test_jobs import CountJob, CountState
job, end = CountJob(Path(sys.argv[1])), Path(sys.argv[2])
with job.exclusive():
    job.report(CountState("done", done=3))
while not end.exists():
    time.sleep(0.02)
"""


def test_a_start_waits_for_the_process_of_a_finished_job(
    job: CountJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = tmp_path / "end"

    class Process(subprocess.Popen[bytes]):
        """Ends once somebody waits for it."""

        def wait(self, timeout: float | None = None) -> int:
            end.touch()
            return super().wait(timeout)

    def started(module: str, arguments: list[str], **_: object) -> subprocess.Popen[bytes]:
        return Process([sys.executable, "-c", FINISH, *arguments])

    monkeypatch.setattr(job_runners, "start_process", started)
    runner = ProcessRunner(tmp_path, PATIENCE)
    runner.start(job, CountState("counting"), [str(job.folder), str(end)])
    first = runner.processes[job.id]
    until(lambda: job.reported().stage == "done")
    until(lambda: not job.busy())
    assert runner.alive(job)  # the job is over, its process is not
    runner.start(job, CountState("counting"), [str(job.folder), str(end)])
    assert first.returncode == 0 and runner.processes[job.id] is not first
    assert runner.processes[job.id].wait() == 0


def test_an_orphan_ends_at_once(job: CountJob) -> None:
    parent = subprocess.Popen([sys.executable, "-c", ""])
    parent.wait()
    environment = {**os.environ, job_runners.PARENT: str(parent.pid)}
    orphan = subprocess.run(
        [sys.executable, "-c", HOLD, str(job.folder)],
        env=environment,
        timeout=PATIENCE,
        check=False,
    )
    assert orphan.returncode == 1
    assert job.reported() == CountState()  # it has not begun


def test_a_process_knows_who_started_it() -> None:
    asked = f"import os; assert os.environ['{job_runners.PARENT}'] == str(os.getppid())"
    assert start_process("timeit", ["-n1", "-r1", asked]).wait(PATIENCE) == 0


def test_a_process_gets_the_workspace_and_writes_a_log(job: CountJob, tmp_path: Path) -> None:
    runner = ProcessRunner(tmp_path, PATIENCE)
    runner.start(job, CountState("counting"), ["--help"])
    assert runner.processes[job.id].wait(PATIENCE) == 0
    assert "python -m backend" in (job.folder / job_runners.LOG).read_text()
    process = start_process("json.tool", ["--help"])
    assert process.wait(PATIENCE) == 0


def test_threads_are_started_once_stopped_and_resumed(tmp_path: Path) -> None:
    counts = Counts(tmp_path)
    job = CountJob(tmp_path / job_id("one"), created="2026-01-02")
    job.save()
    CountJob(tmp_path / job_id("two")).save()
    (tmp_path / job_id("damaged")).mkdir()
    (tmp_path / "upload-1").mkdir()
    counts.start(job)
    counts.start(job)
    assert [state.stage for _, state in counts.jobs()] == ["counting", "waiting"]
    with pytest.raises(KindredError) as error:
        counts._runner.stop(job, 0.1)
    assert error.value.code == "count_busy" and "still stopping" in error.value.message
    assert counts._runner.alive(job)  # it is not forgotten: asked again, the answer is the same
    assert "still stopping" in message(lambda: counts._runner.stop(job, 0.1))
    counts.go.set()
    counts._runner.stop(job, PATIENCE)
    assert counts.state(job).stage == "paused" and not job.busy()
    counts.resume(job.id)
    until(lambda: counts.state(job) == CountState("done", done=3))
    for id_ in ("../../etc", "x" * 16, job_id("damaged")):
        assert code(lambda id_=id_: counts.resume(id_)) == "no_count"  # type: ignore[misc]


def test_a_pause_right_after_the_start_is_not_lost(job: CountJob) -> None:
    runner, go, seen = ThreadRunner(), threading.Event(), list[bool]()

    def work(stop: threading.Event) -> None:
        go.wait(PATIENCE)
        seen.append(stop.is_set())

    runner.request_stop(job.id)  # of a job that does not run: nothing to stop
    for pause in (True, False):
        go.clear()
        runner.start(job, CountState("counting"), work)
        if pause:
            runner.request_stop(job.id)
        go.set()
        until(lambda: not runner.alive(job))
    assert seen == [True, False]  # a pause holds for one run


def test_a_job_that_another_process_has_taken_keeps_that_ones_state(
    job: CountJob, tmp_path: Path
) -> None:
    theirs, entered, go = CountState("counting", done=2), threading.Event(), threading.Event()

    def work(stop: threading.Event) -> None:
        entered.set()
        go.wait(PATIENCE)
        raise OSError("no space left")

    runner = ThreadRunner()
    runner.start(job, CountState("counting"), work)
    entered.wait(PATIENCE)
    with job.exclusive():  # the other process
        job.report(theirs)
        go.set()
        until(lambda: not runner.alive(job))
        assert job.reported() == theirs
        job.request_stop()  # by somebody who wants that one to end
        ThreadRunner().start(job, CountState(), work)
        ProcessRunner(tmp_path, 1.0).start(job, CountState(), ["--help"])
        assert job.reported() == theirs and job.stop_requested()


def test_a_job_taken_at_the_moment_of_its_start_is_left_alone(
    job: CountJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = CountState("counting", done=2)
    monkeypatch.setattr(CountJob, "busy", lambda self: False)  # it was free when asked
    with job.exclusive():
        job.report(theirs)
        for runner, work in (
            (ThreadRunner(), lambda stop: job.report(CountState("done"))),
            (ProcessRunner(tmp_path, 1.0), ["--help"]),
        ):
            runner.start(job, CountState(), work)  # type: ignore[attr-defined]
            assert not runner.alive(job) and job.reported() == theirs


def test_what_a_thread_raises_is_reported(job: CountJob, caplog: pytest.LogCaptureFixture) -> None:
    def fail(error: Exception) -> CountState:
        def work(stop: threading.Event) -> None:
            raise error

        runner = ThreadRunner()
        runner.start(job, CountState("counting"), work)
        until(lambda: job.reported().stage == "failed")
        return job.state()

    assert fail(KindredError("full", "The disk is full.")).error == "The disk is full."
    job.report(CountState())
    state = fail(ValueError("secret"))
    assert "secret" not in state.error and "Resume" in state.error
    assert asdict(state)["stage"] == "failed"


def test_what_the_file_system_refused_is_told_with_what_to_do() -> None:
    told = failure_message(PermissionError(errno.EACCES, "no", "/where/it/lies"), "map 1")
    assert told.startswith("Nothing was stored: ") and "/where/it/lies. Change its" in told


def test_an_unexpected_failure_is_logged_under_a_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        try:
            raise ValueError("secret")
        except ValueError as error:
            message = failure_message(error, "map 1")
    memory = failure_message(MemoryError(), "map 1", resume=True)
    assert "memory" in memory and "resume" in memory and "error ID" not in memory
    number = message.split("(error ID ")[1].split(")")[0]
    assert number in caplog.text and "secret" not in message and "Resume" not in message
