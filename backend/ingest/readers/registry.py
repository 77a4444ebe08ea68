"""The supported formats, and detection of the format of a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import (
    captions,
    delimited,
    joins,
    json_lines,
    mastodon,
    media_folder,
    mvsa,
    parquet,
    shuttersong,
    vector_columns,
    vector_files,
    workbook,
    yfcc,
)
from backend.ingest.readers.base import ColumnMapping, Format, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.platforms import (
    benchmarks,
    bluesky,
    bluesky_car,
    crowdtangle,
    discord,
    google_photos,
    linkedin,
    mastodon_api,
    meta,
    misskey,
    reddit,
    snscrape,
    telegram,
    telegram_html,
    tiktok,
    tumblr,
    tumblr_html,
    vk,
    vk_html,
    weibo,
    whatsapp,
    x_api,
    x_archive,
    youtube,
)
from backend.ingest.readers.platforms.reader import PlatformFormat
from backend.ingest.readers.samples import shortened, size_of
from backend.ingest.readers.time_limit import OutOfTimeError, share_of_time
from backend.settings import settings

_PLATFORMS: tuple[Any, ...] = (
    x_archive, meta, telegram, discord, reddit, youtube, tiktok, bluesky, mastodon_api, misskey,
    tumblr, linkedin, weibo, vk, crowdtangle, snscrape, x_api, benchmarks,
)  # fmt: skip
# Specific formats first: an MVSA archive is also a folder of images.
_ALL: tuple[Any, ...] = (
    mastodon, mvsa, yfcc, shuttersong, whatsapp, google_photos, bluesky_car,
    telegram_html, tumblr_html, vk_html, *map(PlatformFormat, _PLATFORMS),
    captions, parquet, media_folder, json_lines, delimited, workbook,
)  # fmt: skip
FORMATS: dict[str, Format] = {module.NAME: module for module in _ALL}
_SAMPLE_ROWS = 200
_SAMPLE_TIME = 0.25  # of the time for reading, where that is limited
_SAMPLES_SIZE = 2**25  # characters or bytes of all samples


def titles() -> dict[str, str]:
    """Return the title of each format by name."""
    return {name: module.TITLE for name, module in FORMATS.items()}


def get(name: str) -> Format:
    """Return the module of a format.

    Raises
    ------
    KindredError
        ``no_format``, listing the formats.
    """
    if name not in FORMATS:
        raise KindredError(
            "no_format", f"There is no format {name[:40]!r}; choose one of {', '.join(FORMATS)}."
        )
    return FORMATS[name]


def detect(tree: Tree) -> tuple[str, str]:
    """Return the format of a source, and why it is that.

    Raises
    ------
    KindredError
        ``empty`` or ``no_format``.
    """
    if not tree.sizes:
        refused = f" ({tree.refused[0][0]}: {tree.refused[0][1]})" if tree.refused else ""
        raise KindredError("empty", f"{tree.path.name} has no files to read{refused}.")
    # A folder of images with Parquet metadata is still a folder of images.
    media = media_folder.matches(tree) if tree.names("metadata.parquet") else None
    if media:
        return media_folder.NAME, media
    users = {name for name, _ in joins.tables_of_people(tree)}
    for name, module in FORMATS.items():
        # Posts in one kind of table and users in another: the posts count.
        if module in joins.TABLES and users >= set(tree.names(*module.ENDINGS)) != set():
            continue
        if reason := module.matches(tree):
            if module is media_folder and (table := _table_naming_media(tree)):
                return table
            return name, reason
    names = ", ".join(tree.names()[:3])
    raise KindredError(
        "no_format",
        f"{tree.path.name} ({names}) has no table, folder of images or sounds, or archive in a "
        f"known format; the formats are {', '.join(FORMATS)}.",
    )


def _table_naming_media(tree: Tree) -> tuple[str, str] | None:
    """Return a table that names the media beside it, whatever the name of the table."""
    for module in (parquet, json_lines, delimited):
        tables = [n for n in tree.names(*module.ENDINGS) if not n.endswith((".txt", ".json"))]
        if not tables or tables[0].rpartition("/")[2].startswith("metadata."):
            continue
        try:
            mapped = mapping(tree, module.NAME, Options(table=tables[0]))
        except KindredError:
            continue  # not a table after all
        if mapped.get("image") or mapped.get("audio"):
            return module.NAME, f"{tables[0]} is a table that names images or sounds"
    return None


def rows(tree: Tree, name: str, options: Options) -> Iterator[Row]:
    """Yield the rows of a source in a format."""
    found = iter(get(name).read(tree, options))
    if get(name) not in joins.TABLES:
        return found
    found = joins.joined(tree, found)
    arrays = vector_files.named(options.vectors) + vector_files.beside(tree)
    return vector_files.joined(found, arrays) if arrays else found


def columns(tree: Tree, name: str, options: Options) -> tuple[list[str], list[Row]]:
    """Return the columns of a source and some of its rows, with long values shortened."""
    columns_: dict[str, None] = {}
    samples: list[Row] = []
    size = 0
    is_past = share_of_time(_SAMPLE_TIME)
    try:
        for row in rows(tree, name, options):
            columns_ |= dict.fromkeys(row.cells)
            if row.cells and row.error is None:
                cells = {c: shortened(v) for c, v in row.cells.items()}
                samples.append(replace(row, cells=cells))
                size += size_of(list(cells.values()))
            # Rows with ever new columns make guessing slow, and no better.
            if (
                len(samples) >= _SAMPLE_ROWS
                or size > _SAMPLES_SIZE
                or len(columns_) > settings().limits.columns
                or (samples and is_past())
            ):
                break
    except OutOfTimeError:
        if not samples:
            raise
    return list(columns_), samples


def mapping(
    tree: Tree,
    name: str,
    options: Options,
    sampled: tuple[list[str], list[Row]] | None = None,
) -> ColumnMapping:
    """Return the columns of each field: as the user chose, else guessed.

    `sampled` is what `columns` returned, where it was called before.
    """
    if options.mapping:
        return options.mapping
    columns_, samples = sampled or columns(tree, name, options)
    guessed = get(name).mapping(columns_, samples)
    if get(name) not in joins.TABLES:
        return {field: tuple(of) for field, of in guessed.items()}
    vectors = vector_columns.guess(columns_, samples)
    taken = set(vector_columns.candidates(columns_, samples))
    kept = {field: tuple(c for c in of if c not in taken) for field, of in guessed.items()}
    return {field: of for field, of in kept.items() if of} | vectors
