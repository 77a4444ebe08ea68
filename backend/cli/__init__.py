"""The command line: a thin shell over the workspace, one module a command.

Exit codes: 0 done, 1 failed, 2 used wrongly. Progress goes to stderr, results
to stdout or to the file named with ``-o``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import backend
from backend.cli import (
    analyse,
    bench,
    embed,
    evaluate,
    export,
    fit,
    index,
    ingest,
    map,
    models,
    read,
    reindex,
    search,
    serve,
    train,
    words,
)
from backend.core.files import as_kindred_error
from backend.domain import KindredError
from backend.settings import SUMMARY

# Each has NAME, SUMMARY, options(parser) and run(workspace, args) -> exit code.
COMMANDS = (
    analyse,
    embed,
    search,
    words,
    ingest,
    read,
    reindex,
    index,
    map,
    export,
    evaluate,
    train,
    fit,
    models,
    serve,
    bench,
)

RESUMABLE = (analyse.NAME, embed.NAME, ingest.NAME, train.NAME)  # continue from what they wrote


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(
        prog="kindred" if Path(sys.argv[0]).stem == "kindred" else "python -m backend",
        description=SUMMARY,
    )
    top.add_argument("--version", action="version", version=f"kindred {backend.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        sub = commands.add_parser(command.NAME, help=command.SUMMARY, description=command.SUMMARY)
        sub.add_argument("--home", type=Path, help="workspace directory (default: KINDRED_HOME)")
        sub.add_argument("--json", action="store_true", help="print JSON")
        sub.add_argument("--quiet", action="store_true", help="no progress on stderr")
        sub.set_defaults(run=command.run)
        command.options(sub)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        ``sys.argv[1:]`` when not given.

    Returns
    -------
    int
        The exit code.
    """
    args = parser().parse_args(arguments)
    from backend.core.assets import check_assets
    from backend.core.process_tuning import tune_process
    from backend.corpus.remote import is_remote
    from backend.workspace.workspace import Workspace

    tune_process()
    try:
        check_assets()
        workspace = Workspace(args.home)
        named = [getattr(args, option, None) for option in ("corpus", "digest")]
        workspace.remote += [name for name in named if name and is_remote(name)]
        return int(args.run(workspace, args))
    except KindredError as error:
        return _print_error(error, as_json=args.json)
    except BrokenPipeError:
        return 1
    except OSError as error:
        if refused := as_kindred_error(error):
            return _print_error(refused, as_json=args.json)
        raise
    except KeyboardInterrupt:
        resumable = args.command in RESUMABLE and getattr(args, "output", "") is not None
        advice = "; run it again to resume" if resumable else ""
        print(f"kindred: interrupted{advice}", file=sys.stderr)
        return 1


def _print_error(error: KindredError, *, as_json: bool) -> int:
    """Print an error; return the exit code."""
    if as_json:
        print(json.dumps({"error": {"code": error.code, "message": error.message}}))
    print(f"kindred: {error.message}", file=sys.stderr)
    return 2 if error.code == "query" else 1
