"""Batch forms of analyse and embed: a file in, a file out, in the same order.

The input is JSON lines ``{"id", "text"?, "image"?, "audio"?, "user"?}`` with
media as paths relative to the file. One bad post never stops the rest. The
output grows beside its final name and is moved there when complete; a run that was
killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from backend.core.files import atomic_write
from backend.domain import Affect, Content, KindredError, Picture, Prediction, Sound
from backend.media import clean_text, read_media

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

BATCH = 32  # posts decoded at a time: bounds memory, fills an encoder's batch
LINE_BYTES = 2**20
_TOLD = b"kindred"  # of a part's metadata: posts and errors
_BROKEN = re.compile("[\ud800-\udfff]")  # one half of a pair

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One line of the input: a post, or why it is none."""

    id: str | None
    content: Content | None
    error: KindredError | None


def affect_json(affect: Affect) -> dict[str, Any]:
    """An `Affect` as plain JSON, rounded so that equal runs are equal bytes."""
    return {
        "emotion": {name: round(p, 6) for name, p in affect.emotion.items()},
        "neutral": round(affect.neutral, 6),
        "sentiment": {
            "positive": round(affect.sentiment.positive, 6),
            "label": affect.sentiment.label,
        },
        "confidence": round(affect.confidence, 6),
    }


def prediction_json(id: str | None, prediction: Prediction) -> dict[str, Any]:
    """A `Prediction` in the form of the batch contract."""
    return {
        "id": id,
        "modalities": [m.value for m in prediction.modalities],
        **affect_json(prediction.affect),
        "subsets": {name: affect_json(a) for name, a in prediction.subsets.items()},
        "bundle": prediction.bundle,
    }


def error_json(id: str | None, error: KindredError) -> dict[str, Any]:
    """An error in the form of the batch contract."""
    return {"id": id, "error": {"code": error.code, "message": error.message}}


def read_row(line: bytes, number: int, folder: Path) -> Row:
    """Read one line of a posts file, media and all.

    Parameters
    ----------
    line : bytes
    number : int
        From 1, for the message.
    folder : pathlib.Path
        What relative media paths are relative to.

    Returns
    -------
    Row
        Never raises for what the line holds.
    """
    name: str | None = None
    try:
        if len(line) > LINE_BYTES:
            raise KindredError(
                "too_large", f"Line {number} is longer than {LINE_BYTES:,} bytes, the limit."
            )
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError):
            raise KindredError("not_json", f"Line {number} is not valid JSON.") from None
        if not isinstance(raw, Mapping):
            raise KindredError("not_a_post", f"Line {number} is not a JSON object.")
        if raw.get("id") is None or isinstance(raw["id"], list | dict):
            raise KindredError("no_id", f'Line {number} has no "id".')
        # Truncating exporters write half a character, which nothing can store or print.
        name = str(raw["id"]).encode("utf-8", "replace").decode()
        return Row(name, _content(raw, number, folder), None)
    except KindredError as error:
        return Row(name, None, error)


def _content(raw: Mapping[str, Any], number: int, folder: Path) -> Content:
    for key in ("text", "image", "audio"):
        value = raw.get(key)
        if value is not None and not isinstance(value, str):
            raise KindredError("wrong_type", f'Line {number}: "{key}" must be a string.')
        if key != "text" and value and _BROKEN.search(value):
            raise KindredError("no_file", f'Line {number}: "{key}" holds half a character.')
    text = clean_text(raw["text"]) if raw.get("text") else None
    image: Picture | None = None
    audio: Sound | None = None
    if raw.get("image"):
        image, soundtrack = _media(folder, raw["image"])
        if image is None:
            raise KindredError("not_an_image", f"{raw['image']} is a sound, not an image.")
        audio = soundtrack
    if raw.get("audio"):
        _, audio = _media(folder, raw["audio"])
        if audio is None:
            raise KindredError("not_audio", f"{raw['audio']} has no sound in it.")
    content = Content(text=text or None, image=image, audio=audio)
    if not content.modalities:
        raise KindredError("empty", f"Line {number} has no text, no image and no audio.")
    return content


def _media(folder: Path, name: str) -> tuple[Picture | None, Sound | None]:
    if "\0" in name:
        raise KindredError("no_file", "A media path contains a NUL byte.")
    path = folder / name
    try:
        if not path.is_file():
            raise KindredError("no_file", f"There is no file {name}.")
        return read_media(path)
    except OSError as error:
        raise KindredError("no_file", f"{name} cannot be read: {error.strerror}.") from None


def rows(source: Path, *, skip: int = 0) -> Iterator[Row]:
    """The rows of a posts file, empty lines left out."""
    with source.open("rb") as file:
        lines = ((number, line) for number, line in enumerate(_lines(file), 1) if line.strip())
        for number, line in islice(lines, skip, None):
            yield read_row(line.removeprefix(b"\xef\xbb\xbf"), number, source.parent)


def blocks(source: Path) -> Iterator[list[Row]]:
    """The rows of a posts file, a batch at a time."""
    reader = rows(source)
    while block := list(islice(reader, BATCH)):
        yield block


def count(source: Path) -> int:
    """How many rows a posts file has."""
    with source.open("rb") as file:
        return sum(1 for line in _lines(file) if line.strip())


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, none longer in memory than what is refused anyway."""
    while line := file.readline(LINE_BYTES + 1):
        rest = line
        while len(rest) > LINE_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(LINE_BYTES + 1)
        yield line


def analyse(
    workspace: Workspace,
    source: Path,
    target: Path,
    *,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Predict every post of a file.

    Parameters
    ----------
    workspace : Workspace
    source, target : pathlib.Path
        JSON lines in and out.
    progress : callable, optional
        Called with posts done and posts in all.

    Returns
    -------
    tuple of int
        Posts predicted, posts with an error.

    Raises
    ------
    KindredError
        When the source cannot be read or the target not be written.
    """
    total, stamp = count(source), _stamp(source, workspace)
    draft = target.with_name(f".{target.name}.{stamp}.part")
    done = _complete_lines(draft)
    good = bad = 0
    if done:
        with draft.open("rb") as file:
            bad = sum(1 for line in file if b'"error":' in line and "error" in json.loads(line))
        good = done - bad
    reader = rows(source, skip=done)
    try:
        with draft.open("ab") as file:
            while batch := list(islice(reader, BATCH)):
                for answer in answers(workspace, batch):
                    bad += "error" in answer
                    good += "error" not in answer
                    file.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
                file.flush()
                if progress is not None:
                    progress(good + bad, total)
        draft.replace(target)
    except OSError as error:
        raise KindredError(
            "not_written", f"{target} cannot be written: {error.strerror}."
        ) from error
    return good, bad


def answers(workspace: Workspace, batch: list[Row]) -> list[dict[str, Any]]:
    """A line of output for each row, in order."""
    good = [row for row in batch if row.content is not None]
    predictions = iter(workspace.analyse_many([row.content for row in good if row.content]))
    lines = []
    for row in batch:
        if row.error is not None:
            lines.append(error_json(row.id, row.error))
            continue
        answer = next(predictions)
        if isinstance(answer, KindredError):
            lines.append(error_json(row.id, answer))
        else:
            lines.append(prediction_json(row.id, answer))
    return lines


def embed(
    workspace: Workspace,
    source: Path,
    target: Path,
    *,
    progress: Progress | None = None,
) -> tuple[int, list[tuple[str | None, KindredError]]]:
    """Write the joint vectors of every post of a file as Parquet.

    Parameters
    ----------
    workspace : Workspace
    source : pathlib.Path
        JSON lines.
    target : pathlib.Path
        Parquet with the columns ``id``, ``kind`` and ``vector`` (float32, unit
        length), a row for each modality and one for the post.
    progress : callable, optional

    Returns
    -------
    tuple
        Posts embedded, and the id and error of each that could not be.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    total = count(source)
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("kind", pa.string()),
            ("vector", pa.list_(pa.float32(), workspace.embedder.space.dim)),
        ]
    )
    errors: list[tuple[str | None, KindredError]] = []
    parts = target.with_name(f".{target.name}.{_stamp(source, workspace)}.parts")
    done = 0
    try:
        parts.mkdir(exist_ok=True)
        while (parts / f"{done // BATCH:06}.parquet").is_file():  # by a run that was killed
            done += BATCH
        reader = rows(source, skip=done)
        while batch := list(islice(reader, BATCH)):
            table = _placed(workspace, batch, schema)
            with atomic_write(parts / f"{done // BATCH:06}.parquet") as draft:
                pq.write_table(table, draft)
            done += BATCH
            if progress is not None:
                progress(min(done, total), total)
        posts = 0
        with atomic_write(target) as draft, pq.ParquetWriter(draft, schema) as writer:
            for part in sorted(parts.glob("*.parquet")):
                table = pq.read_table(part)
                told = json.loads((table.schema.metadata or {})[_TOLD])
                posts += told["posts"]
                errors += [(id_, KindredError(code, said)) for id_, code, said in told["errors"]]
                writer.write_table(table.replace_schema_metadata(None))
    except OSError as error:
        raise KindredError(
            "not_written", f"{target} cannot be written: {error.strerror}."
        ) from error
    shutil.rmtree(parts, ignore_errors=True)
    return posts, errors


def _placed(workspace: Workspace, batch: list[Row], schema: Any) -> Any:
    """The vectors of a batch as a table that also carries its count and its errors."""
    import pyarrow as pa

    errors = [(row.id, row.error) for row in batch if row.error is not None]
    usable = [row for row in batch if row.content is not None]
    placed = workspace.embed_many([row.content for row in usable if row.content])
    columns: dict[str, list[Any]] = {"id": [], "kind": [], "vector": []}
    for row, vectors in zip(usable, placed, strict=True):
        if isinstance(vectors, KindredError):
            errors.append((row.id, vectors))
            continue
        for kind, vector in vectors.items():
            columns["id"].append(row.id)
            columns["kind"].append(kind.value)
            columns["vector"].append(vector)
    told = {
        "posts": len(batch) - len(errors),
        "errors": [(id_, error.code, error.message) for id_, error in errors],
    }
    return pa.table(columns, schema=schema.with_metadata({_TOLD: json.dumps(told)}))


def _stamp(source: Path, workspace: Workspace) -> str:
    """What a draft must have been made from to be gone on with."""
    digest = hashlib.sha256(workspace.bundle.name.encode())
    with source.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:12]


def _complete_lines(draft: Path) -> int:
    """Count a draft's complete lines and cut off what a killed run left half-written."""
    if not draft.is_file():
        return 0
    data = draft.read_bytes()
    end = data.rfind(b"\n") + 1
    # Whole batches only: what a batch gives must not depend on where a run was killed.
    lines = data[:end].splitlines(keepends=True)
    whole = math.floor(len(lines) / BATCH) * BATCH
    with draft.open("r+b") as file:
        file.truncate(sum(map(len, lines[:whole])))
    return whole
