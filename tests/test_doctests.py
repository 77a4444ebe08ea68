"""The examples in docstrings are right."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# The other modules are not imported for this: many of them load torch.
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("app", "backend", "kindred")
    for path in (ROOT / package).rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name))
    assert tried and not failed


def test_no_example_is_skipped() -> None:
    found = [p for d in ("app", "backend", "kindred") for p in (ROOT / d).rglob("*.py")]
    assert not [str(p) for p in found if "doctest: +SKIP" in p.read_text("utf-8")]
