"""Open Clip Art Library 0.18: drawings with title, description, tags and author."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

from assets.build.corpus import pictures, words
from assets.build.corpus.rows import Row, Source
from assets.build.fetch import unpacked

SOURCE = Source(
    name="openclipart",
    title="Open Clip Art Library 0.18",
    description="Drawings that artists shared with the Open Clip Art community, 2004-2005, with "
    "their own titles, descriptions and tags.",
    package="Debian openclipart-svg 1:0.18+dfsg-19",
    licence="CC-PDDC",
    licence_name="Public domain dedication",
    url="https://packages.debian.org/bookworm/openclipart-svg",
    notice="usr/share/doc/openclipart-svg/copyright",
)

# Icon themes, geometric series and fillers; see `training` for what is kept of them.
OUT = {"computer", "shapes", "special", "unsorted"}
MAX_BYTES = 300_000
CAP = 60

# One person, several spellings.
_SAME = {
    "rollandinfrancesco": "Architetto Francesco Rollandin",
    "francescorollandin": "Architetto Francesco Rollandin",
    "jeanvitorbalin": "Jean-Victor Balin",
    "josefcohevia": "Jose Hevia",
    "johnmeuser": "John C Meuser",
    "dangerhrads": "Dan Gerhards",
    "bryceharrington": "Bryce W. Harrington",
    "nubldoff": "Nurbldoff",
    "andrewdunhan": "Andrew Duhan",
    "jeanmauriceleclec": "Jean-Maurice Le Clec'h",
    "jeanmauriceleclech": "Jean-Maurice Le Clec'h",
    "andrewfitzsimon": "Andy Fitzsimon",
    "jonadab": "Jonadab the Unsightly One",
    "ralf": "Ralf Stephan",
}

# Languages of authors whose titles are mostly not English, read by a person.
LANGUAGES = {
    "Architetto Francesco Rollandin": "it",
    "Mauro Olivo": "it",
    "yves GUILLOU": "fr",
    "Tanguy JACQ": "fr",
    "Franck Doucet": "fr",
    "Jean-Maurice Le Clec'h": "fr",
}

_SPELL = {
    "mapsym": "map symbol", "weathersym": "weather symbol", "musicsym": "music symbol",
    "musicstuff": "music", "religholiday": "religious holiday", "usholiday": "us holiday",
    "appicon": "app icon", "signalflag": "signal flag", "roadsign": "road sign",
    "unitedstates": "united states", "northamerica": "north america", "icecream": "ice cream",
    "latinamerica": "latin america", "vegitable": "vegetable", "bodypart": "body part",
    "roadtravel": "road travel", "airtravel": "air travel", "xmas": "christmas",
}  # fmt: skip
# Titles that name the package a drawing came in, not the drawing.
_PACKAGE = re.compile(r"\b(?:clip ?arts?|icons?|theme|collection|various|svg)\b|^Smiley111", re.I)
_EMPTY_TAGS = {"", "hash", "unsorted", "clipart", "clip art", "signs and symbols", "unknown"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One file of the package with its metadata as typed."""

    number: int
    path: Path
    name: str
    title: str
    description: str
    tags: tuple[str, ...]
    author: str
    date: str
    licence: str


def _texts(work: ElementTree.Element, name: str) -> list[str]:
    return [
        "".join(e.itertext()).strip()
        for e in work.iter()
        if isinstance(e.tag, str) and e.tag.endswith("}" + name)
    ]


@lru_cache(maxsize=1)
def drawings() -> tuple[Drawing, ...]:
    """Every file of the package in the order of its path."""
    root = unpacked("openclipart-svg") / "usr/share/openclipart/svg"
    found = []
    for number, path in enumerate(sorted(root.rglob("*.svg"), key=lambda p: p.as_posix())):
        tree = ElementTree.parse(path).getroot()
        work = next((e for e in tree.iter() if str(e.tag).endswith("}Work")), None)
        if work is None:
            continue
        children = {str(e.tag).rpartition("}")[2]: e for e in reversed(list(work))}
        licence = children.get("license")
        text = {k: "".join(e.itertext()).strip() for k, e in children.items()}
        found.append(
            Drawing(
                number=number,
                path=path,
                name=path.relative_to(root).as_posix(),
                title=text.get("title", ""),
                description=text.get("description", ""),
                tags=tuple(_texts(work, "li")),
                author=text.get("creator", ""),
                date=text.get("date", ""),
                licence=" ".join(licence.attrib.values()) if licence is not None else "",
            )
        )
    return tuple(found)


def clean_tags(tags: tuple[str, ...], author: str | None) -> tuple[str, ...]:
    """Tags as words, without dumps, fillers and the author's name."""
    out = []
    for tag in tags:
        tag = words.without_contacts(words.plain(tag)).replace("_", " ").casefold().strip()
        tag = _SPELL.get(tag, tag)
        # A dump is dropped as a whole; what is left of "hash(0x…)" says nothing.
        if tag in _EMPTY_TAGS or words.names_author(tag, author) or re.fullmatch(r"[\d\W]+", tag):
            continue
        out.append(tag)
    return tuple(sorted(dict.fromkeys(out)))


def _time(text: str) -> datetime | None:
    match = re.fullmatch(r"(200[3-6])[-/](\d\d)[-/](\d\d)(?:T.*)?", text.strip())
    if not match:
        return None
    try:
        year, month, day = (int(g) for g in match.groups())
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _author(raw: str) -> str | None:
    name = words.author_name(raw)
    return _SAME.get(words.slug(name), name) if name else None


@lru_cache(maxsize=1)
def _authors() -> dict[str, str]:
    """The most frequent spelling of each author, by slug."""
    spellings = Counter(a for d in drawings() if (a := _author(d.author)))
    best: dict[str, str] = {}
    for name, _ in sorted(spellings.items(), key=lambda item: (-item[1], item[0])):
        best.setdefault(words.slug(name) or name, name)
    return best


@lru_cache(maxsize=1)
def _generic_titles() -> frozenset[tuple[str | None, str]]:
    """Titles that an author gave to a whole package of drawings."""
    counts = Counter((_author(d.author), words.plain(d.title).casefold()) for d in drawings())
    return frozenset(key for key, count in counts.items() if count >= 4)


def row(drawing: Drawing) -> Row:
    """Turn one drawing into a post; its picture is not rendered yet."""
    author = _author(drawing.author)
    author = _authors()[words.slug(author) or author] if author else None
    raw = words.plain(drawing.title)
    title = words.without_contacts(words.strip_author(raw, author)).replace("_", " ")
    title = re.sub(r"\.svg$|^R\d\d (?:general|su?ib?mission)\b", "", title, flags=re.I).strip(" :-")
    title = words.numberless(title)
    name = words.file_words(drawing.path.stem, author, drawing.author)
    if (_author(drawing.author), raw.casefold()) in _generic_titles() or not title:
        # The package's name says little; the file's name says what is drawn.
        known = set(words.tokens(title))
        fresh = [w for w in name.split() if w.casefold() not in known]
        if fresh and _PACKAGE.search(title):
            title = ""
        title = (
            f"{title}: {' '.join(fresh)}" if title and fresh else title or " ".join(fresh) or name
        )
    description = words.without_contacts(
        words.strip_author(words.plain(drawing.description), author)
    )
    description = re.sub(
        r"\W*\b(?:made|drawn|created?)\s+(?:with|in|using)\s+(?:the\s+)?inkscape\b[\w .]*$",
        "",
        description,
        flags=re.I,
    )
    if re.search(r"\b(from|by|at|of|see|with|the|site|mail|email)$", description, re.I):
        description = ""  # what it led to was a link
    description = words.numberless(description)
    if len(words.tokens(description)) < 2 or words.slug(description) in words.slug(title):
        description = ""
    title = words.sentence(title)
    if description and words.slug(title) in words.slug(description):
        text = words.sentence(description)
    else:
        text = f"{title.rstrip('.')}. {words.sentence(description)}" if description else title
    tags = clean_tags(drawing.tags, author)
    folders = drawing.name.split("/")[:-1]
    labels = {"category": folders[0]}
    if len(folders) > 1:
        labels["folder"] = "/".join(folders)
    return Row(
        id=f"oca-{drawing.number:06d}",
        source=SOURCE.name,
        licence=SOURCE.licence,
        original=drawing.name,
        text=text[:600] or None,
        title=title[:120] or None,
        tags=tags,
        labels=labels,
        language=words.language(text, LANGUAGES.get(author or "", "en")),
        time=_time(drawing.date),
        user=f"oca:{words.slug(author) or author}" if author else None,
        author=author,
        rank=(-bool(description), -min(len(tags), 4), drawing.name),
    )


def free(drawing: Drawing) -> bool:
    """Whether the file itself says that it is in the public domain.

    Sixty-one files carry no licence and four the GPL: those are left out.
    """
    return "publicdomain" in drawing.licence.casefold()


def rows() -> list[Row]:
    """Every usable drawing of the kept folders, rendered; the cap comes later."""
    kept = [
        d
        for d in drawings()
        if d.name.split("/")[0] not in OUT and d.path.stat().st_size < MAX_BYTES and free(d)
    ]
    return draw(kept)


def more() -> list[Drawing]:
    """Drawings for training only: too large, or unsorted, icons and shapes that have a name."""
    found = []
    for drawing in drawings():
        folder = drawing.name.split("/")[0]
        if not free(drawing) or drawing.path.stat().st_size > 3 * MAX_BYTES:
            continue
        if folder not in OUT and drawing.path.stat().st_size < MAX_BYTES:
            continue
        # Themes of action icons and stars by the hundred teach nothing that a post shows.
        if re.match(
            r"computer/icons/.*-theme/|shapes/(stars|arrows|jigsaw)|special/", drawing.name
        ):
            continue
        found.append(drawing)
    return found


def draw(kept: list[Drawing]) -> list[Row]:
    """Render drawings and drop the ones that show nothing."""
    found = []
    # Rendered larger than needed, for the sake of those that fill a corner of their page.
    drawn = pictures.render_all((d.path.read_bytes() for d in kept), 2 * pictures.SIDE)
    for drawing, picture in zip(kept, drawn, strict=True):
        post = row(drawing)
        post.picture = pictures.trimmed(picture) if picture is not None else None
        if post.picture is not None and post.text:
            found.append(post)
    return found


def notice() -> str:
    """The package's own copyright file."""
    return (unpacked("openclipart-svg") / SOURCE.notice).read_text("utf-8")
