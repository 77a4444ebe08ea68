"""Make ``assets/larkhaven``: ``python -m assets.build.larkhaven [posts] [outputs]``.

``posts`` writes texts, pictures, voices, users, reactions and the truth; ``outputs`` what the
default bundle makes of them: vectors, readings, predictions, maps and word spaces.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa

from assets.build.corpus import assemble, files
from assets.build.larkhaven import media, outputs, plan, planted, reactions
from assets.build.larkhaven.plan import Planned, Town
from backend.corpus.shipped import REACTIONS
from backend.settings import SYNTHETIC_CORPUS

FOLDER = outputs.FOLDER
TRUTH = Path(__file__).with_name("truth.json")
SEED = 20260302
PARTS = ("posts.parquet", "users.parquet", REACTIONS, "sources.json", "LICENCES", "media")
SOURCE = {
    "name": SYNTHETIC_CORPUS,
    "title": "Larkhaven (synthetic)",
    "description": "Posts of an invented harbour town, made for this project by a generator: "
    "written texts, drawn pictures and synthetic voices (espeak-ng). Nobody said any of it. "
    "Events, families of copies and a coordinated group are planted in it.",
    "package": "this repository, assets/build/larkhaven",
    "licence": "CC0-1.0",
    "licence_name": "Creative Commons Zero",
    "notice": f"LICENCES/{SYNTHETIC_CORPUS}.txt",
    "url": "https://creativecommons.org/publicdomain/zero/1.0/",
}
_NOTICE = """Larkhaven: a synthetic corpus

The texts were written, the pictures drawn and the users invented for this project. The voices
are synthetic: espeak-ng 1.51, Debian package espeak-ng. Nobody said any of it, and no likeness
to people, places or companies is meant. All of it is dedicated to the public domain (CC0 1.0):
https://creativecommons.org/publicdomain/zero/1.0/
"""
_TAG = re.compile(r"#(\w+)")


def planned(town: Town) -> list[Planned]:
    """Plan all posts, in the order of time."""
    found: list[Planned] = []
    for topic in (*plan.EVERYDAY, plan.DRIFT):
        found += plan.everyday(town, topic)
    for topic in plan.BURSTS:
        found += plan.burst(town, topic)
    found += plan.silent(town) + planted.families(town)
    found += planted.coordinated(town) + planted.voices(town)
    return sorted(found, key=lambda post: (post.time, post.key))


def posts() -> None:
    """Write the posts, users and reactions, and what is true of them."""
    town = Town(np.random.default_rng(SEED))
    made = planned(town)
    ids = {post.key: f"lark-{number:04}" for number, post in enumerate(made, 1)}
    reacted = [(u, ids.get(p, p), kind) for u, p, kind in reactions.reactions(town, made)]
    counts = Counter((post, kind) for _, post, kind in reacted)
    with files.staged(FOLDER, PARTS) as stage:
        folder = stage / "media" / SYNTHETIC_CORPUS
        folder.mkdir(parents=True)
        rows = [_row(post, ids[post.key], folder, counts) for post in made]
        files.table(stage / "posts.parquet", rows, assemble.POSTS)
        users = [_user(person, rows) for person in town.people]
        files.table(stage / "users.parquet", users, assemble.USERS)
        schema = pa.schema([(name, pa.string()) for name in ("user", "post", "kind")])
        table = [dict(zip(schema.names, one, strict=True)) for one in reacted]
        files.table(stage / REACTIONS, table, schema)
        media_of = {m: sum(bool(r[m]) for r in rows) for m in ("text", "image", "audio")}
        source = SOURCE | {"posts": len(rows), "users": len(users)} | media_of
        files.write_json(stage / "sources.json", [source])
        (stage / "LICENCES").mkdir()
        (stage / SOURCE["notice"]).write_text(_NOTICE, "utf-8")
    files.write_json(TRUTH, truth(town, made, ids))
    print(f"{len(rows)} posts, {len(users)} users, {len(reacted)} reactions", file=sys.stderr)


def _row(
    post: Planned, id_: str, folder: Path, counts: Counter[tuple[str, str]]
) -> dict[str, object]:
    image, audio = media.write(post, id_, folder)
    labels = {
        name: str(counts[id_, kind])
        for name, kind in (("likes", "like"), ("shares", "share"), ("replies", "reply"))
    }
    return {
        "id": id_,
        "text": post.text,
        "image": image and f"{SYNTHETIC_CORPUS}/{image}",
        "audio": audio and f"{SYNTHETIC_CORPUS}/{audio}",
        "user": post.author.id,
        "time": post.time.replace(microsecond=0),
        "language": post.language,
        "tags": list(dict.fromkeys(_TAG.findall(post.text or ""))),
        "labels": json.dumps(labels, sort_keys=True),
        "licence": SOURCE["licence"],
        "source": SYNTHETIC_CORPUS,
    }


def _user(person: plan.Person, rows: list[dict]) -> dict[str, object]:
    mine = [row for row in rows if row["user"] == person.id]
    tags = Counter(tag for row in mine for tag in row["tags"])
    return {
        "id": person.id,
        "name": person.name,
        "posts": len(mine),
        "source": SYNTHETIC_CORPUS,
        "tags": [tag for tag, _ in sorted(tags.items(), key=lambda t: (-t[1], t[0]))[:8]],
    }


def truth(town: Town, made: list[Planned], ids: dict[str, str]) -> dict[str, object]:
    """Say what is planted; tests compare with it what the product finds."""
    of: dict[str, list[Planned]] = {}
    for post in made:
        of.setdefault(post.topic, []).append(post)

    def names(topic: str) -> list[str]:
        return [ids[post.key] for post in of[topic]]

    def members(group: str) -> list[str]:
        wrote = {post.author.id for post in made}
        return sorted(p.id for p in town.people if p.group == group and p.id in wrote)

    texts = {topic: [p for p in of[topic] if not p.reply_to] for topic in plan.BURSTS}
    return {
        "bursts": {
            topic: {
                "start": of[topic][0].time.isoformat(timespec="seconds"),
                "end": texts[topic][-1].time.isoformat(timespec="seconds"),
                "posts": names(topic),
            }
            for topic in plan.BURSTS
        },
        "families": {f["name"]: names(f["name"]) for f in planted.PLANTED["family"]},
        "coordinated": {"users": members("promoter"), "posts": names("coordinated")},
        "communities": {group: members(group) for group in ("garden", "music")},
        "bridge": town.bridge.id,
        "drift": {
            "tag": "oldpier",
            "posts": [ids[p.key] for p in of[plan.DRIFT] if not p.reply_to],
            "from": "positive",
            "to": "negative",
        },
    }


STEPS = {"posts": posts, "outputs": outputs.main}


def main() -> None:
    """Run both steps, or the one that is named."""
    parser = argparse.ArgumentParser(prog="python -m assets.build.larkhaven", description=__doc__)
    parser.add_argument("steps", nargs="*", choices=[[], *STEPS], help="both when not given")
    for step in parser.parse_args().steps or STEPS:
        STEPS[step]()


if __name__ == "__main__":
    main()
