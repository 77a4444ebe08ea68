"""Music tags over whole tracks, of Wesnoth and of other games.

    python -m assets.build.corpus.heard

A title names a whole piece, and ten seconds of it may be anything. So that
arousal can be judged on whole tracks without shipping them, each is heard in at
most eight pieces of ten seconds, evenly spread, and the tags of each piece are
kept. Not part of ``make assets``: the other games' packages are a gigabyte, of
which only features and labels enter the repository.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from assets.build.corpus import files, sounds, wesnoth
from assets.build.corpus.labels import HEARD, LABELS, PARTS
from assets.build.fetch import unpacked
from backend.domain import Sound
from backend.encoders.sound import Musicnn

PIECES = 8

# Where each package keeps its music; inside a pk3 (a ZIP) after the "!".
FOLDERS = {
    "ardentryst": "usr/share/games/ardentryst/Music",
    "asc-music": "usr/share/games/asc/music",
    "btanks-data": "usr/share/games/btanks/data/tunes",
    "extremetuxracer-data": "usr/share/games/etr/music",
    "freedroidrpg-data": "usr/share/freedroidrpg/data",
    "hyperrogue-music": "usr/share/hyperrogue/music",
    "nexuiz-music": "usr/share/games/nexuiz/data/music.pk3!sound/cdtracks",
    "singularity-music": "usr/share/games/singularity/music",
    "supertux-data": "usr/share/games/supertux2/music",
    "tuxmath-data": "usr/share/tuxmath/sounds",
    "tuxtype-data": "usr/share/tuxtype/sounds",
    "ufoai-music": "usr/share/games/ufoai/base/0music.pk3!music",
    "unknown-horizons": "usr/share/unknown-horizons/content/audio",
}

# Labels of other games' music by the rule of `wesnoth.AROUSAL`, made before any
# of it was decoded. The words added to it are in the README of the labels.
HIGH = {
    "ardentryst": ("battle.ogg", "battle2.ogg"),
    "asc-music": ("machine_wars.mp3", "time_to_strike.mp3"),
    "btanks-data": ("boss-2.ogg", "glory.ogg"),
    "extremetuxracer-data": ("race1-jt.ogg", "spunkyrace-ks.ogg", "wonrace1-jt.ogg"),
    "freedroidrpg-data": ("sound/music/Hyperbattle.ogg", "sound/music/TechBattle.ogg"),
    "hyperrogue-music": ("hr-domina-hunting.ogg",),
    "nexuiz-music": ("beast-of-insanity.ogg", "digital-pursuit.ogg", "infight.ogg"),
    "singularity-music": ("Media Threat.ogg",),
    "supertux-data": (
        "antarctic/bossattack.ogg",
        "antarctic/chipdisko.ogg",
        "forest/clavelian_march.ogg",
        "forest/forest-sprint.ogg",
        "forest/forest.ogg",  # titled "Forest Dance"
        "forest/treeboss.ogg",
        "forest/wisphunt.ogg",
        "misc/battle_theme.ogg",
    ),
    "tuxmath-data": ("01_rush.ogg",),
    "ufoai-music": (
        "AlexFightmare.ogg",
        "Crystan-WinGame.ogg",
        "MarineAlienRaid.ogg",
        "MarineBacktheAttack.ogg",
        "MarineFireFight.ogg",
        "MarineStrikingIntoTheUnknown.ogg",
        "MarineUrbanWarfare.ogg",
        "dynamictest-battle-41-74sec.ogg",
    ),
    "unknown-horizons": (
        "music/battle.ogg",
        "music/beware_the_ships_kobold.ogg",
        "music/seafight.ogg",
    ),
}
LOW = {
    "ardentryst": ("holy.ogg",),
    "btanks-data": ("nostalgy.ogg",),
    "extremetuxracer-data": ("credits1-cp.ogg",),  # titled "Credits Ballad"
    "freedroidrpg-data": (
        "base/titles/GameLost.ogg",
        "sound/music/Ambience.ogg",
        "sound/music/temple.ogg",
    ),
    "hyperrogue-music": ("hr3-graveyard.ogg",),
    "singularity-music": ("lose/Chimes They Fade.ogg",),
    "supertux-data": (
        "antarctic/arctic_breeze.ogg",
        "antarctic/voc-night.ogg",
        "forest/shallow-green.ogg",  # titled "Forest Stroll"
        "tropical/tropicalbreeze.ogg",
    ),
    "tuxtype-data": ("amidst_the_raindrops.ogg",),
    "ufoai-music": ("Crystan-IntroSad.ogg", "Crystan-LooseGame.ogg", "dawn.ogg"),
    "unknown-horizons": (
        "music/Peer Gynt Suite No. 1, Op. 46 - I. Morning.ogg",
        "music/nightdream.ogg",
        "music/waves.ogg",
        "sounds/chapel.ogg",
    ),
}


@contextmanager
def _music(package: str) -> Iterator[Path]:
    """The folder with a package's music, unpacked while it is needed."""
    place, _, inside = FOLDERS[package].partition("!")
    path = unpacked(package) / place
    if not inside:
        yield path
        return
    wanted = [f"{inside}/{name}" for name in (*HIGH.get(package, ()), *LOW.get(package, ()))]
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        for name in wanted:
            archive.extract(name, folder)
        yield Path(folder) / inside


def _starts(path: Path) -> list[float]:
    """First seconds of the pieces of a track."""
    last = max(0, int(sounds.duration(path) // sounds.SECONDS) - 1)
    numbers = np.unique(np.linspace(0, last, PIECES).round().astype(int))
    return [float(number * sounds.SECONDS) for number in numbers]


def _heard(path: Path, encoder: Musicnn) -> list[dict[str, object]]:
    starts = _starts(path)
    pieces = [sounds.read(path, start) for start in starts]
    vectors = encoder.encode([Sound(piece, sounds.RATE) for piece in pieces]).vectors
    return [
        {
            "second": start,
            "loudness": float(np.sqrt(np.mean(piece.astype(np.float64) ** 2))),
            "tags": vector.astype(np.float16).tolist(),
        }
        for start, piece, vector in zip(starts, pieces, vectors, strict=True)
        if vector is not None
    ]


def _rows(encoder: Musicnn) -> Iterator[dict[str, object]]:
    for track in wesnoth.tracks():
        if track.stem in wesnoth.AROUSAL:
            given = {
                "split": "test",
                "package": "wesnoth-1.16-music",
                "track": track.stem,
                "arousal": wesnoth.AROUSAL[track.stem],
            }
            yield from ({**given, **piece} for piece in _heard(track.path, encoder))
    for package in FOLDERS:
        with _music(package) as folder:
            for arousal, named in (("high", HIGH), ("low", LOW)):
                for name in named.get(package, ()):
                    given = {
                        "split": "validation",
                        "package": package,
                        "track": f"{package}/{Path(name).stem}",
                        "arousal": arousal,
                    }
                    yield from ({**given, **piece} for piece in _heard(folder / name, encoder))


def main() -> None:
    """Write ``music_heard.parquet`` among the labels."""
    encoder = Musicnn()
    schema = pa.schema(
        [(name, pa.string()) for name in ("split", "package", "track", "arousal")]
        + [("second", pa.float32()), ("loudness", pa.float32())]
        + [("tags", pa.list_(pa.float16(), len(encoder.tags)))],
        metadata={"names": json.dumps(encoder.tags)},
    )
    files.table(LABELS / HEARD, list(_rows(encoder)), schema)
    files.checksums(LABELS, PARTS)


if __name__ == "__main__":
    main()
