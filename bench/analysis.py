"""Warm analysis of a post with text, image and sound, against its encoders alone.

The peer is the sum of the times of the three encoders, and of reading image and sound, on
the same post in the same run.
Kindred adds the joint space and seven predictions. Explanations and nearest posts come
after the result and are shown apart, as are texts alone, whose CPU time a busy machine
changes less than the time on the clock.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from backend.domain import Content, Modality, Post
from backend.media import read_audio, read_image
from backend.recognition import wanted
from backend.workspace.workspace import Workspace

ROUNDS = 15
TEXTS = 60
TEXT = "Third night of thunder, the power is out and something keeps moving in the attic."


def posts(workspace: Workspace) -> list[Post]:
    """Return shipped posts that have an image and a sound."""
    corpus = workspace.corpus()
    table = corpus.table(["id", "image", "audio"]).sort_by("id")
    both = [
        row["id"]
        for row in table.to_pylist()
        if row["image"] is not None and row["audio"] is not None
    ]
    return list(corpus.posts(both[: ROUNDS + 2]).values())


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def texts_alone(workspace: Workspace) -> None:
    """Print what texts cost that were not read before, and the text encoder's part of it."""
    encoder = workspace.embedder.encoder(Modality.TEXT)
    seconds, used, encoding = [], [], []
    for i in range(TEXTS):
        text = f"{TEXT} Night {i} of {TEXTS}."
        start = time.process_time()
        encoder.encode([text])
        encoding.append(time.process_time() - start)
        start = time.process_time()
        seconds.append(timed(lambda t=text: workspace.analyse(Content(text=t))))  # type: ignore[misc]
        used.append(time.process_time() - start)
    print(
        f"\n| a text of {len(text.split())} words alone, {TEXTS} of them | median ms | least ms |"
    )
    print("|---|---|---|")
    for name, some in (("analyse", seconds), ("its CPU", used), ("CPU of the encoder", encoding)):
        print(f"| {name} | {1000 * statistics.median(some):.1f} | {1000 * min(some):.1f} |")


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        corpus = workspace.corpus()
        contents = [
            Content(
                text=f"{TEXT} {post.text}",
                image=read_image(corpus.media_of(post, Modality.IMAGE)),
                audio=read_audio(corpus.media_of(post, Modality.AUDIO)),
            )
            for post in posts(workspace)
        ]
        warm, contents = contents[:2], contents[2:]
        for content in warm:
            workspace.analyse(content)
            workspace.explain(content)
            workspace.nearest(content)
        recognizer = workspace.embedder.recognizer
        rows: dict[str, list[float]] = {}
        for content in contents:
            bare = 0.0
            for modality in Modality:
                encoder = workspace.embedder.encoder(modality)
                item = getattr(content, modality.value)
                seconds = timed(lambda e=encoder, i=item: e.encode([i]))  # type: ignore[misc]
                rows.setdefault(f"encoder, {modality}", []).append(seconds)
                bare += seconds
            seconds = timed(lambda c=content: recognizer.read([c], wanted()))  # type: ignore[misc]
            rows.setdefault("reading", []).append(seconds)
            bare += seconds
            rows.setdefault("encoders and reading", []).append(bare)
            rows.setdefault("analyse", []).append(timed(lambda c=content: workspace.analyse(c)))  # type: ignore[misc]
            rows.setdefault("nearest, after it", []).append(
                timed(lambda c=content: workspace.nearest(c))  # type: ignore[misc]
            )
            rows.setdefault("explain, after it", []).append(
                timed(lambda c=content: workspace.explain(c))  # type: ignore[misc]
            )
        peer = statistics.median(rows["encoders and reading"])
        print("| step | median ms | against encoders and reading |\n|---|---|---|")
        for name, seconds in rows.items():
            middle = statistics.median(seconds)
            print(f"| {name} | {1000 * middle:.1f} | {middle / peer:.2f}x |")
        pairs = zip(rows["analyse"], rows["encoders and reading"], strict=True)
        ratio = statistics.median(analysed / bare for analysed, bare in pairs)
        print(f"\nanalyse / encoders and reading, pair by pair: median {ratio:.2f}x")
        texts_alone(workspace)


if __name__ == "__main__":
    main()
