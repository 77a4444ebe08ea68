"""Sounds read with the system's libsndfile, which soundfile takes where its own is missing."""

from __future__ import annotations

import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest

from tests.backend.media import samples as make

READ = """
import sys
sys.modules["_soundfile_data"] = None  # the library that its wheel brings
from pathlib import Path
from backend.families.hashes import of_sound
from backend.media import read_audio
from backend.media.inspect import inspect
path = Path(sys.argv[1])
sound = read_audio(path)
print(inspect(path.read_bytes()).name, round(sound.duration, 1), of_sound(path) is not None)
"""


@pytest.mark.skipif(find_library("sndfile") is None, reason="the system has no libsndfile")
def test_of_a_truncated_ogg_what_is_there_is_taken(tmp_path: Path) -> None:
    data = make.sound("OGG", "OPUS", make.chirp(8.0, 48_000))
    path = tmp_path / "cut.ogg"
    path.write_bytes(data[: int(len(data) * 0.7)])
    said = subprocess.run(
        [sys.executable, "-c", READ, path], capture_output=True, text=True, check=True
    )
    family, duration, hashed = said.stdout.split()
    assert (family, hashed) == ("SOUND", "True")
    assert float(duration) == pytest.approx(5.6, abs=0.7)
