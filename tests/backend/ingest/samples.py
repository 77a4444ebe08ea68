"""Small sources in the layouts that people really have, and models that cost nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote_plus

import numpy as np
import soundfile
from PIL import Image

from backend.domain import EMOTIONS, Affect, Content, Kind, Modality, Sentiment
from backend.ingest.encoded_post import EncodedPost, ImportModels

DIM = 16
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
TEXTS = [
    "Schöne Grüße aus München; es ist kühl heute",
    "Heute „endlich“ frei – wie schön!",
    "Ich bin so traurig über das Ergebnis, 5 €",
    "Der Hund bellt die ganze Nacht",
]


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (40, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def sound(path: Path, seed: int = 0, seconds: float = 0.5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(int(8000 * seconds)) / 8000
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * (200 + 40 * seed) * t), 8000)
    return path


def lines(path: Path, rows: Sequence[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", "utf-8")
    return path


def posts(folder: Path, count: int = 60, pictures: int = 6) -> Path:
    """JSON lines; every tenth post has a picture, every fifteenth a sound."""
    for i in range(pictures):
        picture(folder / f"p{i}.png", i)
    sound(folder / "s.wav")
    rows = []
    for i in range(count):
        row: dict[str, object] = {"id": f"p-{i}", "text": f"The storm number {i} over the sea"}
        row |= {"author": f"user{i % 7}", "hashtags": ["storm", f"t{i % 5}"]}
        if i % 10 == 0 and pictures:
            row["image"] = f"p{i // 10 % pictures}.png"
        if i % 15 == 0:
            row["audio"] = "s.wav"
        rows.append(row)
    lines(folder / "posts.jsonl", rows)
    return folder


def spreadsheet(folder: Path) -> Path:
    """What a German spreadsheet program saves as CSV."""
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Nr", "Beitrag", "Datum", "Benutzer", "Bild"])
    for i, text in enumerate(TEXTS, start=1):
        picture(folder / f"{i}.png", i)
        writer.writerow([i, text, f"{i:02d}.03.2024 12:30", "Zoë", f"C:\\Bilder\\{i}.png"])
    (folder / "posts.csv").write_bytes(made.getvalue().encode("windows-1252"))
    return folder


def imagefolder(folder: Path) -> Path:
    for i in range(4):
        picture(folder / "train" / f"{i}.png", i)
    sound(folder / "train" / "beep.wav")
    rows = [{"file_name": f"{i}.png", "text": f"picture {i}", "label": "ab"[i % 2]} for i in (0, 1)]
    lines(folder / "train" / "metadata.jsonl", rows)
    return folder


def mastodon(folder: Path) -> Path:
    media = "media_attachments/files/000/111/original"
    picture(folder / media / "a.png")
    sound(folder / media / "s.wav")
    me = "https://social.example/users/anna"

    def note(i: int, **more: object) -> dict[str, object]:
        post = {
            "id": f"{me}/statuses/{i}",
            "type": "Note",
            "published": f"2023-0{i + 1}-01T10:00:00Z",
            "url": f"https://social.example/@anna/{i}",
            "to": [PUBLIC],
            "cc": [f"{me}/followers"],
            "content": f'<p>Hi <a href="https://x.example/@bob">@<span>bob</span></a>, no. {i}'
            "<br/>it&#39;s fine</p>",
            "contentMap": {"en": "…"},
            "attachment": [],
            "tag": [{"type": "Hashtag", "name": "#sun", "href": "x"}],
        } | more
        return {"id": f"{me}/statuses/{i}/activity", "type": "Create", "object": post}

    def attached(kind: str, name: str) -> list[dict[str, object]]:
        return [{"type": "Document", "mediaType": kind, "url": f"/{media}/{name}"}]

    items = [
        note(0),
        note(1, attachment=attached("image/png", "a.png")),
        note(2, attachment=attached("audio/wav", "s.wav"), summary="loud"),
        note(3, inReplyTo="https://other.example/1"),
        note(4, to=["https://x.example/users/bob"], cc=[]),
        {"type": "Announce", "id": "b", "object": "https://other.example/7", "to": [PUBLIC]},
    ]
    collection = {"@context": "https://www.w3.org/ns/activitystreams", "type": "OrderedCollection"}
    (folder / "outbox.json").write_text(json.dumps(collection | {"orderedItems": items}))
    liked = ["https://other.example/9", "https://other.example/10"]
    (folder / "likes.json").write_text(json.dumps(collection | {"orderedItems": liked}))
    actor = {"id": me, "preferredUsername": "anna", "name": "Anna A."}
    (folder / "actor.json").write_text(json.dumps(actor))
    return folder


def yfcc(folder: Path) -> Path:
    rows = []
    for i in range(3):
        cells = [str(6985418911 + i), f"98115025@N0{i}", "Anna B", "2012-02-16 09:56:37.0"]
        cells += ["1331840483", "Canon EOS 5D", f"Sunset over the sea {i}"]
        cells += ["We walked <b>all</b> day & saw it", "sea,sun+set", "", "", "", ""]
        cells += [f"http://www.flickr.com/photos/9811@N0{i}/{6985418911 + i}/"]
        cells += [f"http://farm8.staticflickr.com/7205/{6985418911 + i}_df7747.jpg"]
        cells += ["Attribution License", "http://creativecommons.org/licenses/by/2.0/"]
        cells += ["7205", "8", "df7747", "692d7e", "jpg", "0"]
        rows.append("\t".join(c if c.startswith("http") else quote_plus(c, "@,-: ") for c in cells))
    (folder / "yfcc100m_dataset-0").write_text("\n".join(rows) + "\n")
    picture(folder / "6985418911_df7747.jpg")
    return folder


def shuttersong(folder: Path) -> Path:
    for i in range(3):
        picture(folder / "images" / f"{i}.png", i)
        sound(folder / "songs" / f"{i}.wav", i)
        for part, text in (
            ("captions", f"my caption {i}, so happy"),
            ("lyrics", "love me tonight"),
        ):
            (folder / part).mkdir(exist_ok=True)
            (folder / part / f"{i}.txt").write_text(text)
    (folder / "moods.csv").write_text("0,happy\n1,sad\n2,angry\n")
    return folder


def shuttersong_table(folder: Path) -> Path:
    rows = ["id,image,caption,lyrics,song,mood"]
    for i in range(3):
        picture(folder / f"{i}.png", i)
        sound(folder / f"{i}.wav", i)
        rows.append(f'{i},{i}.png,"sweet day {i}","la la, love me",{i}.wav,happy')
    (folder / "data.csv").write_text("\n".join(rows))
    return folder


def mvsa(folder: Path) -> Path:
    for i in (1, 2, 3):
        picture(folder / "data" / f"{i}.jpg", i)
        (folder / "data" / f"{i}.txt").write_bytes(
            f"RT @joe: caf\xe9 {i} is great".encode("latin-1")
        )
    (folder / "labelResultAll.txt").write_text(
        "ID\ttext,image\n1\tpositive,neutral\n2\tnegative,positive\n3\tneutral,neutral\n"
    )
    return folder


def tarred(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz") as archive:
        archive.add(folder, ".")
    return target


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return target


class ToyModels(ImportModels):
    """Vectors from hashes: the same content gives the same vector."""

    bundle = "toy-1"

    def encode(self, contents: Sequence[Content]) -> list[EncodedPost]:
        return [self._made(content) for content in contents]

    def _made(self, content: Content) -> EncodedPost:
        found = {Kind(m.value): vector(_bytes(content, m)) for m in content.modalities}
        found[Kind.POST] = sum(found.values()) / np.linalg.norm(sum(found.values()))  # type: ignore[arg-type]
        p = float(abs(found[Kind.POST][0]))
        affect = Affect(dict.fromkeys(EMOTIONS, p), 0.1, Sentiment(p, "neutral"), 0.5)
        return EncodedPost(found, affect, {})

    def user_vectors(self, sums: np.ndarray) -> np.ndarray:
        return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)

    def word_vectors(self, words: Sequence[str]) -> tuple[list[str], np.ndarray]:
        return list(words), np.stack([vector(word.encode()) for word in words])


def _bytes(content: Content, modality: Modality) -> bytes:
    if modality is Modality.TEXT:
        return (content.text or "").encode()
    if modality is Modality.IMAGE and content.image:
        return content.image.frames[0].tobytes()
    return content.audio.samples.tobytes() if content.audio else b""


def vector(data: bytes) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(data).digest()[:8], "little")
    made = np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)
    return made / np.linalg.norm(made)


def touch(path: Path) -> None:
    """Let a file look changed even within one tick of the clock."""
    now = path.stat().st_mtime_ns + 10**7
    os.utime(path, ns=(now, now))


def posts_in(folder: Path, count: int = 60, pictures: int = 6) -> Path:
    (folder / "posts").mkdir(parents=True)
    return posts(folder / "posts", count, pictures)


def mastodon_in(folder: Path) -> Path:
    (folder / "mastodon").mkdir(parents=True)
    return mastodon(folder / "mastodon")
