"""Imports, against the encoders alone on the same posts in the same run.

    python -m bench.ingest [--posts 1000] [--rounds 3] [--read]

The posts are those of the shipped corpus, with its proportions of texts, images and
sounds. More posts than that are copies with other words, images mirrored and sounds
reversed, so that no file is stored or looked up twice (up to four times as many posts).
The peer gets decoded posts and does nothing but encode them. The importer reads, checks,
decodes, encodes, projects, predicts, stores media and commits. With ``--read`` it also
reads the images and transcribes the sounds, and the peer reads, too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from backend.domain import Content, Modality, Picture, Sound
from backend.ingest import Options
from backend.media import read_audio, read_image, write_ogg, write_webp
from backend.recognition import wanted
from backend.settings import SHIPPED_CORPUS
from backend.workspace.workspace import Workspace

DECODED = 1000  # posts in memory at a time, for the peer
Row = dict[str, Any]


def source(workspace: Workspace, folder: Path, count: int, first: int) -> list[Row]:
    """Write `count` posts as a table with media; return its rows."""
    corpus = workspace.corpus(SHIPPED_CORPUS)
    table = corpus.table(["id"]).sort_by("id")["id"].to_pylist()
    step = max(1, len(table) // count)
    places = [first + i * step for i in range(count)]
    posts = corpus.posts(sorted({table[place % len(table)] for place in places}))
    rows: list[Row] = []
    for i, place in enumerate(places):
        post, copy = posts[table[place % len(table)]], place // len(table)
        text = f"{post.text} ({first + i})" if post.text else None
        row: Row = {"id": f"b{first + i}", "text": text, "user": post.user, "tags": list(post.tags)}
        if post.image:
            row["image"] = _image(corpus.media_of(post, Modality.IMAGE), folder, copy)
        if post.audio:
            row["audio"] = _sound(corpus.media_of(post, Modality.AUDIO), folder, copy)
        rows.append(row)
    (folder / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return rows


def _image(path: Path, folder: Path, copy: int) -> str:
    """Write a copy, mirrored in another way each time; return its name."""
    target = folder / f"{copy}-{path.name}"
    if copy == 0:
        shutil.copyfile(path, target)
    else:
        (frame, *_) = read_image(path).frames
        frame = frame[:, ::-1] if copy & 1 else frame
        frame = frame[::-1] if copy & 2 else frame
        write_webp(Picture((np.ascontiguousarray(frame),)), target, side=max(frame.shape), effort=0)
    return target.name


def _sound(path: Path, folder: Path, copy: int) -> str:
    """Write a copy, reversed every other time, quieter each time; return its name."""
    target = folder / f"{copy}-{path.name}"
    if copy == 0:
        shutil.copyfile(path, target)
    else:
        sound = read_audio(path)
        samples = sound.samples[::-1] if copy & 1 else sound.samples
        quieter = np.ascontiguousarray(samples) * np.float32(0.9**copy)
        write_ogg(Sound(quieter, sound.rate, duration=sound.duration), target, effort=0)
    return target.name


def encoder_seconds(
    workspace: Workspace, folder: Path, rows: list[Row], read: Collection[Modality]
) -> float:
    """Return the seconds of the encoders alone, and of reading; decoding is not counted."""
    spent = 0.0
    for start in range(0, len(rows), DECODED):
        some = rows[start : start + DECODED]
        items: dict[Modality, list[Any]] = {
            Modality.TEXT: [row["text"] for row in some if row["text"]],
            Modality.IMAGE: [read_image(folder / row["image"]) for row in some if "image" in row],
            Modality.AUDIO: [read_audio(folder / row["audio"]) for row in some if "audio" in row],
        }
        begin = time.perf_counter()
        for modality, these in items.items():
            if these:
                workspace.embedder.encoder(modality).encode(these)
            if these and modality in read:
                contents = [Content(**{modality.value: item}) for item in these]
                workspace.embedder.recognizer.read(contents, {modality})
        spent += time.perf_counter() - begin
    return spent


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=600, help="posts per round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--read", action="store_true", help="read images and sounds, too")
    args = parser.parse_args()
    read = wanted(args.read, args.read)
    options = Options(read=args.read, transcribe=args.read)
    print("| round | posts | bare posts/s | import posts/s | ratio |\n|---|---|---|---|---|")
    ratios = []
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        folder = _folder(home, "warm")
        encoder_seconds(workspace, folder, source(workspace, folder, 8, 0), read)
        for number in range(args.rounds):
            folder = _folder(home, f"round{number}")
            rows = source(workspace, folder, args.posts, number)
            count = len(rows)
            # Half of the peer runs before and half after, so that load affects both.
            seconds = encoder_seconds(workspace, folder, rows[::2], read)
            report = workspace.imports.check(folder, f"round{number}", options)
            job = workspace.imports.plan(folder, f"round{number}", report, options)
            begin = time.perf_counter()
            state = workspace.imports.run(job)
            spent = time.perf_counter() - begin
            seconds += encoder_seconds(workspace, folder, rows[1::2], read)
            if state.stage != "done" or state.posts != count:
                sys.exit(f"The import failed: {state}")
            ratios.append(seconds / spent)
            print(
                f"| {number + 1} | {count} | {count / seconds:.1f} | {count / spent:.1f} "
                f"| {ratios[-1]:.2f} |",
                flush=True,
            )
    print(f"\nimport rate / bare encoder rate: median {statistics.median(ratios):.2f}")


def _folder(home: str, name: str) -> Path:
    path = Path(home) / "sources" / name
    path.mkdir(parents=True)
    return path


if __name__ == "__main__":
    main()
