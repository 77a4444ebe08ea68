"""Importing posts against the bare encoders on the same posts in the same run.

    python -m bench.ingest [--posts 1000] [--rounds 3]

The posts are those of the shipped corpus, over and over with other words, in
its proportions of texts, images and sounds. The peer gets what the importer
decodes, already decoded, and does nothing but encode it; the importer reads,
checks, decodes, encodes, places, predicts, stores media and commits.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from backend.ingest import Options
from backend.media import read_audio, read_image
from backend.posts import Content, Modality
from backend.workspace import Workspace


def source(workspace: Workspace, folder: Path, count: int, first: int) -> list[Content]:
    """Write `count` posts as a table with its media; also give them decoded."""
    corpus = workspace.corpus("commons")
    table = corpus.table(["id"]).sort_by("id")["id"].to_pylist()
    step = max(1, len(table) // count)
    chosen = [table[(first + i * step) % len(table)] for i in range(count)]
    contents, rows = [], []
    for i, post in enumerate(corpus.posts(sorted(set(chosen))).values()):
        image = corpus.media_of(post, Modality.IMAGE) if post.image else None
        audio = corpus.media_of(post, Modality.AUDIO) if post.audio else None
        text = f"{post.text} ({first + i})" if post.text else None
        row = {"id": f"b{first + i}", "text": text, "user": post.user, "tags": list(post.tags)}
        for kind, path in (("image", image), ("audio", audio)):
            if path is not None:
                shutil.copyfile(path, folder / path.name)
                row[kind] = path.name
        rows.append(row)
        contents.append(
            Content(
                text=text,
                image=read_image(image) if image else None,
                audio=read_audio(audio) if audio else None,
            )
        )
    (folder / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return contents


def bare(workspace: Workspace, contents: list[Content]) -> float:
    """Seconds that the encoders alone take."""
    begin = time.perf_counter()
    for modality in Modality:
        items = [getattr(c, modality.value) for c in contents if modality in c.modalities]
        if items:
            workspace.embedder.encoder(modality).encode(items)
    return time.perf_counter() - begin


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=600, help="in a round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print("| round | posts | bare posts/s | import posts/s | ratio |\n|---|---|---|---|---|")
    ratios = []
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        bare(workspace, source(workspace, _folder(home, "warm"), 8, 0))
        for number in range(given.rounds):
            folder = _folder(home, f"round{number}")
            contents = source(workspace, folder, given.posts, number)
            count = len(contents)
            # Half of the peer before and half after: a busy machine is busy for both.
            seconds = bare(workspace, contents[::2])
            report = workspace.imports.check(folder, f"round{number}", Options())
            job = workspace.imports.plan(folder, f"round{number}", report, Options())
            begin = time.perf_counter()
            state = workspace.imports.run(job)
            spent = time.perf_counter() - begin
            seconds += bare(workspace, contents[1::2])
            if state.stage != "done" or state.posts != count:
                sys.exit(f"the import went wrong: {state}")
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
