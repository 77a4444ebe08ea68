"""The rules of the house: arrows point down, files stay small, torch stays out."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.mutation.run import FAULTS, unplantable

ROOT = Path(__file__).resolve().parent.parent
BACKEND = ROOT / "backend"

# Lower layers first. A module may import its own package and packages of lower layers only.
LAYERS = [
    {"domain", "settings"},
    {"core", "text"},
    {"media"},
    {"corpus", "metrics"},
    {"encoders", "recognition", "search"},
    {"families", "maps", "reactions", "trends"},
    {"selections", "training"},
    {"joint_space"},
    {"bundles", "labelling", "word_spaces"},
    {"affect"},
    {"ingest"},
    {"classifiers"},
    {"evaluation", "error_analysis"},
    {"workspace"},
    {"cli", "api"},
    {"__main__", "__init__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# What pages may name: the application layer, and the types that it answers with.
PAGES_MAY_IMPORT = {"domain", "settings", "workspace", "core", "__init__"}
PAGES_MAY_IMPORT |= {"classifiers", "error_analysis", "families", "ingest", "labelling", "maps"}
PAGES_MAY_IMPORT |= {"media", "metrics", "reactions", "search", "selections", "text", "trends"}
PAGES_MAY_IMPORT |= {"word_spaces"}


def sources(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def part(module: str) -> str:
    """``backend.search.query`` -> ``search``."""
    return [*module.split("."), "__init__"][1]


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """The syntax tree of a file, parsed once."""
    return tuple(ast.walk(ast.parse(path.read_text())))


def imports(path: Path) -> set[str]:
    """Absolute names of all modules that a file imports, lazily or not."""
    package = list(path.relative_to(ROOT).with_suffix("").parts)
    if package[-1] == "__init__":
        package = [*package[:-1], "_"]
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            found |= {name} if node.module else {f"{name}.{alias.name}" for alias in node.names}
            found |= {f"{name}.{a.name}" for a in node.names if name == "backend"}
    return found


def modules(path: Path) -> set[str]:
    """Names of all modules that a file imports; a name imported from a package may be one."""
    found = set(imports(path))
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            own = [name for name in parts if is_module(name)]
            found |= set(own)
            if len(own) == len(parts):
                found.discard(node.module)
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("path", sources(BACKEND), ids=lambda p: str(p.relative_to(ROOT)))
def test_arrows_point_down(path: Path) -> None:
    here = part(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert here in LEVEL, f"{here} has no place in the house"
    for module in imports(path):
        assert not module.startswith(("app", "streamlit")), f"{path} imports {module}"
        if not module.startswith("backend."):
            continue
        there = part(module)
        assert there == here or LEVEL[there] < LEVEL[here], f"{here} must not import {there}"


@pytest.mark.parametrize("path", sources(ROOT / "app"), ids=lambda p: str(p.relative_to(ROOT)))
def test_pages_speak_to_the_facade(path: Path) -> None:
    allowed = PAGES_MAY_IMPORT | ({"api"} if path.name == "api_mount.py" else set())
    for module in imports(path):
        assert not module.startswith(("torch", "faiss", "lancedb", "lance")), f"{path}: {module}"
        if module.startswith("backend."):
            assert part(module) in allowed, f"{path} imports {module}"


@pytest.mark.parametrize("path", sources(ROOT / "kindred"), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_python_interface_lies_on_top(path: Path) -> None:
    for module in imports(path):
        assert not module.startswith(("app", "streamlit", "torch", "faiss", "lance")), module


def test_nothing_below_needs_the_python_interface() -> None:
    for path in sources(BACKEND) + sources(ROOT / "app"):
        assert not {m for m in imports(path) if m.split(".")[0] == "kindred"}, path


def test_no_circle_of_files() -> None:
    """Lazy imports count, too: a circle is a circle whenever it is walked."""
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sources(BACKEND) + sources(ROOT / "app") + sources(ROOT / "kindred")
    }
    graph = {module: modules(path) & files.keys() - {module} for module, path in files.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def test_few_files_lie_loose() -> None:
    loose = [path.name for path in BACKEND.glob("*.py")]
    assert len(loose) <= 6, loose


@pytest.mark.parametrize("folder", ["app", "backend", "kindred", "assets/build", "bench", "tests"])
def test_files_stay_small(folder: str) -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in sources(ROOT / folder)
        if (n := len(p.read_text().splitlines())) > 400
    }
    assert not long, f"over 400 lines: {long}"


@pytest.mark.parametrize("folder", ["app", "backend", "kindred", "assets/build", "bench", "tests"])
def test_functions_stay_short(folder: str) -> None:
    """Docstrings are not counted: what a function does should not be told in fewer words."""
    long = {
        f"{path.relative_to(ROOT)}: {node.name}": n
        for path in sources(ROOT / folder)
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (n := code_lines(node)) > 60
    }
    assert not long, f"over 60 lines: {long}"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    lines = (function.end_lineno or 0) - function.lineno + 1
    return lines - ((first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0)


def test_every_planted_fault_fits_the_code() -> None:
    assert len(FAULTS) > 100 and unplantable(FAULTS) == []


def test_importing_backend_leaves_torch_out() -> None:
    code = "import sys, backend; backend.open_workspace; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_nothing_is_unpickled() -> None:
    for path in sources(BACKEND) + sources(ROOT / "app") + sources(ROOT / "kindred"):
        for node in nodes(path):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {a.name for a in node.names} | {getattr(node, "module", None)}
                assert not names & {"pickle", "dill", "cloudpickle", "joblib"}, path
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("torch.load"):
                keywords = {k.arg: ast.unparse(k.value) for k in node.keywords}
                assert keywords.get("weights_only") == "True", path
