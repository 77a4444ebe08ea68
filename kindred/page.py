"""Start the app and open its pages."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from backend.domain import KindredError
from backend.settings import ROOT

PAGES = tuple(
    sorted(file.stem for file in (ROOT / "app" / "views").glob("*.py") if file.stem != "__init__")
)
START_SECONDS = 60.0
STARTS = 3  # another program may take the port that was free


class Page:
    """The app on one workspace, started at the first page and ended with this process.

    Parameters
    ----------
    home : pathlib.Path
        Of the workspace.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._base = ""

    def show(self, page: str, state: Mapping[str, Any], *, browser: bool = True) -> str:
        """Open a page and return its address; see `Kindred.show`.

        Raises
        ------
        KindredError
            ``no_page``, listing the pages; ``not_started``.
        """
        name = page.strip("/").lower()
        if name not in (*PAGES, ""):
            message = f"There is no page {page!r}; there are {', '.join(PAGES)}."
            raise KindredError("no_page", message)
        self._start()
        query = urlencode({k: str(v) for k, v in state.items() if v not in (None, "")})
        address = f"{self._base}/{'' if name == 'overview' else name}{'?' if query else ''}{query}"
        if browser:
            webbrowser.open(address)
        return address

    def close(self) -> None:
        """End the app."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        atexit.register(self.close)
        for _ in range(STARTS):
            self._launch()
            if self._answers():
                return
            ended = self._process is not None and self._process.poll() is not None
            self.close()
            if not ended:
                break
        raise KindredError(
            "not_started",
            f"The app did not start; `python -m streamlit run {ROOT}/app/server.py` says why.",
        )

    def _launch(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._base = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "server.py")]
        command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
        command += ["--server.headless", "true"]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "KINDRED_HOME": str(self._home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _answers(self) -> bool:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process and self._process.poll() is None:
            try:
                with urlopen(f"{self._base}/api/health", timeout=2):
                    return True
            except (URLError, OSError):
                time.sleep(0.1)
        return False
