"""Battle for Wesnoth 1.16: music by ten composers, in ten-second excerpts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av

from assets.build.corpus import sounds, words
from assets.build.corpus.rows import Row, Source
from assets.build.fetch import unpacked

SOURCE = Source(
    name="wesnoth",
    title="Battle for Wesnoth 1.16 soundtrack",
    description="Orchestral music written by its community for a free strategy game; ten-second "
    "excerpts.",
    package="Debian wesnoth-1.16-music 1:1.16.9-1",
    licence="GPL-2.0-or-later",
    licence_name="GNU General Public License, version 2 or later",
    url="https://www.wesnoth.org",
    notice="usr/share/doc/wesnoth-1.16-music/copyright",
)

# What a title says about arousal. The rule, applied to the words alone and
# before anything was listened to or measured: fighting, siege, a city's fall,
# revenge, pursuit, frenzy, danger, breaking free and victory are high; sorrow,
# death, defeat, love, farewell, a journey's end, sanctuary and transience are
# low; a title that says neither has no label.
AROUSAL = {
    "battle-epic": "high", "battle": "high", "breaking_the_chains": "high",
    "frantic-old": "high", "frantic": "high", "siege_of_laurelmor": "high",
    "vengeful": "high", "weight_of_revenge": "high", "the_dangerous_symphony": "high",
    "the_city_falls": "high", "victory": "high", "victory2": "high",
    "casualties_of_war": "low", "defeat": "low", "defeat2": "low",
    "journeys_end": "low", "love_theme": "low", "nunc_dimittis": "low", "sad": "low",
    "silvan_sanctuary": "low", "the_king_is_dead": "low", "transience": "low",
}  # fmt: skip

# Where excerpts begin, as shares of the track: past the introduction, and late.
STARTS = (0.25, 0.65)


@dataclass(frozen=True, slots=True)
class Track:
    """One piece of music with its tags."""

    stem: str
    path: Path
    title: str
    composer: str
    remark: str
    seconds: float


@lru_cache(maxsize=1)
def tracks() -> tuple[Track, ...]:
    """Every titled track, in the order of its file name."""
    folder = unpacked("wesnoth-1.16-music") / "usr/share/games/wesnoth/1.16/data/core/music"
    found = []
    for path in sorted(folder.glob("*.ogg")):
        with av.open(path) as container:
            tags = container.metadata | container.streams.audio[0].metadata
        tags = {k.casefold(): words.plain(v) for k, v in tags.items()}
        if not tags.get("title") or not tags.get("artist"):
            continue
        remark = tags.get("comment", "")
        found.append(
            Track(
                stem=path.stem,
                path=path,
                title=tags["title"],
                composer=tags["artist"].partition(" (")[0],
                remark="" if "http" in remark else remark,
                seconds=sounds.duration(path),
            )
        )
    return tuple(found)


def excerpts(track: Track) -> Iterator[tuple[int, float, float]]:
    """Number, first second and length of each excerpt; short tracks give one."""
    if track.seconds <= 2.5 * sounds.SECONDS:
        yield 1, max(0.0, (track.seconds - sounds.SECONDS) / 2), min(track.seconds, sounds.SECONDS)
        return
    for number, share in enumerate(STARTS, 1):
        yield number, round(share * (track.seconds - sounds.SECONDS), 2), sounds.SECONDS


def rows() -> list[Row]:
    """One or two posts a track; both carry the track's group."""
    found = []
    for track in tracks():
        for number, start, seconds in excerpts(track):
            remark = track.remark[:1].upper() + track.remark[1:]
            text = f"{track.title}. {remark}." if remark else f"{track.title}."
            tags = ["music", "orchestral", *words.tokens(track.title)]
            labels = {"category": "music"}
            if track.stem in AROUSAL:
                labels["arousal"] = AROUSAL[track.stem]
            found.append(
                Row(
                    id=f"wes-{track.stem.replace('_', '-')}-{number}",
                    source=SOURCE.name,
                    licence=SOURCE.licence,
                    original=f"{track.path.name}@{start:g}",
                    text=text,
                    title=track.title,
                    tags=tuple(
                        dict.fromkeys(
                            t
                            for t in tags
                            if len(t) > 2
                            and t not in {"the", "and", "over", "into", "still", "another"}
                            and not words.names_author(t, track.composer)
                        )
                    ),
                    labels=labels,
                    language="en",
                    url=SOURCE.url,
                    sound=(track.path, start, seconds),
                    group=f"wes-{track.stem}",
                    user=f"wes:{words.slug(track.composer)}",
                    author=track.composer,
                    rank=(track.stem, number),
                )
            )
    return found


def notice() -> str:
    """The package's copyright file, and the composer named in each track."""
    text = (unpacked("wesnoth-1.16-music") / SOURCE.notice).read_text("utf-8")
    credits = "\n".join(f"  {t.title} ({t.path.name}): {t.composer}" for t in tracks())
    return f"Composers, as named in the files:\n{credits}\n\n{text}"
