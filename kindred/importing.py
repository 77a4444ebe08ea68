"""Run an import from Python."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from backend.core.progress import Progress
from backend.domain import KindredError
from backend.ingest import ImportState, Options, Report
from backend.workspace.workspace import Workspace


def read_source(
    workspace: Workspace,
    source: Path,
    name: str,
    columns: dict[str, str],
    options: dict[str, Any],
    progress: Progress | None,
) -> Report:
    """Check a source and import it; return what the check found.

    Raises
    ------
    KindredError
        ``empty`` where no row gives a post, with the first reason; whatever the import raises.
    """
    known = [field.name for field in fields(Options)]
    if wrong := [option for option in options if option not in known]:
        message = f"There is no option {wrong[0]!r}; there are {', '.join(known)}."
        raise KindredError("no_option", message)
    imports = workspace.imports
    chosen = Options(**options)
    if columns:
        mapping = {f: (c,) if isinstance(c, str) else tuple(c) for f, c in columns.items()}
        chosen = imports.with_mapping(source, chosen, mapping)
    report = imports.check(source, name, chosen)
    if not report.usable:
        why = f" {report.notices[0].message}" if report.notices else ""
        raise KindredError("empty", f"{source.name} has no row that gives a post.{why}")
    job = imports.plan(source, name, report, chosen)

    def tell(state: ImportState) -> None:
        if progress is not None and state.stage == "encoding":
            progress(state.done, state.total)

    state = imports.run(job, report=tell)
    if state.stage == "failed":
        raise KindredError("import_failed", state.error)
    return report
