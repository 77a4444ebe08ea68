"""The wheel: what is in it, and what it says without the data that is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import backend

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: building leaves files in the tree."""
    source = tmp_path_factory.mktemp("source")
    for name in ("backend", "app", "kindred"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    target = tmp_path_factory.mktemp("wheel")
    # setuptools of this environment: nothing is fetched.
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(target), str(source)]
    subprocess.run(command, check=True)
    (path,) = target.iterdir()
    return path


def test_it_holds_the_code_and_what_the_code_reads(wheel: Path) -> None:
    assert wheel.name == f"kindred-{backend.__version__}-py3-none-any.whl"
    names = set(ZipFile(wheel).namelist())
    for package in ("backend", "app", "kindred"):
        there = (p for p in (ROOT / package).rglob("*") if p.is_file())
        missing = {str(p.relative_to(ROOT)) for p in there if "__pycache__" not in p.parts} - names
        assert not missing
    assert not [name for name in names if name.startswith(("assets", "tests", "bench"))]
    assert wheel.stat().st_size < 2 * 2**20


def test_its_metadata(wheel: Path) -> None:
    with ZipFile(wheel) as file:
        (info,) = [name for name in file.namelist() if name.endswith("/METADATA")]
        metadata = file.read(info).decode()
        scripts = file.read(info.replace("METADATA", "entry_points.txt")).decode()
    pins = [x for x in (ROOT / "requirements.txt").read_text().splitlines() if x[:1].isalpha()]
    assert [f"Requires-Dist: {pin}" for pin in pins] == [
        line for line in metadata.splitlines() if line.startswith("Requires-Dist")
    ]
    assert "kindred = backend.cli:main" in scripts


def test_without_assets_it_says_what_to_do(wheel: Path, tmp_path: Path) -> None:
    ZipFile(wheel).extractall(tmp_path)
    command = [sys.executable, "-m", "backend", "search", "--text", "dog", "--home", "home"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KINDRED_")}
    environment["PYTHONPATH"] = str(tmp_path)
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "pip install -e ." in done.stderr and "KINDRED_ASSETS" in done.stderr
    code = "import backend; print(backend.open_workspace('home').overview().counts['posts'])"
    environment["KINDRED_ASSETS"] = str(ROOT / "assets")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout == "4511\n", done.stderr


def test_help_names_the_program_that_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    from backend.cli import parser

    monkeypatch.setattr(sys, "argv", ["/usr/bin/kindred"])
    assert parser().prog == "kindred"
    monkeypatch.setattr(sys, "argv", ["/somewhere/backend/__main__.py"])
    assert parser().prog == "python -m backend"
