"""Reading pictures and sounds: emotions, characters, words, seconds and memory.

    python -m bench recognition [--every 1] [--seconds 20] [--json]

104 sentences are drawn as pictures (each in one of three styles) and spoken by espeak-ng
(ten voices); see `bench.recognition_samples`. The emotion of the typed sentence is the
peer of the emotion of the picture and of the voice, and RapidOCR and faster-whisper with
their own defaults are the peers of reading. Pictures without text are photos of the shipped
corpus.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

import backend
from backend.domain import Content, Modality, Picture, Sound
from backend.media import read_media
from backend.recognition import missing
from backend.text.reading import Reading
from bench.recognition_samples import STYLES, Sentence, draw, sentences, speak, voice


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


def interval(right: Sequence[bool]) -> str:
    """Return a share with its 95 % interval (Wilson 1927)."""
    n, z = len(right), 1.96
    p = sum(right) / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * ((p * (1 - p) + z * z / (4 * n)) / n) ** 0.5 / (1 + z * z / n)
    return f"{p:.3f} [{middle - half:.3f}, {middle + half:.3f}]"


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every n-th sentence")
    parser.add_argument("--repeats", type=int, default=20, help="pictures and sounds to time")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    workspace = backend.open_workspace()
    items = list(enumerate(sentences()))[:: args.every]
    table: dict[str, str] = {}
    _text(workspace, items, table)
    pictures = _pictures(workspace, items, table)
    if reason := missing():
        print(reason)
    else:
        _sounds(workspace, items, table)
    _costs(workspace, pictures[: args.repeats], items[: args.repeats], table)
    if args.json:
        print(json.dumps(table))
        return
    print("| figure | value |\n|---|---|")
    for name, value in table.items():
        print(f"| {name} | {value} |")


def _text(workspace, items: list[tuple[int, Sentence]], table: dict[str, str]) -> None:
    tops = [workspace.analyse(Content(text=s.text)).affect.top for _, s in items]
    table[f"emotion of {len(items)} typed sentences"] = interval(
        [top == s.emotion for top, (_, s) in zip(tops, items, strict=True)]
    )


def _pictures(workspace, items: list[tuple[int, Sentence]], table: dict[str, str]) -> list[Picture]:
    from rapidocr import RapidOCR

    peer = RapidOCR(params={"Global.log_level": "critical"})
    right: dict[str, list[bool]] = defaultdict(list)
    errors: dict[str, list[int]] = defaultdict(list)
    lengths: dict[str, int] = defaultdict(int)
    drawn = []
    for number, sentence in items:
        style = STYLES[number // 13 % 3] if len(items) < 30 else STYLES[number % 3]
        picture = draw(sentence.text, style, number)
        drawn.append(picture)
        content = Content(image=picture)
        top = workspace.analyse(content).affect.top
        reading = workspace.readings(content)[Modality.IMAGE]
        typed = characters(sentence.text)
        raw = " ".join(peer(picture.frames[0][:, :, ::-1].copy()).txts or ())
        for group in ("all", style, sentence.language):
            right[group].append(top == sentence.emotion)
            errors[group].append(distance(characters(reading.text), typed))
            lengths[group] += len(typed)
        errors["RapidOCR"].append(distance(characters(raw), typed))
    table[f"emotion of {len(items)} pictures of them"] = interval(right["all"])
    for group in (*STYLES, *("en", "de", "fr", "es", "it")):
        if right[group]:
            table[f"- {group}"] = interval(right[group])
    table["characters of pictures right"] = f"{1 - sum(errors['all']) / lengths['all']:.4f}"
    for style in STYLES:
        if lengths[style]:
            table[f"- {style} "] = f"{1 - sum(errors[style]) / lengths[style]:.4f}"
    table["- RapidOCR alone"] = f"{1 - sum(errors['RapidOCR']) / lengths['all']:.4f}"
    return drawn


def _sounds(workspace, items: list[tuple[int, Sentence]], table: dict[str, str]) -> None:
    right: dict[str, list[bool]] = defaultdict(list)
    errors: dict[str, int] = defaultdict(int)
    spoken: dict[str, int] = defaultdict(int)
    confidences = []
    for number, sentence in items:
        content = Content(audio=speak(sentence, number))
        top = workspace.analyse(content).affect.top
        reading: Reading = workspace.readings(content)[Modality.AUDIO]
        typed = words(sentence.text)
        wrong = distance(words(reading.text), typed)
        confidences.append((reading.confidence, wrong / len(typed)))
        for group in ("all", sentence.language, voice(sentence, number)):
            right[group].append(top == sentence.emotion)
            errors[group] += wrong
            spoken[group] += len(typed)
    table[f"emotion of {len(items)} voices"] = interval(right["all"])
    for group, wrong in errors.items():
        rate = wrong / spoken[group]
        table[f"word error of voices, {group}"] = f"{rate:.3f} (emotion {interval(right[group])})"
    sure = [rate for confidence, rate in confidences if confidence >= 0.5]
    unsure = [rate for confidence, rate in confidences if confidence < 0.5]
    for name, rates in (("confident", sure), ("uncertain", unsure)):
        if rates:
            table[f"word error of {len(rates)} {name} transcripts"] = f"{np.mean(rates):.3f}"


def _costs(
    workspace,
    pictures: list[Picture],
    items: list[tuple[int, Sentence]],
    table: dict[str, str],
) -> None:
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

    def read(**content: object) -> float:
        return timed(lambda: recognizer.read([Content(**content)], set(Modality)))  # type: ignore[arg-type]

    with_text = [read(image=picture) for picture in pictures]
    readings = [recognizer.read([Content(image=p)], {Modality.IMAGE})[0] for p in photos]
    plain = [p for p, r in zip(photos, readings, strict=True) if not r[Modality.IMAGE].text and p]
    without = [read(image=picture) for picture in plain]
    table["ms to read a picture with text, median"] = f"{1e3 * statistics.median(with_text):.0f}"
    table["ms for a photo without text, median"] = f"{1e3 * statistics.median(without):.0f}"
    table["photos in which text was found"] = f"{len(photos) - len(plain)} of {len(photos)}"
    if not missing():
        long = [speak(sentence, number) for number, sentence in items[:4]]
        samples = np.concatenate([sound.samples for sound in long])
        rate = long[0].rate
        ten = Sound(np.resize(samples, 10 * rate), rate, 0.0, 10.0)
        seconds = [read(audio=ten) for _ in range(4)]
        table["s to transcribe 10 s of speech, median"] = f"{statistics.median(seconds):.2f}"
        noise = np.random.default_rng(0).normal(0, 0.1, 10 * rate).astype(np.float32)
        table["s for 10 s of noise"] = f"{read(audio=Sound(noise, rate, 0.0, 10.0)):.2f}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    table["GB of memory at most, with the peer"] = f"{peak:.2f}"


if __name__ == "__main__":
    main()
