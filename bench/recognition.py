"""Reading pictures and sounds: emotions, characters, words, seconds and memory.

    python -m bench recognition [--every 1] [--repeats 20] [--only costs|memory] [--json]

104 sentences are drawn as pictures (each in one of three styles) and spoken by espeak-ng
(ten voices); see `bench.recognition_samples`. The emotion of the typed sentence is the
peer of the emotion of the picture and of the voice, and RapidOCR and faster-whisper with
their own defaults are the peers of reading. An emotion is right where the app says it, which may
also say that a post is neutral; of the strongest of eight, chance is .125. Pictures without text
are photos of the shipped corpus. Seconds are medians: by the clock, and those that all
processors worked for it, which bound the clock on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

import backend
from backend.domain import EMOTIONS, Affect, Content, Modality, Picture, Sound
from backend.media import read_media
from backend.recognition import missing
from backend.text.reading import Reading
from bench.recognition_samples import STYLES, Sentence, draw, sentences, speak, voice

PARTS = ("emotions", "voices", "costs", "memory")
OF_EIGHT = "the strongest of eight"
LARGE = 1024  # pixels: pictures are scaled down to this when they are decoded


def distance(left: Sequence, right: Sequence) -> int:
    """Return the edit distance of two sequences (Levenshtein)."""
    row = list(range(len(right) + 1))
    for i, one in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]


def characters(text: str) -> str:
    return " ".join(text.lower().split())


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower().replace("’", "'"))


def strongest(affect: Affect) -> str:
    return max(EMOTIONS, key=lambda emotion: affect.emotion[emotion])


def interval(right: Sequence[bool]) -> str:
    """Return a share with its 95 % interval (Wilson 1927)."""
    n, z = len(right), 1.96
    p = sum(right) / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * ((p * (1 - p) + z * z / (4 * n)) / n) ** 0.5 / (1 + z * z / n)
    return f"{p:.3f} [{middle - half:.3f}, {middle + half:.3f}]"


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds by the clock, and those of all processors."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - busy


def median(times: Sequence[tuple[float, float]], unit: float) -> str:
    """Write the median by the clock and that of all processors, which other load leaves alone."""
    clock, busy = (statistics.median(column) / unit for column in zip(*times, strict=True))
    digits = 0 if unit < 1 else 2
    return f"{clock:.{digits}f} ({busy:.{digits}f} of processors)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every n-th sentence")
    parser.add_argument("--repeats", type=int, default=20, help="pictures and sounds to time")
    parser.add_argument("--only", choices=PARTS, help="only one part of the table")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    workspace = backend.open_workspace()
    items = list(enumerate(sentences()))[:: args.every]
    table: dict[str, str] = {}
    if args.only in (None, "emotions"):
        _text(workspace, items, table)
        _pictures(workspace, items, table)
    if reason := missing():
        print(reason)
    elif args.only in (None, "emotions", "voices"):
        _sounds(workspace, items, table)
    if args.only in (None, "costs"):
        _costs(workspace, items[: args.repeats], table)
    if args.only in (None, "memory"):
        _memory(table)
    if args.json:
        print(json.dumps(table))
        return
    print("| figure | value |\n|---|---|")
    for name, value in table.items():
        print(f"| {name} | {value} |")


def _text(workspace, items: list[tuple[int, Sentence]], table: dict[str, str]) -> None:
    felt = [workspace.analyse(Content(text=s.text)).affect for _, s in items]
    pairs = [(affect, s.emotion) for affect, (_, s) in zip(felt, items, strict=True)]
    table[f"emotion of {len(items)} typed sentences"] = interval([a.top == e for a, e in pairs])
    table[f"- typed, {OF_EIGHT}"] = interval([strongest(a) == e for a, e in pairs])


def drawn(number: int, sentence: Sentence) -> tuple[str, Picture]:
    """Return a style and the picture; the styles take turns within each emotion and over them."""
    style = STYLES[(number + number // 13) % 3]
    return style, draw(sentence.text, style, number)


def _pictures(workspace, items: list[tuple[int, Sentence]], table: dict[str, str]) -> None:
    from rapidocr import RapidOCR

    peer = RapidOCR(params={"Global.log_level": "critical"})
    right: dict[str, list[bool]] = defaultdict(list)
    errors: dict[str, list[int]] = defaultdict(list)
    lengths: dict[str, int] = defaultdict(int)
    for number, sentence in items:
        style, picture = drawn(number, sentence)
        content = Content(image=picture)
        affect = workspace.analyse(content).affect
        right[OF_EIGHT].append(strongest(affect) == sentence.emotion)
        reading = workspace.readings(content)[Modality.IMAGE]
        typed = characters(sentence.text)
        raw = " ".join(peer(picture.frames[0][:, :, ::-1].copy()).txts or ())
        for group in ("all", style, sentence.language):
            right[group].append(affect.top == sentence.emotion)
            errors[group].append(distance(characters(reading.text), typed))
            lengths[group] += len(typed)
        errors["RapidOCR"].append(distance(characters(raw), typed))
    table[f"emotion of {len(items)} pictures of them"] = interval(right["all"])
    table[f"- pictures, {OF_EIGHT}"] = interval(right[OF_EIGHT])
    for group in (*STYLES, *("en", "de", "fr", "es", "it")):
        if right[group]:
            table[f"- {group}"] = interval(right[group])
    table["characters of pictures right"] = f"{1 - sum(errors['all']) / lengths['all']:.4f}"
    for style in STYLES:
        if lengths[style]:
            table[f"- {style} "] = f"{1 - sum(errors[style]) / lengths[style]:.4f}"
    table["- RapidOCR alone"] = f"{1 - sum(errors['RapidOCR']) / lengths['all']:.4f}"


def _sounds(workspace, items: list[tuple[int, Sentence]], table: dict[str, str]) -> None:
    right: dict[str, list[bool]] = defaultdict(list)
    errors: dict[str, int] = defaultdict(int)
    spoken: dict[str, int] = defaultdict(int)
    confidences = []
    for number, sentence in items:
        content = Content(audio=speak(sentence, number))
        affect = workspace.analyse(content).affect
        right[OF_EIGHT].append(strongest(affect) == sentence.emotion)
        reading: Reading = workspace.readings(content)[Modality.AUDIO]
        typed = words(sentence.text)
        wrong = distance(words(reading.text), typed)
        confidences.append((reading.confidence, wrong / len(typed)))
        for group in ("all", sentence.language, voice(sentence, number)):
            right[group].append(affect.top == sentence.emotion)
            errors[group] += wrong
            spoken[group] += len(typed)
    table[f"emotion of {len(items)} voices"] = interval(right["all"])
    table[f"- voices, {OF_EIGHT}"] = interval(right[OF_EIGHT])
    for group, wrong in errors.items():
        rate = wrong / spoken[group]
        table[f"word error of voices, {group}"] = f"{rate:.3f} (emotion {interval(right[group])})"
    sure = [rate for confidence, rate in confidences if confidence >= 0.5]
    unsure = [rate for confidence, rate in confidences if confidence < 0.5]
    for name, rates in (("confident", sure), ("uncertain", unsure)):
        if rates:
            table[f"word error of {len(rates)} {name} transcripts"] = f"{np.mean(rates):.3f}"


def _costs(workspace, items: list[tuple[int, Sentence]], table: dict[str, str]) -> None:
    pictures = [drawn(number, sentence)[1] for number, sentence in items]
    recognizer = workspace.embedder.recognizer
    corpus = workspace.corpus()
    ids = corpus.table(["id"], filters={"source": ["tux-paint", "tuxpaint"]})["id"].to_pylist()
    if not ids:
        images = corpus.table(["id", "image"])
        ids = [row["id"] for row in images.to_pylist() if row["image"]]
    photos = [
        read_media(corpus.media_of(id_, Modality.IMAGE))[0]
        for id_ in sorted(ids)[:: max(1, len(ids) // len(pictures))][: len(pictures)]
    ]

    def read(**content: object) -> tuple[float, float]:
        return timed(lambda: recognizer.read([Content(**content)], set(Modality)))  # type: ignore[arg-type]

    with_text = [read(image=picture) for picture in pictures]
    readings = [recognizer.read([Content(image=p)], {Modality.IMAGE})[0] for p in photos]
    plain = [p for p, r in zip(photos, readings, strict=True) if not r[Modality.IMAGE].text and p]
    without = [read(image=picture) for picture in plain]
    large = [read(image=scaled(picture, LARGE)) for picture in plain]
    table["ms to read a picture with text, median"] = median(with_text, 1e-3)
    table["ms for a photo without text, median"] = median(without, 1e-3)
    table[f"- scaled to {LARGE} pixels"] = median(large, 1e-3)
    table["photos in which text was found"] = f"{len(photos) - len(plain)} of {len(photos)}"
    if not missing():
        long = [speak(sentence, number) for number, sentence in items[:4]]
        samples = np.concatenate([sound.samples for sound in long])
        rate = long[0].rate
        ten = Sound(np.resize(samples, 10 * rate), rate, 0.0, 10.0)
        seconds = [read(audio=ten) for _ in range(4)]
        table["s to transcribe 10 s of speech, median"] = median(seconds, 1.0)
        noise = np.random.default_rng(0).normal(0, 0.1, 10 * rate).astype(np.float32)
        table["s for 10 s of noise"] = median([read(audio=Sound(noise, rate, 0.0, 10.0))], 1.0)


def scaled(picture: Picture, side: int) -> Picture:
    image = Image.fromarray(picture.frames[0])
    factor = side / max(image.size)
    size = (round(image.width * factor), round(image.height * factor))
    return Picture((np.array(image.resize(size, Image.Resampling.BICUBIC)),))


def _memory(table: dict[str, str]) -> None:
    """Measure a process of its own that has loaded everything and analysed all kinds of posts."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.recognition_memory"], check=True, capture_output=True
    )
    table["GB of a process with everything loaded, at most"] = done.stdout.decode().strip()


if __name__ == "__main__":
    main()
