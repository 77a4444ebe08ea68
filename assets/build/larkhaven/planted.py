"""The families and the coordinated group that ``planted.toml`` describes, and voice notes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from assets.build.larkhaven import drawings
from assets.build.larkhaven.plan import DAYS, START, Planned, Town, day_hours

PLANTED: dict[str, Any] = tomllib.loads(Path(__file__).with_name("planted.toml").read_text("utf-8"))
_SHOWN = {"the gull and the chips": ("gull", 77), "the lighthouse in the storm": ("lighthouse", 41)}
_GROUPS = ("town", "garden", "music")


def families(town: Town) -> list[Planned]:
    """Plan the posts of each family: the first one, then what others made of it."""
    found = []
    for family in PLANTED["family"]:
        name, texts = family["name"], family["texts"]
        hours = np.sort(town.rng.uniform(1, 24 * family["days"], len(texts)) ** 1.0)
        hours[0] = 0.0
        spoke: list = []
        for number, line in enumerate(texts):
            language, text = line.split("|", 1)
            language = "" if language == "-" else language
            by = town.someone(_GROUPS, language or "en", tuple(spoke))
            spoke.append(by)
            time = family["start"] + timedelta(hours=float(hours[number]))
            key = f"{name}-{number:02}"
            post = Planned(key, name, by, time, language or None, text or None)
            if name in _SHOWN:
                post.picture = key
            if "said" in family and number % 2 == 0:
                post.voice = f"{name}-{number:02}"
            found.append(post)
    return found


def coordinated(town: Town) -> list[Planned]:
    """Plan the posts of the group: all its users say the same within minutes, twice."""
    planted = PLANTED["coordinated"]
    users = [p for p in town.people if p.group == "promoter"]
    found = []
    for number, (start, text) in enumerate(zip(planted["start"], planted["texts"], strict=True)):
        minutes = np.sort(town.rng.uniform(0, planted["minutes"], len(users)))
        for minute, user in zip(minutes, town.rng.permutation(len(users)), strict=True):
            by = users[int(user)]
            time = start + timedelta(minutes=float(minute))
            key = f"coordinated-{number}-{by.handle}"
            found.append(Planned(key, "coordinated", by, time, "en", text))
    return found


def voices(town: Town) -> list[Planned]:
    """Plan voice notes without a text."""
    notes = PLANTED["voice"]
    found = []
    for number, note in enumerate(notes):
        time = START + timedelta(days=int((number + 0.5) / len(notes) * DAYS))
        time += timedelta(hours=day_hours(town.rng))
        author = town.someone((note["group"],), note["language"])
        key = f"voice-{number}"
        found.append(Planned(key, note["group"], author, time, note["language"], None, voice=key))
    return found


def picture(post: Planned) -> tuple[Image.Image, int]:
    """Return the picture of a post of a family and the quality that it is stored in."""
    name, number = post.topic, int(post.key.rpartition("-")[2])
    image = drawings.draw(*_SHOWN[name])
    if name == "the gull and the chips" or number == 0:
        return image, 82
    changes: tuple[Callable[[Image.Image], Image.Image], ...] = (
        lambda x: x.resize((x.width * 2 // 3, x.height * 2 // 3)),
        lambda x: ImageEnhance.Brightness(x).enhance(1.18),
        lambda x: x.crop((8, 6, x.width - 10, x.height - 8)),
        lambda x: ImageEnhance.Color(x).enhance(0.35),
    )
    return changes[number % len(changes)](image), (82, 30, 55, 20)[number % 4]
