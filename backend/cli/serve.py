"""``serve``: serve the encoders of the active bundle to apps on other machines."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from backend.cli.shell import positive
from backend.domain import KindredError
from backend.settings import settings

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "serve"
SUMMARY = "Serve the encoders, for apps with KINDRED_ENCODER_SERVER=http://HOST:PORT."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="0.0.0.0 opens it to other machines and needs KINDRED_API_KEY (default: 127.0.0.1)",
    )
    parser.add_argument("--port", type=positive, default=8600, help="port (default: 8600)")
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="one process, or replicas on a Ray cluster (see docs/scaling.md)",
    )
    parser.add_argument("--address", default="", help="Ray cluster HOST:6379 (default: start one)")
    parser.add_argument(
        "--replicas",
        type=positive,
        default=1,
        help="replicas of each encoder, with Ray (default: 1)",
    )


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.core.idle_memory import give_back_when_idle
    from backend.core.ray_cluster import Ray, require_ray
    from backend.encoders import server

    if settings().encoder_server:
        raise KindredError(
            "backend",
            "KINDRED_ENCODER_SERVER sends encoding to another server; "
            "unset it to serve encoders here.",
        )
    server.require_key(args.host)
    names = workspace.bundle.encoders
    if not args.quiet:
        served = ", ".join(f"{modality} by {name}" for modality, name in names.items())
        print(f"kindred: {served} at http://{args.host}:{args.port}", file=sys.stderr)
    if args.engine == "local":
        give_back_when_idle()
        server.serve_here(names, args.host, args.port)
        return 0
    require_ray()
    server.serve_with_ray(names, args.host, args.port, Ray(args.address), replicas=args.replicas)
    return 0
