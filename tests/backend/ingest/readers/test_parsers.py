"""Whatever comes in, parsers answer with a value or a sentence."""

from __future__ import annotations

import io
import re
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain import KindredError
from backend.ingest.existing import ExistingPosts
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers import dates
from backend.ingest.readers import encoding as charset
from backend.ingest.readers.base import FIELDS, Row
from backend.ingest.readers.columns import guess
from backend.ingest.readers.file_tree import Folder
from backend.ingest.readers.html import to_text
from backend.ingest.readers.json_lines import parse_line

values = st.one_of(
    st.none(),
    st.text(),
    st.floats(),
    st.integers(),
    st.lists(st.text(), max_size=3),
    st.dictionaries(st.text(), st.text(), max_size=2),
)


@given(st.lists(st.text(st.characters(blacklist_characters="\r\n\0", codec="utf-8")), max_size=6))
def test_lines_are_lines(given_: list[str]) -> None:
    text = "\n".join(given_)
    found = list(charset.lines(io.BytesIO(text.encode()), "utf-8", 10_000))
    expected = text.split("\n")
    if expected[-1] == "":
        expected.pop()
    assert [line.rstrip("\n") if line else line for line in found] == [
        line.removeprefix("\ufeff") if i == 0 else line for i, line in enumerate(expected)
    ]


@given(st.binary(max_size=300), st.sampled_from(charset.ENCODINGS), st.integers(1, 40))
def test_no_line_is_longer_than_the_limit(data: bytes, encoding: str, limit: int) -> None:
    try:
        for line in charset.lines(io.BytesIO(data), encoding, limit):
            assert line is None or len(line) <= limit
    except KindredError as error:
        assert error.code == "wrong_encoding"


@given(st.binary(max_size=400))
def test_an_encoding_is_always_named(data: bytes) -> None:
    name = charset.detect(io.BytesIO(data))
    data.decode(name, "replace")


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("Grüße – „schön“, 5 €", "windows-1252", "windows-1252"),
        ("Größe", "utf-8", "utf-8"),
        ("Größe und mehr", "utf-16", "utf-16"),
        ("Größe und mehr", "utf-16-le", "utf-16-le"),
        ("Привет, как дела сегодня? Всё хорошо, спасибо.", "cp1251", "windows-1251"),
        ("今日はとても良い天気ですね。散歩に行きましょう。", "shift_jis", "shift_jis"),
    ],
)
def test_encodings_are_told_apart(text: str, encoding: str, found: str) -> None:
    assert charset.detect(io.BytesIO((text * 20).encode(encoding))) == found


@given(values)
def test_a_time_or_a_sentence(value: object) -> None:
    try:
        assert dates.parse(value).tzinfo is not None
    except KindredError as error:
        assert error.code == "bad_time"


@pytest.mark.parametrize(
    "number",
    [10**400, -(10**400), 10**5_000, float("inf"), float("nan")],
    ids=["large", "small", "endless", "inf", "nan"],
)
def test_a_number_beyond_all_calendars_is_no_time(number: float) -> None:
    with pytest.raises(KindredError) as error:
        dates.parse(number)
    assert error.value.code == "bad_time" and len(error.value.message) < 100


@given(st.text())
def test_json_is_a_row_or_an_error(line: str) -> None:
    found = parse_line(1, line)
    assert found.error is not None or isinstance(found.cells, dict)


@given(
    st.lists(st.text(min_size=1), unique=True, max_size=6),
    st.lists(st.lists(values, min_size=6, max_size=6), max_size=4),
)
def test_a_guess_uses_each_column_once(columns: list[str], rows: list[list[object]]) -> None:
    samples = [Row(i, dict(zip(columns, r, strict=False))) for i, r in enumerate(rows, start=1)]
    found = guess(columns, samples)
    used = [column for of in found.values() for column in of]
    assert set(found) <= set(FIELDS) and len(used) == len(set(used)) and set(used) <= set(columns)


@pytest.mark.parametrize("name", ["id", "Tweet ID", "key", "Nr."])
def test_a_column_of_unique_values_with_a_known_name_is_the_id(name: str) -> None:
    samples = [Row(i, {name: str(i), "text": "A lovely day at the sea"}) for i in (1, 2)]
    assert guess([name, "text"], samples) == {"id": (name,), "text": ("text",)}


@given(st.text())
def test_no_tag_survives(text: str) -> None:
    assert "<script>" not in to_text(f"<p>{text}</p><script>x</script>").replace(text, "")


def test_what_a_page_does_not_show_is_left_out() -> None:
    markup = "<style>p{}</style><p>one<br/>two</p><p>three &lt;b&gt;</p><!-- four -->"
    assert to_text(markup) == "one\ntwo\n\nthree <b>"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = tmp_path_factory.mktemp("tree")
    for name in ("y.csv", "x/y.csv", "x/z/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"here")
    return Folder(folder)


@settings(max_examples=200)
@given(given_=st.text(max_size=40) | st.text("xyz/.\\1pngcsv", max_size=9))
def test_no_path_leads_out(tree: Folder, given_: str) -> None:
    for name in (given_, f"../{given_}", f"x/../../{given_}", f"/{given_}", f"C:\\{given_}"):
        try:
            found = tree.find(name, "x/y.csv")
        except KindredError as error:
            assert error.code in ("bad_media_path", "no_media", "several_media")
        else:
            assert found in tree.sizes and ".." not in found


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.csv").write_text("text\nsecret secret\n")
    (tmp_path / "in" / "link.csv").symlink_to(tmp_path / "secret.csv")
    (tmp_path / "in" / "loop").symlink_to(tmp_path)
    tree = Folder(tmp_path / "in")
    assert not tree.sizes and len(tree.refused) == 2
    # A file that becomes a link after it was listed is not followed either.
    (tmp_path / "in" / "a.csv").write_text("text\nfine\n")
    tree = Folder(tmp_path / "in")
    (tmp_path / "in" / "a.csv").unlink()
    (tmp_path / "in" / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(KindredError):
        tree.read("a.csv")


@given(st.text(min_size=1))
def test_a_pseudonym_is_steady_and_says_nothing(name: str) -> None:
    keys = Pseudonyms(b"k" * 32)
    made = keys.name(name)
    assert made == keys.name("@" + name.strip().removeprefix("@")) or name.strip().startswith("@@")
    assert re.fullmatch(r"user-[0-9a-f]{16}", made)
    assert keys.name(name) != Pseudonyms(b"l" * 32).name(name)


def test_mentions_are_pseudonyms_and_addresses_stay() -> None:
    keys = Pseudonyms(b"k" * 32)
    text = keys.text("hi @bob and @anna@x.example, mail me@x.example")
    assert text == f"hi @{keys.name('bob')} and @{keys.name('anna@x.example')}, mail me@x.example"


def test_what_is_known_of_posts() -> None:
    import pyarrow as pa

    table = pa.table({"id": [f"p{i}" for i in range(500)], "fingerprint": ["f"] * 500})
    known = ExistingPosts(table)
    assert known.state("p3", "f") == "same" and known.state("p3", "g") == "changed"
    assert known.state("q", "f") == "new" and ExistingPosts().state("p3", "f") == "new"
    assert list(islice((known.state(f"p{i}", "f") for i in range(500)), 500)) == ["same"] * 500
