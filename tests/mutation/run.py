"""Plant each fault of `faults.toml` in a copy of the code and see whether its tests notice.

``python tests/mutation/run.py`` prints the survivors and fails with more than two of them;
``--only WORDS`` plants those whose file or name contains the words. A fault whose text is no
longer in the code, or is there twice, ends the run before it begins.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DATA = tomllib.loads(Path(__file__).with_name("faults.toml").read_text("utf-8"))
TESTS: dict[str, list[str]] = DATA["tests"]

ALLOWED = 2  # survivors
PATIENCE = 300  # seconds of a core for the tests of one fault, or for all of them without one
FAILED = 1  # pytest's status when tests ran and some failed
# Imported once, before each fault gets a process of its own: they take longer than the tests.
WARM = (
    "torch",
    "torch._dynamo",
    "sklearn.linear_model",
    "sklearn.metrics",
    "scipy.special",
    "pyarrow.parquet",
    "hypothesis",
    "pytest",
    "tests.conftest",
)


class Fault(NamedTuple):
    """A text of a file of `backend/`, and what replaces it."""

    name: str
    file: str
    old: str
    new: str


FAULTS = [Fault(**entry) for entry in DATA["fault"]]


def unplantable(faults: Sequence[Fault], root: Path = ROOT) -> list[str]:
    """Say which faults do not fit the code."""
    problems = []
    for fault in faults:
        path = root / "backend" / fault.file
        found = path.read_text("utf-8").count(fault.old) if path.is_file() else 0
        if found != 1:
            problems.append(f"{fault.name}: its text is {found} times in backend/{fault.file}")
        problems += [
            f"{fault.name}: there is no tests/backend/{test}"
            for test in TESTS.get(fault.file, ["... for its file"])
            if not (root / "tests" / "backend" / test).is_file()
        ]
    return problems


def copy_code(folder: Path) -> None:
    """Copy what the tests run on; compiled modules are valid by content, not by time."""
    for name in ("backend", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    (folder / "assets").symlink_to(ROOT / "assets")
    compile_all = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash"]
    subprocess.run([*compile_all, "backend"], cwd=folder, check=True)


def judge(code: Path, fault: Fault | None, tests: Sequence[str]) -> tuple[int, str]:
    """Run tests on a copy of the code, with a fault, until the first fails.

    Runs in a process of its own. Returns pytest's status and the end of its output.
    """
    import pytest

    def give_up(*_: object) -> None:
        raise TimeoutError(f"not done after {PATIENCE} s of a core")

    # Not by the clock: on a busy machine tests that would pass would count as failed.
    signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    with tempfile.TemporaryDirectory(prefix="kindred-fault-") as name:
        folder = shutil.copytree(code, Path(name) / "code", symlinks=True)
        if fault is not None:
            path = folder / "backend" / fault.file
            path.write_text(path.read_text("utf-8").replace(fault.old, fault.new), "utf-8")
        os.chdir(folder)
        os.environ["KINDRED_HOME"] = str(Path(name) / "home")
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(folder))
        wanted = [f"tests/backend/{test}" for test in tests]
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *wanted])
        os.chdir(ROOT)
    return int(status), output.getvalue()[-3000:]


def run(faults: Sequence[Fault], jobs: int) -> int:
    """Plant faults, `jobs` at a time, and return the exit status."""
    if problems := unplantable(faults):
        print("These faults do not fit the code; mend tests/mutation/faults.toml:")
        print(*problems, sep="\n")
        return 2
    os.environ["OMP_NUM_THREADS"] = "1"
    _import_what_lasts()
    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory(prefix="kindred-faults-") as name:
        code = Path(name)
        copy_code(code)
        with fork.Pool(jobs, maxtasksperchild=1) as pool:
            every = sorted({test for fault in faults for test in TESTS[fault.file]})
            status, output = pool.apply(judge, (code, None, every))
            if status:
                print(f"The tests fail without any fault:\n{output}")
                return 2
            verdicts = pool.imap(partial(_judge_planted, code), faults)
            survivors, broken = [], 0
            for fault, (status, output) in zip(faults, verdicts, strict=True):
                word = {0: "SURVIVES", FAILED: "found"}.get(status, "DID NOT RUN")
                print(f"{word:12} backend/{fault.file}: {fault.name}", flush=True)
                if status == 0:
                    survivors.append(fault)
                elif status != FAILED:
                    broken += 1
                    print(output)
    print(f"{len(faults)} faults: {len(survivors)} survive, {broken} did not run.")
    for fault in survivors:
        print(f"Survivor: {fault.name}, in backend/{fault.file}")
    return int(len(survivors) > ALLOWED or bool(broken))


def _import_what_lasts() -> None:
    """Import what the tests do, but forget the code itself: a fault may be in it."""
    sys.path.insert(0, str(ROOT))
    for module in WARM:
        importlib.import_module(module)
    for module in list(sys.modules):
        if module.split(".")[0] in ("backend", "tests"):
            del sys.modules[module]
    sys.path.remove(str(ROOT))


def _judge_planted(code: Path, fault: Fault) -> tuple[int, str]:
    return judge(code, fault, TESTS[fault.file])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="words in the file or name of a fault")
    parser.add_argument("--jobs", type=int, default=2, help="faults that are planted at once")
    options = parser.parse_args()
    chosen = [fault for fault in FAULTS if options.only in f"{fault.file}: {fault.name}"]
    return run(chosen, options.jobs)


if __name__ == "__main__":
    sys.exit(main())
