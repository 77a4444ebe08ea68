"""Who lives in Larkhaven, and what is written in ``texts``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

TEXTS = Path(__file__).with_name("texts")
PREFIX = "larkhaven:"


@dataclass(frozen=True, slots=True)
class Person:
    """A user: a handle, a name, a group and the languages that he or she writes."""

    handle: str
    name: str
    group: str
    languages: tuple[str, ...]

    @property
    def id(self) -> str:
        """Id of the user in the corpus."""
        return PREFIX + self.handle


@dataclass(slots=True)
class Written:
    """A text with its replies; a reply is by its author where `own` says so."""

    language: str
    motif: str
    text: str
    replies: list[tuple[str, bool]] = field(default_factory=list)


def people() -> list[Person]:
    """Read the users."""
    rows = [line.split("|") for line in (TEXTS / "people.txt").read_text("utf-8").splitlines()]
    return [Person(handle, name, group, tuple(of.split())) for handle, name, group, of in rows]


def written(name: str) -> list[Written]:
    """Read the texts of a topic, with the replies that stand under each."""
    found: list[Written] = []
    for line in (TEXTS / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith(">"):
            found[-1].replies.append((line.lstrip("> "), line.startswith(">>")))
        else:
            language, motif, text = line.split("|", 2)
            found.append(Written(language, "" if motif == "-" else motif, text))
    return found
