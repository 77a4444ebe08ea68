"""Sonic Pi samples 3.2.2: short sounds that people uploaded to freesound.org."""

from __future__ import annotations

import re
from urllib.parse import unquote

from assets.build.corpus import sounds, words
from assets.build.corpus.rows import Row, Source
from assets.build.fetch import unpacked

SOURCE = Source(
    name="sonic-pi",
    title="Sonic Pi samples 3.2.2",
    description="Drums, basses, guitars, loops and noises uploaded to freesound.org and collected "
    "for the live-coding synth Sonic Pi.",
    package="Debian sonic-pi-samples 3.2.2~repack-8",
    licence="CC0-1.0",
    licence_name="Creative Commons Zero",
    url="https://freesound.org",
    notice="usr/share/sonic-pi/samples/README.md",
)

_KINDS = {
    "ambi": "ambient", "bass": "bass", "bd": "bass drum", "drum": "drum", "elec": "electric",
    "glitch": "glitch", "guit": "guitar", "loop": "loop", "mehackit": "", "misc": "",
    "perc": "percussion", "sn": "snare drum", "tabla": "tabla", "vinyl": "vinyl",
}  # fmt: skip
_WORDS = {
    "lo": "low", "hi": "high", "mid": "middle", "c": "in C", "f": "in F", "g": "in G",
    "e": "E", "em9": "E minor 9 chord", "perc": "percussion", "filt": "filtered",
    "dnb": "drum and bass", "cineboom": "cinematic boom", "amen": "Amen break",
    "3dprinter": "3D printer", "snap2": "finger snap", "snap": "finger snap", "voxy": "vocal-like",
    "swash": "sword swash", "till": "cash register till", "haus": "house", "klub": "club",
    "tek": "techno", "808": "808", "compus": "computer music", "woosh": "whoosh",
    "twip": "twip", "tom": "tom-tom", "kick": "kick drum", "fuzz": "fuzzy", "backspin": "backspin",
}  # fmt: skip


def describe(name: str) -> str:
    """Say a sample's name in words.

    Examples
    --------
    >>> describe("drum_cymbal_open")
    'Drum: cymbal open'
    >>> describe("bd_haus")
    'Bass drum: house'
    """
    kind, _, rest = name.partition("_")
    spoken = []
    for word in rest.split("_"):
        word = _WORDS.get(word, re.sub(r"(?<=[a-z])\d+$", "", word))
        if not word.isdigit() or word == "808":
            spoken.append(_WORDS.get(word, word))
    head = _KINDS[kind]
    said = " ".join(spoken).strip()
    return words.sentence(f"{head}: {said}" if head and said else head or said)


def _uploaders() -> dict[str, tuple[str, str]]:
    readme = unpacked("sonic-pi-samples") / "usr/share/sonic-pi/samples/README.md"
    found = {}
    for name, url in re.findall(r"`:(\w+)`\s*-\s*(\S+)", readme.read_text("utf-8")):
        match = re.search(r"/people/([^/]+)/sounds/", url)
        if match:
            found[name.replace("_", "")] = (
                unquote(match[1]),
                url.replace("http://www.", "https://").replace("http://", "https://"),
            )
    return found


def rows() -> list[Row]:
    """One post a sample: its name in words and the sound."""
    folder = unpacked("sonic-pi-samples") / "usr/share/sonic-pi/samples"
    people = _uploaders()
    found = []
    for path in sorted(folder.glob("*.flac")):
        if sounds.silent(path):
            continue
        uploader, url = people.get(path.stem.replace("_", ""), (None, SOURCE.url))
        text = describe(path.stem)
        kind = path.stem.partition("_")[0]
        category = _KINDS[kind] or ("robots and phones" if kind == "mehackit" else "noise")
        tags = [w for w in dict.fromkeys(re.findall(r"[^\W_]+", text.casefold())) if len(w) > 1]
        found.append(
            Row(
                id=f"pi-{path.stem.replace('_', '-')}",
                source=SOURCE.name,
                licence=SOURCE.licence,
                original=path.name,
                text=text,
                title=text,
                tags=tuple(
                    t
                    for t in tags
                    if t not in {"in", "and"} and not words.names_author(t, uploader)
                ),
                labels={"category": category},
                language="en",
                url=url,
                sound=(path, 0.0, sounds.SECONDS),
                group=f"pi-{re.sub(r'[0-9]+$', '', path.stem)}",
                user=f"pi:{words.slug(uploader)}" if uploader else None,
                author=uploader,
                rank=(path.name,),
            )
        )
    return found


def notice() -> str:
    """The list of uploaders with its dedication."""
    return (unpacked("sonic-pi-samples") / SOURCE.notice).read_text("utf-8")
