"""The seed texts of the text affect heads: well formed, balanced, varied, not repeated."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

SEED = Path(__file__).parents[2] / "assets" / "build" / "seed"
FILES = sorted(SEED.glob("*.jsonl"))
EMOTIONS = {
    "joy", "trust", "fear", "surprise", "sadness", "disgust", "anger", "anticipation",
}  # fmt: skip
SENTIMENTS = {"positive", "neutral", "negative"}
DOMAINS = {
    "product", "film", "news", "place", "service", "everyday", "politics", "tech", "music", "book",
}  # fmt: skip
NEAR = 0.8  # token Jaccard above this is a near copy
NAMED = re.compile(  # the everyday words for the eight; "love" and "happen" are not among them
    r"\b(joy\w*|overjoyed|happy|happiness|delight\w*|trust\w*|fear\w*|afraid|scared|terrified|"
    r"surpris\w+|amazed|sad|sadness|heartbroken|disgust\w*|gross\w*|revolting|anger|angry|furious|"
    r"hate|excited|eager\w*|can't wait|looking forward)\b",
    re.IGNORECASE,
)
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u23e9-\u23fa]")


def read(path: Path) -> list[dict]:
    """Return the records of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def is_emotion(path: Path) -> bool:
    return path.stem.endswith("_emotion")


def first(record: dict) -> str:
    """Return the primary emotion, or neutral."""
    return record["emotions"][0] if record["emotions"] else "neutral"


def tokens(text: str) -> frozenset[str]:
    """Return words, or character pairs where words are not written apart."""
    words = re.findall(r"\w+", text.lower())
    if words and sum(map(len, words)) > 12 * len(words):
        joined = "".join(words)
        return frozenset(joined[i : i + 2] for i in range(len(joined) - 1))
    return frozenset(words or [text])


def english(name: str) -> list[dict]:
    path = SEED / name
    if not path.exists():
        pytest.skip(f"no {name}")
    return read(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_record_is_well_formed(path: Path) -> None:
    second = {"emotions", "theme"} if is_emotion(path) else {"domain"}
    for record in read(path):
        where = record.get("id")
        assert set(record) == {"id", "text", "language", "sentiment"} | second, where
        assert record["text"] == record["text"].strip(), where
        assert record["text"], where
        assert len(record["text"]) <= 600, where
        assert re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?", record["language"]), where
        assert record["id"].split("-")[0] == record["language"].split("-")[0], where
        assert record["sentiment"] in SENTIMENTS, where
        if is_emotion(path):
            emotions = record["emotions"]
            assert set(emotions) <= EMOTIONS, where
            assert len(emotions) == len(set(emotions)) <= 2, where
            assert record["theme"], where
        else:
            assert record["domain"] in DOMAINS, where


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_balanced(path: Path) -> None:
    records = read(path)
    if is_emotion(path):
        counts = Counter(first(r) for r in records)
        assert set(counts) == EMOTIONS | {"neutral"}
        by_emotion = [counts[e] for e in EMOTIONS]
        assert max(by_emotion) <= 2 * min(by_emotion)
    else:
        counts = Counter(r["sentiment"] for r in records)
        assert set(counts) == SENTIMENTS
        ratio = counts["positive"] / counts["negative"]
        assert 0.67 < ratio < 1.5


def test_ids_are_unique() -> None:
    ids = Counter(r["id"] for path in FILES for r in read(path))
    assert [i for i, n in ids.items() if n > 1] == []


def test_no_text_is_a_near_copy_of_another() -> None:
    texts = [(r["id"], tokens(r["text"])) for path in FILES for r in read(path)]
    holders: defaultdict[str, list[int]] = defaultdict(list)
    copies = []
    for i, (name, words) in enumerate(texts):
        shared = Counter(j for word in words for j in holders[word])
        copies += [
            (name, texts[j][0])
            for j, n in shared.items()
            if n / (len(words) + len(texts[j][1]) - n) > NEAR
        ]
        for word in words:
            holders[word].append(i)
    assert copies == []


def test_english_emotions_cover_every_theme_evenly() -> None:
    records = english("en_emotion.jsonl")
    counts = Counter(first(r) for r in records)
    assert all(counts[emotion] >= 110 for emotion in EMOTIONS)
    assert counts["neutral"] >= 130
    themes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        themes[record["theme"]][first(record)] += 1
    assert len(themes) >= 26
    for theme, of in themes.items():
        assert set(of) == EMOTIONS | {"neutral"}, theme
        assert max(of[e] for e in EMOTIONS) <= min(of[e] for e in EMOTIONS) + 1, theme
    assert all(themes["caption"][emotion] >= 15 for emotion in EMOTIONS)


def test_english_emotions_are_mostly_implicit() -> None:
    feeling = [r for r in english("en_emotion.jsonl") if r["emotions"]]
    assert sum(bool(NAMED.search(r["text"])) for r in feeling) <= 0.10 * len(feeling)


def test_emoji_do_not_give_an_emotion_away() -> None:
    records = english("en_emotion.jsonl")
    having = Counter(first(r) for r in records if EMOJI.search(r["text"]))
    assert 0.10 <= having.total() / len(records) <= 0.25
    assert set(having) == EMOTIONS | {"neutral"}


def test_english_sentiment_is_balanced_in_every_domain() -> None:
    domains: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in english("en_sentiment.jsonl"):
        domains[record["domain"]][record["sentiment"]] += 1
    assert set(domains) == DOMAINS
    for domain, of in domains.items():
        assert of["positive"] == of["negative"] >= 12, domain
        assert 0.15 <= of["neutral"] / of.total() <= 0.25, domain
