"""Other people's drawings of the same emoji, and their names in thirty languages."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from assets.build.corpus import openmoji, words
from assets.build.fetch import unpacked

LANGUAGES = (
    "en", "bn", "da", "de", "es", "et", "fi", "fr", "hi", "hu", "it", "ja", "ko", "lt", "nb", "nl",
    "pl", "pt", "ru", "sv", "th", "uk", "vi", "zh", "zh-hant",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EmojiSet:
    """One drawing style, as Iconify packages it."""

    style: str
    package: str
    title: str
    licence: str
    credit: str
    url: str


SETS = (
    EmojiSet("twemoji", "@iconify-json/twemoji", "Twemoji", "CC-BY-4.0",
             "Copyright Twitter, Inc and other contributors", "https://github.com/twitter/twemoji"),
    EmojiSet("fluent-flat", "@iconify-json/fluent-emoji-flat", "Fluent Emoji Flat", "MIT",
             "Copyright (c) Microsoft Corporation", "https://github.com/microsoft/fluentui-emoji"),
    EmojiSet("emojione", "@iconify-json/emojione", "Emoji One (Colored)", "CC-BY-4.0",
             "Copyright Emoji One", "https://github.com/EmojiTwo/emojitwo"),
    EmojiSet("fxemoji", "@iconify-json/fxemoji", "Firefox OS Emoji", "Apache-2.0",
             "Copyright Mozilla", "https://github.com/mozilla/fxemoji"),
    EmojiSet("streamline", "@iconify-json/streamline-emojis", "Streamline Emojis", "CC-BY-4.0",
             "Copyright Streamline", "https://github.com/webalys-hq/streamline-vectors"),
)  # fmt: skip


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    """Bare emoji by every name it goes by, as a slug."""
    found: dict[str, str] = {}
    for entry in names("en").values():
        found.setdefault(words.slug(entry["label"]), openmoji.bare(entry["emoji"]))
    for entry in openmoji.table():
        if entry["group"].startswith("extras"):
            continue
        emoji = openmoji.bare(entry["emoji"])
        found.setdefault(words.slug(entry["annotation"]), emoji)
        if len(emoji) == 1:
            found.setdefault(words.slug(unicodedata.name(emoji, "")), emoji)
    found.pop("", None)
    return found


@cache
def names(language: str) -> dict[str, dict]:
    """CLDR label and tags by bare emoji, without skin tones."""
    path = unpacked("emojibase-data") / "package" / language / "data.json"
    return {openmoji.bare(e["emoji"]): e for e in json.loads(path.read_text("utf-8"))}


def svgs(style: EmojiSet) -> dict[str, bytes]:
    """SVG by bare emoji for the emoji that the set shares with Unicode, without skin tones."""
    folder = unpacked(style.package) / "package"
    data = json.loads((folder / "icons.json").read_text("utf-8"))
    chars = json.loads((folder / "chars.json").read_text("utf-8"))
    known = names("en")
    by_icon: dict[str, str] = {}
    for code, icon in chars.items():
        emoji = openmoji.bare("".join(chr(int(part, 16)) for part in code.split("-")))
        if emoji in known:
            by_icon.setdefault(icon, emoji)
    found: dict[str, bytes] = {}
    for icon, drawing in sorted(data["icons"].items()):
        emoji = by_icon.get(icon) or ("" if chars else _by_name().get(words.slug(icon), ""))
        if not emoji or emoji in found or drawing.get("hidden"):
            continue
        size = [drawing.get(k) or data.get(k) or 16 for k in ("width", "height")]
        corner = [drawing.get(k) or 0 for k in ("left", "top")]
        found[emoji] = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{size[0]}" height="{size[1]}" '
            f'viewBox="{corner[0]} {corner[1]} {size[0]} {size[1]}">{drawing["body"]}</svg>'
        ).encode()
    return found


def variants(emoji: str) -> list[dict[str, str]]:
    """What an emoji is called: one text a language, name first, then its tags."""
    found = []
    for language in LANGUAGES:
        entry = names(language).get(openmoji.bare(emoji))
        if not entry:
            continue
        tags = [t for t in entry.get("tags", []) if t.casefold() != entry["label"].casefold()]
        text = entry["label"] + (": " + ", ".join(tags[:6]) if tags else "")
        found.append({"lang": "zh-Hant" if language == "zh-hant" else language, "text": text})
    return found
