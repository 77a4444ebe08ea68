"""Who posts what when: everyday posts, conversations, bursts, and what shows no text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from assets.build.larkhaven.people import Person, Written, people, written

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 42
EVERYDAY = ("garden", "music", "town", "promoters")
# Topic, first moment, hours, and what of the posts lies before that share of the hours.
BURSTS = {
    "storm": (datetime(2026, 3, 10, 17, tzinfo=UTC), 15.0),
    "lantern": (datetime(2026, 3, 28, 17, 30, tzinfo=UTC), 7.0),
    "ferry": (datetime(2026, 4, 2, 6, 30, tzinfo=UTC), 13.0),
}
DRIFT = "pier"
_ACROSS = 8  # every so manieth reply to a gardener or a musician is by the one who is both
_SILENT = {  # pictures without a text: how many, of what
    "garden": (16, ("seedling", "tray", "tomato", "pumpkin", "bee", "shed", "bread", "soup")),
    "music": (14, ("guitar", "cello", "drum", "stage", "notes", "record")),
    "town": (18, ("coffee", "dog", "gull", "fish", "bike", "house", "boat", "lighthouse", "sunset",
                  "moon", "cloud", "book", "cat")),
}  # fmt: skip


@dataclass(slots=True)
class Planned:
    """A post before its media are made.

    Attributes
    ----------
    key : str
        Names the post in the plan; ids follow the order of time.
    topic : str
        Where it comes from: a file of texts, a family or ``coordinated``.
    motif, seed : str, int
        What is drawn, and which of its drawings; no drawing without a motif.
    reply_to : str
        Key of the post that it answers.
    picture, voice : str
        Names of media that are made by `families` and `voices`.
    """

    key: str
    topic: str
    author: Person
    time: datetime
    language: str | None
    text: str | None
    motif: str = ""
    seed: int = 0
    reply_to: str = ""
    picture: str = ""
    voice: str = ""


class Town:
    """Gives posts to people, each in a language that he or she writes."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.people = people()
        self.bridge = next(p for p in self.people if p.group == "bridge")
        # Some write much more than others.
        self._weight = {p.id: float(rng.pareto(1.6) + 0.3) for p in self.people}

    def someone(
        self, groups: tuple[str, ...], language: str, without: tuple[Person, ...] = ()
    ) -> Person:
        """Choose a person of some groups who writes a language."""
        may = [p for p in self.people if p.group in groups and p not in without]
        fluent = [p for p in may if p.languages[0] == language]
        fluent = fluent or [p for p in may if language in p.languages] or may
        weights = np.array([min(self._weight[p.id], 4.0) for p in fluent])
        return fluent[self.rng.choice(len(fluent), p=weights / weights.sum())]


def day_hours(rng: np.random.Generator) -> float:
    """Return an hour of the day at which people post."""
    middle, spread = (9.0, 2.0) if rng.random() < 0.4 else (18.5, 2.6)
    return float(np.clip(rng.normal(middle, spread), 0.1, 23.9))


def everyday(town: Town, topic: str) -> list[Planned]:
    """Spread the texts of a topic over all weeks, in their order."""
    texts = written(topic)
    group = {"promoters": "promoter", DRIFT: "town"}.get(topic, topic)
    found: list[Planned] = []
    for number, one in enumerate(texts):
        day = np.floor((number + town.rng.uniform(0, 0.9)) / len(texts) * DAYS)
        time = START + timedelta(days=float(day), hours=day_hours(town.rng))
        if topic == DRIFT:  # everybody has something to say about it
            groups = (("town",), ("town",), ("garden",), ("music",))[number % 4]
        else:
            groups = (group,)
        found += conversation(town, f"{topic}-{number:03}", topic, one, time, groups)
    return found


def burst(town: Town, topic: str) -> list[Planned]:
    """Put the texts of an event into its hours, in their order."""
    texts, (start, hours) = written(topic), BURSTS[topic]
    share = np.sort(town.rng.beta(1.6, 2.2, len(texts)))
    found: list[Planned] = []
    for number, one in enumerate(texts):
        time = start + timedelta(hours=hours * float(share[number]))
        groups = (("town",), ("garden",), ("town",), ("music",), ("town",))[number % 5]
        found += conversation(town, f"{topic}-{number:03}", topic, one, time, groups)
    return found


def conversation(
    town: Town, key: str, topic: str, one: Written, time: datetime, groups: tuple[str, ...]
) -> list[Planned]:
    """Plan a post and its replies, which come from the group of its author."""
    rng = town.rng
    author = town.someone(groups, one.language)
    if groups[0] in ("garden", "music") and topic in EVERYDAY and key.endswith("7"):
        author = town.bridge
    seed = int(rng.integers(2**31))
    found = [Planned(key, topic, author, time, one.language, one.text, one.motif, seed)]
    spoke = [author]
    group = groups if author is town.bridge else (author.group,)
    for number, (text, own) in enumerate(one.replies):
        time += timedelta(minutes=float(rng.gamma(1.5, 12.0 if topic in BURSTS else 60.0)))
        by = author if own else town.someone(group, one.language, tuple(spoke))
        if topic in ("garden", "music") and not own and rng.integers(_ACROSS) == 0:
            by = town.bridge if town.bridge not in spoke else by
        spoke.append(by)
        of = f"{key}-{number + 1}"
        # A reply of the author goes to the one before it.
        to = found[-1].key if own else key
        found.append(Planned(of, topic, by, time, one.language, text, reply_to=to))
    return found


def silent(town: Town) -> list[Planned]:
    """Plan pictures without a text."""
    found = []
    for topic, (count, motifs) in _SILENT.items():
        for number in range(count):
            day = int(number / count * DAYS)
            time = START + timedelta(days=day, hours=day_hours(town.rng))
            author = town.someone((topic,), "en")
            motif, seed = motifs[number % len(motifs)], int(town.rng.integers(2**31))
            key = f"{topic}-picture-{number:02}"
            found.append(Planned(key, topic, author, time, None, None, motif, seed))
    return found
