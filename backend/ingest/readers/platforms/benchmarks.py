"""Benchmarks whose tables do not name the files: MELD, CH-SIMS and its kin, Fakeddit, ..."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from backend.ingest.readers.platforms.common import Cells, Context, Item, first

NAME = "benchmark"
TITLE = "Benchmark (MELD, CH-SIMS, MOSI, Fakeddit, Sentiment140, GoEmotions)"
_SPLITS = re.compile(r"(train|dev|val|test)", re.I)
# fmt: off
GO_EMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity",
    "desire", "disappointment", "disapproval", "disgust", "embarrassment", "excitement", "fear",
    "gratitude", "grief", "joy", "love", "nervousness", "optimism", "pride", "realization",
    "relief", "remorse", "sadness", "surprise", "neutral",
)
# fmt: on


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a row of one of these tables."""
    return not path and _kind(item) is not None


def _kind(item: Item) -> Callable[[Item, Context], Cells] | None:
    keys = item.keys()
    if {"Utterance", "Dialogue_ID", "Utterance_ID"} <= keys:
        return _meld
    if {"video_id", "clip_id", "text"} <= keys:
        return _mmsa
    if {"clean_title", "2_way_label"} <= keys:
        return _fakeddit
    if {"admiration", "remorse", "neutral", "text"} <= keys:
        return _go_emotions
    if {"caption", "url", "key"} <= keys and {"jpg", "png", "webp"} & keys:
        return _img2dataset
    values = list(item.values())
    if len(values) == 6 and _is_sentiment140(values):
        return _sentiment140
    if len(values) == 3 and _is_go_emotions(values):
        return _go_emotions_short
    return None


def _is_sentiment140(values: list[Any]) -> bool:
    return (
        str(values[0]) in ("0", "2", "4")
        and str(values[1]).isdigit()
        and re.match(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d", str(values[2])) is not None
    )


def _is_go_emotions(values: list[Any]) -> bool:
    numbers = re.fullmatch(r"\d{1,2}(,\d{1,2})*", str(values[1]))
    known = numbers is not None and all(int(n) < 28 for n in numbers[0].split(","))
    return known and re.fullmatch(r"e[a-z0-9]{6}", str(values[2])) is not None


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a row."""
    kind = _kind(item)
    if kind is None:
        raise ValueError
    return kind(item, context)


def _split(context: Context) -> str:
    found = _SPLITS.search(context.file.rpartition("/")[2])
    return found[1].lower() if found else ""


def _meld(item: Item, context: Context) -> Cells:
    base = f"dia{item['Dialogue_ID']}_utt{item['Utterance_ID']}"
    split = _split(context)
    film = _file(context, split, f"{base}.mp4", f"final_videos_test{base}.mp4")
    return {
        "id": f"{split}-{base}" if split else base,
        "text": item["Utterance"],
        "user": item.get("Speaker"),
        "image": film or f"{base}.mp4",
        "Emotion": item.get("Emotion"),
        "Sentiment": item.get("Sentiment"),
        "split": split,
    }


def _file(context: Context, split: str, *bases: str) -> str | None:
    """Return the file of this name, of several the one in the folder of the split."""
    by_base = context.memory.get("files")
    if by_base is None:
        by_base = context.memory["files"] = {}
        for name in context.tree.sizes:
            by_base.setdefault(name.rpartition("/")[2], []).append(name)
    for base in bases:
        found = by_base.get(base, [])
        ours = [n for n in found if split and split in n.rpartition("/")[0].lower()]
        if len(ours) == 1 or len(found) == 1:
            return "/" + (ours or found)[0]
    return None


def _mmsa(item: Item, context: Context) -> Cells:
    video, clip = str(item["video_id"]), str(item["clip_id"])
    stems = [clip, *(clip.zfill(n) for n in (2, 3, 4, 5))]
    paths = [
        path
        for stem in dict.fromkeys(stems)
        for ending in (".mp4", ".avi", ".wav")
        for path in (
            f"Raw/{video}/{stem}{ending}",
            f"{video}/{stem}{ending}",
            f"{video}_{stem}{ending}",
        )
    ]
    folder = context.file.rpartition("/")[0]
    inside = (f"{folder}/{path}".lstrip("/") for path in paths)
    film = next((name for name in (*inside, *paths) if name in context.tree.sizes), None)
    film = f"/{film}" if film else _unique_end(context, paths)
    is_sound = bool(film) and str(film).endswith(".wav")
    labels = {k: v for k, v in item.items() if k.startswith(("label", "annotation"))}
    return {
        "id": f"{video}/{clip}",
        "text": item["text"],
        "audio" if is_sound else "image": film or f"{video}/{clip}.mp4",
        **labels,
        "split": first(item, "mode", "split"),
    }


def _unique_end(context: Context, paths: list[str]) -> str | None:
    ends = context.memory.get("ends")
    if ends is None:
        ends = context.memory["ends"] = {}
        for name in context.tree.sizes:
            ends.setdefault("/".join(name.split("/")[-2:]), []).append(name)
    for path in paths:
        found = ends.get(path, [])
        if len(found) == 1:
            return f"/{found[0]}"
    return None


def _fakeddit(item: Item, context: Context) -> Cells:
    id_ = str(item.get("id"))
    file = context.local(*(f"{id_}{ending}" for ending in (".jpg", ".jpeg", ".png", ".gif")))
    labels = {k: v for k, v in item.items() if k.endswith("_way_label")}
    has = str(first(item, "hasImage") or "True").lower() in ("true", "1")
    return {
        "id": id_,
        "text": first(item, "title", "clean_title"),
        "user": item.get("author"),
        "time": first(item, "created_utc"),
        "image": file or (first(item, "image_url") if has else None),
        **labels,
        "subreddit": item.get("subreddit"),
    }


def _img2dataset(item: Item, context: Context) -> Cells:
    return {
        "id": str(item["key"]),
        "text": item["caption"],
        "image": first(item, "jpg", "png", "webp") or item["url"],
    }


def _sentiment140(item: Item, context: Context) -> Cells:
    label, id_, time, _, user, words = item.values()
    return {"id": id_, "text": words, "user": user, "time": time, "sentiment": str(label)}


def _go_emotions(item: Item, context: Context) -> Cells:
    given = [name for name in GO_EMOTIONS if str(item.get(name)) in ("1", "True", "1.0")]
    rater = item.get("rater_id")
    return {
        # A comment has a row for each of its raters.
        "id": f"{item.get('id')}/{rater}" if rater not in (None, "") else item.get("id"),
        "text": item["text"],
        "user": item.get("author"),
        "time": first(item, "created_utc"),
        "emotion": ", ".join(given),
        "subreddit": item.get("subreddit"),
    }


def _go_emotions_short(item: Item, context: Context) -> Cells:
    words, numbers, id_ = item.values()
    given = [GO_EMOTIONS[int(n)] for n in str(numbers).split(",")]
    return {"id": id_, "text": words, "emotion": ", ".join(given), "split": _split(context)}
