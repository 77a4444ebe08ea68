"""Queries, and the text that users write them as.

A query is a list of terms with signs and weights::

    "lonely" + sunset - people          three texts; the last one is subtracted
    2*"red car" + post:oca-000123       twice the weight; a post of the corpus
    @anna + word:storm                  a user, by name or id; a word
    user:"oca:anna" - image:3f2a91      ids in quotes; an upload by its key

Words without a sign between them are one text. A minus, ``-`` or ``−``, counts as a
sign only where a term could begin: ``well-known`` is a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend.domain import Kind, KindredError

TERMS = 64  # each needs one pass of an encoder
# Beyond these one term outweighs all others; far beyond, the sum overflows.
MIN_WEIGHT, MAX_WEIGHT = 1e-3, 1e3
_SIGNS = {"+": 1.0, "-": -1.0, "−": -1.0}
_CLOSING = {'"': '"', "“": "”“", "„": "“”"}  # as keyboards and word processors write them
_WEIGHT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*\*\s*")
_PREFIX = re.compile(rf"({'|'.join(Kind)}):")
_PLAIN = re.compile(r"[\w.:-]*\w")
_EXAMPLE = '"lonely" + sunset - people'


class QueryError(KindredError):
    """A text that is not a query, with the position of the error.

    Attributes
    ----------
    position : int
        Index of the character, from 0.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__("query", f"{message} (at character {position + 1})")
        self.position = position


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query.

    Attributes
    ----------
    kind : Kind
        What `value` is.
    value : str
        A text or a word itself, the key of an uploaded image or sound, the id
        of a post, the id or name of a user.
    weight : float
        Negative for what to move away from; its absolute value from `MIN_WEIGHT` to `MAX_WEIGHT`.
    """

    kind: Kind
    value: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.value.strip():
            raise KindredError("query", f"A term of kind {self.kind} is empty.")
        if not MIN_WEIGHT <= abs(self.weight) <= MAX_WEIGHT:  # neither is NaN
            raise KindredError(
                "query",
                f"The weight of a term cannot be {self.weight}; without its sign it must lie "
                f"between {MIN_WEIGHT:g} and {MAX_WEIGHT:g}.",
            )


@dataclass(frozen=True, slots=True)
class Query:
    """A weighted sum of terms.

    Attributes
    ----------
    terms : tuple of Term
        At least one.
    """

    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        if not self.terms:
            raise KindredError("query", f"The query is empty; try {_EXAMPLE}.")
        if len(self.terms) > TERMS:
            raise KindredError("query", f"A query has at most {TERMS} terms.")

    def __str__(self) -> str:
        return format(self)


def parse(text: str) -> Query:
    """Parse a query.

    Raises
    ------
    QueryError
        With the position of what cannot be parsed.

    Examples
    --------
    >>> [(t.kind.value, t.value, t.weight) for t in parse('2*"red car" − well-known').terms]
    [('text', 'red car', 2.0), ('text', 'well-known', -1.0)]
    """
    reader = _Reader(text)
    terms = []
    reader.skip_space()
    while not reader.at_end:
        terms.append(reader.term())
        reader.skip_space()
    if not terms:
        raise QueryError(f"The query is empty; try {_EXAMPLE}", 0)
    return Query(tuple(terms))


def format(query: Query) -> str:
    """Write a query as a text that `parse` reads as the same query.

    Examples
    --------
    >>> format(parse('lonely  sunset -people + @anna'))
    '"lonely sunset" - "people" + @anna'
    """
    parts = []
    for i, term in enumerate(query.terms):
        sign = "- " if term.weight < 0 else "+ "
        if i == 0:
            sign = sign.strip("+ ")
        size = abs(term.weight)
        weight = "" if size == 1 else f"{int(size) if size == int(size) < 1e6 else size!r}*"
        value = term.value
        if term.kind is Kind.TEXT or not _PLAIN.fullmatch(value):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        prefix = {Kind.TEXT: "", Kind.USER: "@"}.get(term.kind, f"{term.kind}:")
        parts.append(f"{sign}{weight}{prefix}{value}")
    return " ".join(parts)


class _Reader:
    """Parses a query from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def at_end(self) -> bool:
        return self.at >= len(self.text)

    @property
    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip_space(self) -> None:
        while self.here.isspace():
            self.at += 1

    def term(self) -> Term:
        """Read ``[sign] [weight*] value``, up to the next term."""
        weight = 1.0
        if self.here in _SIGNS:
            weight, sign = _SIGNS[self.here], self.here
            self.at += 1
            self.skip_space()
            if self.at_end:
                raise QueryError(f"Nothing follows the {sign}", self.at - 1)
            if self.here in _SIGNS:
                raise QueryError("Two signs follow one another; put text in quotes", self.at)
        begin = self.at
        if match := _WEIGHT.match(self.text, self.at):
            weight *= float(match[0].rstrip().rstrip("*"))
            self.at = match.end()
            if not MIN_WEIGHT <= abs(weight) <= MAX_WEIGHT:
                raise QueryError(
                    f"A weight must lie between {MIN_WEIGHT:g} and {MAX_WEIGHT:g}", begin
                )
            if self.at_end or self.here in _SIGNS:
                raise QueryError("Nothing follows the weight; put text in quotes", self.at - 1)
        begin = self.at
        kind, value = self.value()
        if not value.strip():
            raise QueryError("There is nothing in the quotes", begin)
        return Term(kind, value, weight)

    def value(self) -> tuple[Kind, str]:
        if self.here in _CLOSING:
            return Kind.TEXT, self.string()
        if self.here == "@":
            self.at += 1
            return Kind.USER, self.name("@")
        if match := _PREFIX.match(self.text, self.at):
            self.at = match.end()
            return Kind(match[1]), self.name(match[0])
        return Kind.TEXT, self.words()

    def name(self, prefix: str) -> str:
        """Read the name that must follow a prefix directly."""
        if self.here in _CLOSING:
            return self.string()
        begin = self.at
        while not self.at_end and not self.here.isspace() and self.here not in _CLOSING:
            self.at += 1
        if self.at == begin:
            raise QueryError(f"Nothing follows {prefix} directly; put text in quotes", begin - 1)
        return self.text[begin : self.at]

    def string(self) -> str:
        begin, closing = self.at, _CLOSING[self.here]
        self.at += 1
        characters = []
        while self.here not in closing or self.at_end:
            if self.at_end:
                raise QueryError("A quotation mark is never closed", begin)
            if self.here == "\\" and self.text[self.at + 1 : self.at + 2] in ("\\", *closing):
                self.at += 1
            characters.append(self.here)
            self.at += 1
        self.at += 1
        return "".join(characters)

    def words(self) -> str:
        """Read words up to the next term."""
        words: list[str] = []
        while not self.at_end and (not words or not self.begins_another()):
            begin = self.at
            while not self.at_end and not self.here.isspace() and self.here not in _CLOSING:
                self.at += 1
            if self.here in _CLOSING and self.at - begin > 1 and self.text[self.at - 1] in _SIGNS:
                self.at -= 1  # sunset+"lonely"
            words.append(self.text[begin : self.at])
            self.skip_space()
        return " ".join(words)

    def begins_another(self) -> bool:
        return (
            self.here in _SIGNS
            or self.here in _CLOSING
            or (self.here == "@" and not self.text[self.at + 1 : self.at + 2].isspace())
            or bool(_PREFIX.match(self.text, self.at) or _WEIGHT.match(self.text, self.at))
        )
