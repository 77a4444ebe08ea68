"""Tweets with mean human sentiment ratings, from the source archive of vaderSentiment 3.3.2."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from functools import lru_cache

from assets.build.corpus import words
from assets.build.corpus.groups import similar_texts
from assets.build.corpus.rows import Row, Source
from assets.build.fetch import unpacked

SOURCE = Source(
    name="vader-tweets",
    title="VADER tweets (Hutto & Gilbert 2014)",
    description="Tweets, each rated for sentiment by about twenty people; authors are not known.",
    package="PyPI vaderSentiment 3.3.2 (source archive)",
    licence="MIT",
    licence_name="MIT License",
    url="https://github.com/cjhutto/vaderSentiment",
    notice="LICENSE.txt",
)
POSTED = 350
# Mean ratings run from -4 to 4; nearer to zero than this most raters said "neutral".
NEUTRAL = 0.5


@dataclass(frozen=True, slots=True)
class Tweet:
    """One rated tweet."""

    id: str
    text: str
    rating: float
    group: str

    @property
    def label(self) -> str:
        """Sentiment by the mean rating."""
        if abs(self.rating) < NEUTRAL:
            return "neutral"
        return "positive" if self.rating > 0 else "negative"


def clean(text: str) -> str:
    """Entities resolved, other people's handles and links made anonymous."""
    text = html.unescape(html.unescape(text))
    text = re.sub(r"(?<!\w)@\w+", "@user", text)
    text = re.sub(r"https?://\S+", "https://…", text)
    return re.sub(r"\s+", " ", text).strip()


@lru_cache(maxsize=1)
def tweets() -> tuple[Tweet, ...]:
    """Every rated tweet with its group of near-duplicates."""
    path = unpacked("vaderSentiment") / "tweets.txt"
    rows = [line.split("\t", 2) for line in path.read_text("utf-8", errors="replace").splitlines()]
    texts = [clean(r[2]) for r in rows]
    groups = similar_texts(texts)
    return tuple(
        Tweet(f"tweet-{int(r[0]):04d}", text, float(r[1]), f"tweet-{int(rows[g][0]):04d}")
        for r, text, g in zip(rows, texts, groups, strict=True)
    )


def _usable(tweet: Tweet) -> bool:
    return len(tweet.text) >= 20 and len(words.tokens(tweet.text)) >= 4


def rows() -> list[Row]:
    """A few hundred tweets as text-only posts, one a group, chosen by a hash of their id."""
    first: dict[str, Tweet] = {}
    for tweet in tweets():
        if _usable(tweet):
            first.setdefault(tweet.group, tweet)
    chosen = sorted(first.values(), key=lambda t: hashlib.sha256(t.id.encode()).hexdigest())
    return [
        Row(
            id=t.id,
            source=SOURCE.name,
            licence=SOURCE.licence,
            original=f"tweets_GroundTruth.txt#{int(t.id[6:])}",
            text=t.text,
            tags=tuple(
                dict.fromkeys(h.casefold() for h in re.findall(r"#(\w*[a-zA-Z]\w*)", t.text))
            ),
            labels={"category": "tweet", "sentiment": t.label, "rating": f"{t.rating:.2f}"},
            language="en",
            url=SOURCE.url,
            group=t.group,
        )
        for t in sorted(chosen[:POSTED], key=lambda t: t.id)
    ]


def notice() -> str:
    """The package's licence, and what to cite."""
    licence = (unpacked("vaderSentiment") / SOURCE.notice).read_text("utf-8")
    return (
        "Hutto, C.J. & Gilbert, E.E. (2014). VADER: A Parsimonious Rule-based Model for Sentiment\n"
        "Analysis of Social Media Text. ICWSM-14.\n\n" + licence
    )
