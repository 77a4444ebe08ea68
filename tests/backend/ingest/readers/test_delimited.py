"""Tables as programs and people write them: quotes, separators, headers, encodings."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain import KindredError
from backend.ingest import Options, open_tree
from backend.ingest.readers import delimited
from backend.ingest.readers.base import Row
from backend.ingest.readers.layout import find, is_header
from backend.ingest.readers.quotes import Dialect, records


def rows(tmp_path: Path, data: str | bytes, name: str = "t.csv") -> list[Row]:
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return list(delimited.read(open_tree(tmp_path / name), Options()))


def cells(tmp_path: Path, data: str | bytes, name: str = "t.csv") -> list[list[str]]:
    return [list(row.cells.values()) for row in rows(tmp_path, data, name)]


def test_an_open_quote_does_not_swallow_rows(tmp_path: Path) -> None:
    text = 'id,text\n1,fine words\n2,"never closed\n3,on we go\n4,"in ""order"", yes"\n5,end\n'
    found = rows(tmp_path, text)
    assert [list(row.cells.values()) for row in found] == [
        ["1", "fine words"],
        ["2", '"never closed'],
        ["3", "on we go"],
        ["4", 'in "order", yes'],
        ["5", "end"],
    ]
    assert [[n.code for n in row.notices] for row in found] == [[], ["open_quote"], [], [], []]


@pytest.mark.parametrize("blank", [1, 199, 1_000])
def test_blank_lines_before_the_header_are_passed_over(blank: int, tmp_path: Path) -> None:
    assert cells(tmp_path, "\n" * blank + "id,text\n1,fine words\n") == [["1", "fine words"]]


def test_too_many_blank_lines_before_the_header_are_told(tmp_path: Path) -> None:
    with pytest.raises(KindredError) as error:
        rows(tmp_path, "\n" * 100_002 + "id,text\n1,fine words\n")
    assert error.value.code == "blank_lines"
    with pytest.raises(KindredError) as error:
        rows(tmp_path, "\n" * 300)
    assert error.value.code == "empty"


def test_two_quotes_that_swallow_rows_are_no_quotes(tmp_path: Path) -> None:
    text = (
        'id,text,when\n1,"oh,2020-01-01\n2,well,2020-01-02\n3,"no",2020-01-03\n4,so",2020-01-04\n'
    )
    assert [row[0] for row in cells(tmp_path, text)] == ["1", "2", "3", "4"]


def test_quotes_in_a_table_without_quoting(tmp_path: Path) -> None:
    text = 'id\tlabel\ttext\n1\tgood\t"Never again\n2\tbad\the said "no" to me"\n3\tgood\tfine\n'
    assert cells(tmp_path, text, "t.tsv") == [
        ["1", "good", '"Never again'],
        ["2", "bad", 'he said "no" to me"'],
        ["3", "good", "fine"],
    ]


def test_lines_of_a_text_are_no_rows(tmp_path: Path) -> None:
    text = 'id,text\n1,"To buy:\nmilk, eggs\nbread, salt"\n2,"one\n\ntwo"\n'
    assert cells(tmp_path, text) == [
        ["1", "To buy:\nmilk, eggs\nbread, salt"],
        ["2", "one\n\ntwo"],
    ]


def test_backslashes_before_quotes(tmp_path: Path) -> None:
    text = 'id,text\n1,"She said \\"no, never\\" again"\n2,"fine"\n'
    assert cells(tmp_path, text) == [["1", 'She said "no, never" again'], ["2", "fine"]]


plain = st.text(st.characters(codec="utf-8", exclude_characters="\0\x85\u2028\u2029\x1c\x1d\x1e"))


@given(st.lists(st.lists(plain, min_size=2, max_size=4), max_size=6), st.sampled_from(",;\t|"))
def test_what_is_written_in_order_comes_back(table: list[list[str]], separator: str) -> None:
    table = [
        [c.replace("\r", " ").replace("\x0b", " ").replace("\x0c", " ") for c in r] for r in table
    ]
    file = io.StringIO()
    csv.writer(file, delimiter=separator, lineterminator="\n").writerows(table)
    lines = file.getvalue().splitlines(keepends=True)
    found = [r.cells for r in records(iter(lines), Dialect(separator))]
    assert found == [row for row in table if row != [""]]


@given(st.lists(st.text(alphabet='a1",;\n'), max_size=12))
def test_no_line_is_lost_whatever_the_quotes(lines: list[str]) -> None:
    """Each line is in exactly one record, in order; every one has a first line."""
    text = [line.replace("\n", " ") + "\n" for line in lines]
    found = list(records(iter(text), Dialect(",", kinds=("number", ""))))
    numbers = [record.number for record in found]
    assert numbers == sorted(set(numbers))
    letters = "".join("".join(record.cells) for record in found)
    assert letters.count("a") == "".join(text).count("a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id;text\n1;a, b, c and more\n2;b, c\n", ["1", "a, b, c and more"]),
        ("sep=;\nid;text\n1;a b c\n", ["1", "a b c"]),
        ("id|text\n1|a b, c d\n2|e, f\n", ["1", "a b, c d"]),
        ("id\ttext\n1\ta b, c d\n", ["1", "a b, c d"]),
        # Lines about the table stand before it.
        ("Export:,all\nBy:,us\n\nid,text,user\n1,a b,anna\n2,c d,bob\n", ["1", "a b", "anna"]),
        ('id, text, user\n1, "a b, c", anna\n2, "d e", bob\n', ["1", "a b, c", "anna"]),
        # R names its rows, and its header does not.
        ('"id"\t"text"\n"1"\t17\t"a b c"\n"2"\t18\t"d e f"\n', ["1", "17", "a b c"]),
        # pandas names the column of its row numbers by nothing.
        (",id,text\n0,17,a b c\n1,18,d e f\n", ["0", "17", "a b c"]),
    ],
)
def test_layouts(text: str, expected: list[str], tmp_path: Path) -> None:
    assert cells(tmp_path, text)[0] == expected


def test_lines_of_text_have_no_columns(tmp_path: Path) -> None:
    lines = ["I like it, really", "So sad", "Late again, and again, and again", "Good morning"]
    assert cells(tmp_path, "\n".join(lines), "posts.txt") == [[line] for line in lines]


@pytest.mark.parametrize(
    ("header", "below", "expected"),
    [
        (["When was it?", "What do you say?"], [["2020-01-01", "I like it a lot."]], True),
        (["No.", "Tweet", "Sentiment"], [["1", "What a day", "good"]], True),
        (["1", "What a day!"], [["2", "Not so bad."]], False),
        (["What a day it was", "good"], [["Not so bad", "good"]] * 4, False),
        (["Spruch", "Gefühl"], [["So ein schöner Tag", "froh"]] * 3, True),
        (["0", "1467810369", "Mon Apr 06 2009", "joe"], [["0", "1467810672", "x", "ann"]], False),
    ],
)
def test_a_header_is_compared_with_the_rows_under_it(
    header: list[str], below: list[list[str]], expected: bool
) -> None:
    assert is_header(header, below) == expected


def test_a_name_that_comes_twice_stays_apart() -> None:
    found = find(["id,text,text\n", "1,one,two\n"], "t.csv")
    assert found is not None and found.columns == ("id", "text", "text (3)")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Café à Zürich, où ça", "mac-roman"),
        ("Größe und Höhe, süß", "cp850"),
        ("Zażółć gęślą jaźń, więc", "cp1250"),
        ("Příliš žluťoučký kůň úpěl", "cp1250"),
        ("Şöyle böyle, iyi değil, ağır", "cp1254"),
        ("Ça coûte 5 € déjà", "iso8859-15"),
        ("It’s “fine”, isn’t it – so what…", "cp1252"),
        ("Élan, naïve façade, œuvre", "cp1252"),
        ("Það er gott veður í dag", "cp1252"),
    ],
)
def test_letters_tell_encodings_apart(text: str, encoding: str, tmp_path: Path) -> None:
    data = "id,text\n" + "".join(f'{i},"{text}"\n' for i in range(8))
    found = rows(tmp_path, data.encode(encoding))
    assert [row.cells["text"] for row in found] == [text] * 8
    assert [n.code for n in found[0].notices] == ["encoding_guessed"]


def test_a_bad_byte_makes_no_other_encoding(tmp_path: Path) -> None:
    data = "id,text\n1,schön und süß\n2,".encode() + b"abge\xc3\n3,\xc3\xa4hnlich\n"
    found = rows(tmp_path, data)
    assert [row.cells["text"] for row in found] == ["schön und süß", "abge\ufffd", "ähnlich"]


@pytest.mark.parametrize("before", [0, 2**20 - 12, 2**20 - 9, 2**20 - 8])
def test_characters_in_two_halves_are_joined(before: int, tmp_path: Path) -> None:
    halves = "😀".encode("utf-16-be").decode("utf-16-be", "surrogatepass")
    cesu = b"".join(
        bytes([0xE0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63]) for c in (0xD83D, 0xDE00)
    )
    # Also where a block of the file ends inside of one.
    filler = b"x" * before
    data = b"text\n" + filler + "ä ".encode() + cesu + b" end of it\nb c\n"
    found = rows(tmp_path, data)
    if before < 2**19:
        assert found[0].cells["text"] == f"ä {halves} end of it"
    else:
        assert found[0].error is not None or found[0].cells["text"].endswith("😀 end of it")
