"""Posts made for this project: memes and story cards, synthesised voice notes, a clip."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from assets.build.corpus import clip, drawing
from assets.build.corpus.rows import Row, Source
from assets.build.fetch import build_home

SOURCE = Source(
    name="kindred",
    title="Made for Kindred",
    description="Memes, story cards, voice notes and a clip that were made for this project, to "
    "show what is read in pictures and said in sounds. The voices are synthetic (espeak-ng).",
    package="this repository, assets/build/corpus/drawn.py",
    licence="CC0-1.0",
    licence_name="Creative Commons Zero",
    url="https://github.com/espeak-ng/espeak-ng",
    notice="",
)
SIDE = 512  # pixels: the words must be legible
SPEED = "150"  # words a minute


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A picture with words: how it is drawn, its language and its lines."""

    id: str
    draw: drawing.Draw
    language: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A voice note: what is said by which voice."""

    id: str
    voice: str
    text: str


_PICTURES = (
    _Drawn("meme-monday", drawing.clock, "en",
           ("When the alarm rings", "and it is Monday again")),
    _Drawn("meme-cake", drawing.cake, "en",
           ("Nobody touched my cake", "best birthday ever")),
    _Drawn("meme-bus", drawing.bus, "de",
           ("Der Bus fährt weg", "ich hasse diesen Morgen")),
    _Drawn("meme-fridge", drawing.fridge, "en",
           ("Opened the old lunch box", "it is green and it smells")),
    _Drawn("chat-meeting", drawing.chat, "en",
           ("Hi all, the meeting moved to Friday.", "Same room, ten o'clock.")),
    _Drawn("card-garden", drawing.card, "en",
           ("Grandma's garden is empty now.", "I miss her so much.")),
    _Drawn("card-sister", drawing.card, "es",
           ("Mañana vuelvo a ver a mi hermana.", "¡No puedo esperar!")),
    _Drawn("card-cellar", drawing.card, "en",
           ("Something moved in the cellar.", "I am too scared to look.")),
)  # fmt: skip
_VOICES = (
    _Spoken("voice-house", "en-us",
            "They sold the house today. My mother cried all night, and I miss it already."),
    _Spoken("voice-wedding", "en-gb",
            "She said yes! We are getting married, and I am so happy that I could dance."),
    _Spoken("voice-bike", "en-us+m3",
            "He took my bike again without asking. I am so angry with him, I could scream."),
    _Spoken("voice-dogs", "en-gb",
            "Somebody is outside, the dogs are barking, and I am really scared."),
)  # fmt: skip


def spoken(voice: str, text: str) -> Path:
    """Speak a text with espeak-ng; return a WAV in the build cache."""
    folder = build_home() / "spoken"
    folder.mkdir(exist_ok=True)
    target = folder / "spoken.wav"
    command = ["espeak-ng", "-v", voice, "-s", SPEED, "-w", str(target), text]
    subprocess.run(command, check=True)
    return target


def _row(id_: str, language: str, **media: object) -> Row:
    return Row(
        id=f"kin-{id_}",
        source=SOURCE.name,
        licence=SOURCE.licence,
        original=id_,
        language=language,
        group=f"kin-{id_}",
        **media,  # type: ignore[arg-type]
    )


def rows() -> list[Row]:
    """One post for each picture, voice and clip, without any text of its own."""
    found = []
    folder = build_home() / "drawn"
    folder.mkdir(exist_ok=True)
    for drawn in _PICTURES:
        target = folder / f"{drawn.id}.png"
        drawn.draw(drawn.lines).save(target)
        found.append(_row(drawn.id, drawn.language, picture=target, side=SIDE))
    for note in _VOICES:
        wav = spoken(note.voice, note.text).rename(folder / f"{note.id}.wav")
        found.append(_row(note.id, "en", sound=(wav, 0.0, 10.0)))
    voice = spoken(clip.VOICE, clip.SAID).rename(folder / "clip.wav")
    made = clip.write(voice, folder / "clip-puppy.webm")
    found.append(_row("clip-puppy", "en", clip=made))
    return found


def notice() -> str:
    """What was made, with what, and its dedication."""
    return (
        "The pictures, sentences and the clip were made for this project and are dedicated to\n"
        "the public domain (CC0 1.0): https://creativecommons.org/publicdomain/zero/1.0/\n\n"
        "The voices are synthetic: espeak-ng 1.51, Debian package espeak-ng. Nobody said this.\n"
        "The letters are drawn with Open Sans (Apache License 2.0), Bebas Neue and Comic Neue\n"
        "(SIL Open Font License 1.1), from the Debian packages fonts-open-sans,\n"
        "fonts-bebas-neue and fonts-comic-neue."
    )
