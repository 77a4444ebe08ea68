"""Predict or embed the posts of a file and write a file in the same order.

The input is JSON lines ``{"id", "text"?, "image"?, "audio"?, "user"?}``; paths of media
are relative to the file. A bad post does not stop the others. The output is written to a
temporary file next to its final name; a run that was killed resumes from it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from backend.core.files import atomic_write
from backend.core.progress import Progress
from backend.corpus.readings import PostReadings
from backend.domain import Content, KindredError, Modality, Picture, Sound
from backend.media import clean_text, read_untrusted
from backend.recognition import wanted
from backend.workspace.json_lines import error_json, prediction_json

if TYPE_CHECKING:
    from backend.workspace.loaded_models import LoadedModels
    from backend.workspace.workspace import Workspace

BATCH = 32  # posts decoded at a time, which bounds memory and fills the batch of an encoder
LINE_BYTES = 2**20
_SUMMARY = b"kindred"  # key of a part's metadata: its number of posts and its errors
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One line of the input: a post or an error."""

    id: str | None
    content: Content | None
    error: KindredError | None


def read_row(line: bytes, number: int, folder: Path) -> Row:
    """Read one line of a posts file, with its media.

    Parameters
    ----------
    line : bytes
    number : int
        From 1, for the message.
    folder : pathlib.Path
        Base of the relative paths of media.

    Returns
    -------
    Row
        A bad line becomes a row with an error; nothing is raised.
    """
    name: str | None = None
    try:
        if len(line) > LINE_BYTES:
            message = f"Line {number} exceeds the limit of {LINE_BYTES:,} bytes."
            raise KindredError("too_large", message)
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError):
            raise KindredError("not_json", f"Line {number} is not valid JSON.") from None
        if not isinstance(raw, Mapping):
            raise KindredError("not_a_post", f"Line {number} is not a JSON object.")
        if raw.get("id") is None or isinstance(raw["id"], list | dict):
            raise KindredError("no_id", f'Line {number} has no "id".')
        # Exporters that truncate write half a character, which cannot be stored or printed.
        name = str(raw["id"]).encode("utf-8", "replace").decode()
        return Row(name, _content(raw, number, folder), None)
    except KindredError as error:
        return Row(name, None, error)


def _content(raw: Mapping[str, Any], number: int, folder: Path) -> Content:
    for key in ("text", "image", "audio"):
        value = raw.get(key)
        if value is not None and not isinstance(value, str):
            raise KindredError("wrong_type", f'Line {number}: "{key}" must be a string.')
        if key != "text" and value and _SURROGATE.search(value):
            raise KindredError(
                "no_file", f'Line {number}: "{key}" is not valid Unicode (unpaired surrogate).'
            )
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
            raise KindredError("not_audio", f"{raw['audio']} contains no sound.")
    language = raw.get("language")
    hint = language if isinstance(language, str) else None
    content = Content(text=text or None, image=image, audio=audio, language=hint)
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
        return read_untrusted(path)
    except OSError as error:
        raise KindredError("no_file", f"{name} cannot be read: {error.strerror}.") from None


def rows(source: Path, *, skip: int = 0) -> Iterator[Row]:
    """The rows of a posts file without its empty lines."""
    with source.open("rb") as file:
        lines = ((number, line) for number, line in enumerate(_lines(file), 1) if line.strip())
        for number, line in islice(lines, skip, None):
            yield read_row(line.removeprefix(b"\xef\xbb\xbf"), number, source.parent)


def blocks(source: Path, *, skip: int = 0) -> Iterator[list[Row]]:
    """The rows of a posts file in batches."""
    reader = rows(source, skip=skip)
    while block := list(islice(reader, BATCH)):
        yield block


def count(source: Path) -> int:
    """The number of rows of a posts file."""
    with source.open("rb") as file:
        return sum(1 for line in _lines(file) if line.strip())


def count_media(source: Path) -> tuple[int, int]:
    """The numbers of rows of a posts file with an image and with a sound, about."""
    with source.open("rb") as file:
        images = sounds = 0
        for line in _lines(file):
            images += b'"image"' in line
            sounds += b'"audio"' in line
    return images, sounds


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, cut to one byte more than the limit."""
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
    read: Collection[Modality] | None = None,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Predict every post of a file.

    Parameters
    ----------
    workspace : Workspace
    source, target : pathlib.Path
        JSON lines in and out.
    read : collection of Modality, optional
        Of image and audio: the modalities whose words are read; None: as in the settings.
    progress : callable, optional
        Called with the number of posts done and the total.

    Returns
    -------
    tuple of int
        Posts predicted, posts with an error.

    Raises
    ------
    KindredError
        ``not_written`` when the target cannot be written.
    """
    models = workspace.models
    total, stamp = count(source), _fingerprint(source, models.bundle.name, read)
    temporary = target.with_name(f".{target.name}.{stamp}.part")
    done = _complete_lines(temporary)
    succeeded = failed = 0
    if done:
        with temporary.open("rb") as file:
            failed = sum(1 for line in file if b'"error":' in line and "error" in json.loads(line))
        succeeded = done - failed
    try:
        with temporary.open("ab") as file:
            for batch in blocks(source, skip=done):
                for answer in answers(models, batch, read):
                    failed += "error" in answer
                    succeeded += "error" not in answer
                    file.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
                file.flush()
                if progress is not None:
                    progress(succeeded + failed, total)
        temporary.replace(target)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror}."
        raise KindredError("not_written", message) from error
    return succeeded, failed


def answers(
    models: LoadedModels, batch: list[Row], read: Collection[Modality] | None = None
) -> list[dict[str, Any]]:
    """The line of output of each row, in order; `read` as for `analyse`."""
    contents = [row.content for row in batch if row.content is not None]
    readings = _read(models, contents, read)
    results = zip(models.analyse_many(contents, readings), readings, strict=True)
    lines = []
    for row in batch:
        result, of_post = (row.error, {}) if row.error else next(results)
        if isinstance(result, KindredError):
            lines.append(error_json(row.id, result))
        else:
            lines.append(prediction_json(row.id, result, of_post))
    return lines


def _read(
    models: LoadedModels, contents: Sequence[Content], read: Collection[Modality] | None
) -> Sequence[PostReadings]:
    chosen = wanted() if read is None else read
    return models.embedder.recognizer.read(contents, chosen)


def embed(
    workspace: Workspace,
    source: Path,
    target: Path,
    *,
    read: Collection[Modality] | None = None,
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
    read : collection of Modality, optional
        As for `analyse`.
    progress : callable, optional

    Returns
    -------
    tuple
        Number of posts embedded, and id and error of each other post.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    total, models = count(source), workspace.models
    vector = pa.list_(pa.float32(), models.embedder.space.dim)
    schema = pa.schema([("id", pa.string()), ("kind", pa.string()), ("vector", vector)])
    errors: list[tuple[str | None, KindredError]] = []
    parts = target.with_name(
        f".{target.name}.{_fingerprint(source, models.bundle.name, read)}.parts"
    )
    done = 0
    try:
        parts.mkdir(exist_ok=True)
        while (parts / f"{done // BATCH:06}.parquet").is_file():  # left by a killed run
            done += BATCH
        for batch in blocks(source, skip=done):
            table = _embedded(models, batch, schema, read)
            with atomic_write(parts / f"{done // BATCH:06}.parquet") as temporary:
                pq.write_table(table, temporary)
            done += BATCH
            if progress is not None:
                progress(min(done, total), total)
        posts = 0
        with atomic_write(target) as temporary, pq.ParquetWriter(temporary, schema) as writer:
            for part in sorted(parts.glob("*.parquet")):
                table = pq.read_table(part)
                summary = json.loads((table.schema.metadata or {})[_SUMMARY])
                posts += summary["posts"]
                errors += [(id_, KindredError(*error)) for id_, *error in summary["errors"]]
                writer.write_table(table.replace_schema_metadata(None))
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror}."
        raise KindredError("not_written", message) from error
    shutil.rmtree(parts, ignore_errors=True)
    return posts, errors


def _embedded(
    models: LoadedModels, batch: list[Row], schema: Any, read: Collection[Modality] | None
) -> Any:
    """The vectors of a batch as a table; its metadata hold a summary with the errors."""
    import pyarrow as pa

    errors = [(row.id, row.error) for row in batch if row.error is not None]
    usable = [row for row in batch if row.content is not None]
    contents = [row.content for row in usable if row.content]
    embedded = models.embed_many(contents, _read(models, contents, read))
    columns: dict[str, list[Any]] = {"id": [], "kind": [], "vector": []}
    for row, vectors in zip(usable, embedded, strict=True):
        if isinstance(vectors, KindredError):
            errors.append((row.id, vectors))
            continue
        for kind, vector in vectors.items():
            columns["id"].append(row.id)
            columns["kind"].append(kind.value)
            columns["vector"].append(vector)
    summary = {
        "posts": len(batch) - len(errors),
        "errors": [(id_, error.code, error.message) for id_, error in errors],
    }
    return pa.table(columns, schema=schema.with_metadata({_SUMMARY: json.dumps(summary)}))


def _fingerprint(source: Path, bundle: str, read: Collection[Modality] | None) -> str:
    """Fingerprint of source, bundle and what is read: only the same output is resumed."""
    chosen = sorted(wanted() if read is None else read)
    digest = hashlib.sha256(" ".join([bundle, *chosen]).encode())
    with source.open("rb") as file:
        return hashlib.file_digest(file, lambda: digest).hexdigest()[:12]


def _complete_lines(temporary: Path) -> int:
    """Count the lines of whole batches in a file and cut off the rest."""
    if not temporary.is_file():
        return 0
    data = temporary.read_bytes()
    end = data.rfind(b"\n") + 1
    # Whole batches only, so that results do not depend on where a run was killed.
    lines = data[:end].splitlines(keepends=True)
    whole = len(lines) // BATCH * BATCH
    with temporary.open("r+b") as file:
        file.truncate(sum(map(len, lines[:whole])))
    return whole
