"""The shipped corpus, labels and training pairs are what their documents promise."""

from __future__ import annotations

import doctest
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import soundfile
from PIL import Image

from assets.build.corpus import sonicpi, words
from assets.build.fetch import PACKAGES, VADER_TWEETS
from backend.settings import ASSETS

CORPUS, LABELS, TRAINING = ASSETS / "corpus", ASSETS / "labels", ASSETS / "training"
RESERVED = ("noto", "scratch", "amazon", "movie", "nyt")


@pytest.fixture(scope="module")
def posts() -> pd.DataFrame:
    return pd.read_parquet(CORPUS / "posts.parquet")


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    return pd.read_parquet(CORPUS / "users.parquet")


@pytest.fixture(scope="module")
def sources() -> dict[str, dict]:
    return {s["name"]: s for s in json.loads((CORPUS / "sources.json").read_text("utf-8"))}


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    return pd.read_parquet(TRAINING / "pairs.parquet")


def test_it_is_large_enough(posts: pd.DataFrame, users: pd.DataFrame) -> None:
    assert len(posts) >= 3_000
    assert len(users) >= 400
    assert posts.audio.notna().sum() >= 250
    assert posts.id.is_unique
    size = sum(p.stat().st_size for p in CORPUS.rglob("*") if p.is_file())
    assert size <= 60 * 2**20
    assert sum(p.stat().st_size for p in TRAINING.rglob("*") if p.is_file()) <= 35 * 2**20


def test_every_post_has_content_licence_source_and_origin(
    posts: pd.DataFrame, sources: dict[str, dict]
) -> None:
    assert (posts.text.notna() | posts.image.notna() | posts.audio.notna()).all()
    for column in ("licence", "source", "original", "group", "language", "labels"):
        assert posts[column].notna().all() and (posts[column] != "").all(), column
    assert set(posts.source) == set(sources)
    for name, source in sources.items():
        assert source["posts"] == (posts.source == name).sum()
        assert len((CORPUS / source["notice"]).read_text("utf-8")) > 300
    assert all(isinstance(json.loads(labels), dict) for labels in posts.labels)


@pytest.mark.parametrize("folder", [CORPUS, LABELS, TRAINING], ids=lambda p: p.name)
def test_checksums_hold(folder: Path) -> None:
    sums = json.loads((folder / "checksums.json").read_text("utf-8"))
    assert len(sums) > 5
    wrong = [
        name
        for name, value in sums.items()
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != value
    ]
    assert not wrong


def test_media_exist_and_nothing_else_lies_there(posts: pd.DataFrame) -> None:
    named = set(posts.image.dropna()) | set(posts.audio.dropna())
    there = {
        p.relative_to(CORPUS / "media").as_posix()
        for p in (CORPUS / "media").rglob("*")
        if p.is_file()
    }
    assert named == there


def test_images_are_small_and_show_something(posts: pd.DataFrame) -> None:
    for name in posts.image.dropna():
        most = 512 if name.startswith("kindred/") else 256  # whose words must be legible
        with Image.open(CORPUS / "media" / name) as image:
            assert image.format == "WEBP" and max(image.size) <= most, name
    for name in posts.image.dropna().sample(150, random_state=1):
        with Image.open(CORPUS / "media" / name) as image:
            low, high = image.convert("L").getextrema()
            assert high - low > 10, name


def test_all_media_were_read_and_what_was_made_to_be_read_is_right(posts: pd.DataFrame) -> None:
    read = pd.read_parquet(CORPUS / "readings.parquet")
    for modality in ("image", "audio"):
        there = posts[posts[modality].notna()].id
        assert sorted(read[read.modality == modality].id) == sorted(there)
    text = {(row.id, row.modality): row.text or "" for row in read.itertuples()}
    made = posts[posts.source == "kindred"]
    assert len(made) >= 12 and made.text.isna().all()
    assert text["kin-meme-monday", "image"] == "WHEN THE ALARM RINGS\nAND IT IS MONDAY AGAIN"
    assert "meeting moved to Friday" in text["kin-chat-meeting", "image"]
    assert "mother cried" in text["kin-voice-house", "audio"]
    assert "happy" in text["kin-clip-puppy", "audio"]
    for id_ in made.id:
        assert text.get((id_, "image")) or text.get((id_, "audio")), id_


def test_sounds_are_at_most_ten_seconds(posts: pd.DataFrame) -> None:
    for name in posts.audio.dropna():
        info = soundfile.info(CORPUS / "media" / name)
        assert 0.01 < info.frames / info.samplerate <= 10.05, name
        assert info.channels == 1


def test_users_are_those_of_the_posts(posts: pd.DataFrame, users: pd.DataFrame) -> None:
    count = posts.user.value_counts()
    assert dict(zip(users.id, users.posts, strict=True)) == count.to_dict()
    assert count.max() <= 60
    assert users.name.str.strip().ne("").all()
    assert not users.name.str.contains("@|HASH|http", regex=True).any()


def test_no_tag_names_its_author(posts: pd.DataFrame, users: pd.DataFrame) -> None:
    name = dict(zip(users.id, users.name, strict=True))
    leaks = [
        (post.id, tag)
        for post in posts[posts.user.notna()].itertuples()
        for tag in post.tags
        if words.names_author(tag, name[post.user])
    ]
    assert not leaks


def test_no_title_or_text_of_a_drawing_names_its_author(
    posts: pd.DataFrame, users: pd.DataFrame
) -> None:
    name = dict(zip(users.id, users.name, strict=True))
    art = posts[posts.user.notna() & (posts.source == "openclipart")]
    leaks = [
        post.id
        for post in art.itertuples()
        if len(name[post.user]) > 5
        and name[post.user].casefold() in f"{post.title} {post.text}".casefold()
    ]
    assert not leaks


def test_dumps_contacts_and_fillers_are_gone(posts: pd.DataFrame) -> None:
    everything = (
        posts.text.fillna("") + " " + posts.title.fillna("") + " " + posts.tags.map(" ".join)
    )
    assert not everything.str.contains(
        r"hash\s*\(\s*0x|0x[0-9a-f]{6}", case=False, regex=True
    ).any()
    assert not everything.str.contains(r"[\w.]+@[\w-]+\.\w", regex=True).any()
    assert not everything.str.contains(r"&\w+;", regex=True).any()
    tags = Counter(t for ts in posts.tags for t in ts)
    assert not {"", "unsorted", "hash"} & set(tags)
    art = posts[posts.source == "openclipart"]
    folders = {json.loads(labels)["category"] for labels in art.labels}
    assert not folders & {"computer", "shapes", "special", "unsorted"}


def test_nothing_reserved_is_used(posts: pd.DataFrame, pairs: pd.DataFrame) -> None:
    names = {*PACKAGES, *posts.source, *pairs.source, *pairs["style"]}
    assert not [n for n in names for r in RESERVED if re.search(rf"\b{r}\b", n.casefold())]
    assert VADER_TWEETS.endswith("/tweets_GroundTruth.txt")
    tweets = pd.read_parquet(LABELS / "tweets.parquet")
    assert len(tweets) == 4_200
    assert set(posts[posts.source == "vader-tweets"].id) <= set(tweets.id)


def test_identical_images_share_a_group(posts: pd.DataFrame) -> None:
    pixels: dict[str, set[str]] = {}
    for post in posts[posts.source.isin(["openclipart", "tuxpaint"])].itertuples():
        if isinstance(post.image, str):
            digest = hashlib.sha256((CORPUS / "media" / post.image).read_bytes()).hexdigest()
            pixels.setdefault(digest, set()).add(post.group)
    assert all(len(groups) == 1 for groups in pixels.values())


def test_labels_join_to_posts_and_pairs(posts: pd.DataFrame, pairs: pd.DataFrame) -> None:
    emoji = pd.read_parquet(LABELS / "emoji.parquet")
    assert emoji.is_face.sum() > 100 and emoji.label.notna().sum() > 500
    assert emoji.hexcode.is_unique
    drawn = pairs[pairs.hexcode.notna()]
    judged = emoji[emoji.label.notna()].hexcode
    for style in ("twemoji", "fluent-flat", "emojione"):
        assert judged.isin(drawn[drawn["style"] == style].hexcode).sum() > 300, style
    analogies = pd.read_parquet(LABELS / "analogies.parquet")
    assert len(analogies) >= 80
    assert set(analogies.man) | set(analogies.woman) <= set(emoji.hexcode)
    ids = set(posts.id)
    for name in ("tuxpaint_captions", "tuxpaint_sounds", "music_arousal"):
        assert set(pd.read_parquet(LABELS / f"{name}.parquet").post) <= ids, name


def test_training_pairs_are_no_posts_and_stay_in_their_groups(
    posts: pd.DataFrame, pairs: pd.DataFrame
) -> None:
    assert pairs.id.is_unique and not set(pairs.id) & set(posts.id)
    assert pairs.licence.notna().all() and pairs.group.notna().all()
    assert all((TRAINING / "images" / name).is_file() for name in pairs.image)
    assert pairs.texts.map(len).min() >= 1
    for source in set(pairs.source):
        assert (TRAINING / "LICENCES" / f"{source}.txt").is_file(), source
    emoji = posts[posts.source == "openmoji"]
    assert set(emoji.group) & set(pairs.group)


@pytest.mark.parametrize("module", [words, sonicpi], ids=lambda m: m.__name__)
def test_examples_hold(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted and not result.failed
