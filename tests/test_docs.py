"""The documents name what is there: functions, files, commands, tables."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from backend.cli import COMMANDS
from bench.__main__ import TABLES

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def defines(name: str) -> bool:
    """Whether a dotted name is a module, or what a module or one of its classes defines."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:length])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.is_file():
            return _has(ast.parse(file.read_text("utf-8")).body, parts[length:])
    return False


def _has(body: list[ast.stmt], names: list[str]) -> bool:
    if not names:
        return True
    for node in body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        own = {getattr(node, "name", None), *(getattr(target, "id", None) for target in targets)}
        if names[0] in own:
            return _has(getattr(node, "body", []), names[1:])
    return False


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_names_of_code(path: Path) -> None:
    found = re.findall(r"`((?:backend|app|bench)(?:\.\w+)+)", path.read_text("utf-8"))
    assert not [name for name in found if not name.endswith(".py") and not defines(name)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_and_links(path: Path) -> None:
    text = path.read_text("utf-8")
    links = [t for t in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in t]
    assert not [target for target in links if not (path.parent / target).exists()]
    named = re.findall(r"`((?:app|backend|bench|docs|tests|assets)/[\w./-]+)`", text)
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_tables(path: Path) -> None:
    text = path.read_text("utf-8")
    commands = set(re.findall(r"python -m backend (\w+)", text))
    assert commands <= {command.NAME for command in COMMANDS}
    tables = set(re.findall(r"python -m bench (\w+)", text)) - {"NAME", "together"}
    assert tables <= set(TABLES)
    assert path.name == "CHANGELOG.md" or "bench together" not in text


def test_the_picture_of_the_packages() -> None:
    """Every arrow is an import, and every import follows arrows."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    picture = text.split("```mermaid")[1].split("```")[0]
    arrows: dict[str, set[str]] = {}
    for line in picture.splitlines():
        if "-->" in line:
            start, ends = re.sub(r'\[".*?"\]', "", line).split("-->")
            arrows.setdefault(start.strip(), set()).update(e.strip() for e in ends.split("&"))
    imports: dict[str, set[str]] = {}
    for path in [*(ROOT / "app").rglob("*.py"), *(ROOT / "backend").glob("*/**/*.py")]:
        package = "app" if path.is_relative_to(ROOT / "app") else path.relative_to(ROOT).parts[1]
        found = re.findall(r"^\s*from backend\.(\w+)", path.read_text("utf-8"), re.MULTILINE)
        found += re.findall(r"^\s*from backend import (\w+)", path.read_text("utf-8"), re.MULTILINE)
        imports.setdefault(package, set()).update(set(found) - {package, "__version__"})
    assert {(a, b) for a in arrows for b in arrows[a] - imports[a]} == set()
    for package, used in imports.items():
        reached, new = set[str](), {package}
        while new:
            reached |= new
            new = {end for start in new for end in arrows.get(start, ())} - reached
        assert used <= reached, f"{package} imports {used - reached}"


def test_settings_of_the_readme() -> None:
    settings = (ROOT / "backend" / "settings.py").read_text("utf-8").lower()
    names = re.findall(r"KINDRED_([A-Z_]+)", (ROOT / "README.md").read_text("utf-8"))
    assert not [name for name in names if name.lower() not in settings]
