from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain import Kind, KindredError
from backend.search import Query, QueryError, Term, format, parse
from backend.search.query import MAX_WEIGHT, MIN_WEIGHT

sizes = st.floats(MIN_WEIGHT, MAX_WEIGHT)
weights = sizes | sizes.map(lambda size: -size)
values = st.text(min_size=1, max_size=12).filter(str.strip)
awkward = st.sampled_from(
    ['"', "\\", '\\"', "- x", "a-b", "2*x", "user:x", "“q”", "@a", "x\n\ty", "−", "word:", " a "]
)
terms = st.builds(Term, st.sampled_from(list(Kind)), values | awkward, st.just(1.0) | weights)
queries = st.builds(Query, st.lists(terms, min_size=1, max_size=5).map(tuple))


def said(text: str) -> list[tuple[str, str, float]]:
    return [(term.kind.value, term.value, term.weight) for term in parse(text).terms]


@given(queries)
def test_what_is_written_is_read_again(query: Query) -> None:
    assert parse(format(query)) == query
    assert str(query) == format(query)


@given(st.text(max_size=30) | st.text('"@+-−*: \\ab2.“', max_size=20))
def test_any_text_is_a_query_or_a_clear_error(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert error.code == "query" and f"at character {error.position + 1}" in error.message
    else:
        assert parse(format(query)) == query


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"lonely" + sunset - people', [("lonely", 1), ("sunset", 1), ("people", -1)]),
        ("sunset − people", [("sunset", 1), ("people", -1)]),
        ("sunset -people", [("sunset", 1), ("people", -1)]),
        ("a well-known e-mail", [("a well-known e-mail", 1)]),
        ("sad   dog\tin the\nrain", [("sad dog in the rain", 1)]),
        ('2*"red car" + .5 * blue', [("red car", 2), ("blue", 0.5)]),
        ("-2*people", [("people", -2)]),
        ("- people", [("people", -1)]),
        ('sunset+"lonely"-"b"', [("sunset", 1), ("lonely", 1), ("b", -1)]),
        ('"a" "b" c', [("a", 1), ("b", 1), ("c", 1)]),
        ("“lonely” + „traurig“", [("lonely", 1), ("traurig", 1)]),
        (r'"say \"hi\" \\ \n"', [(r'say "hi" \ \n', 1)]),
        ("C++ and LGBTQ+ at 10:30", [("C++ and LGBTQ+ at 10:30", 1)]),
        ("sad :-( see https://a.b/c-d?e=f", [("sad :-( see https://a.b/c-d?e=f", 1)]),
        ("mail a@b or a @ b", [("mail a@b or a @ b", 1)]),
        ("猫 - 犬", [("猫", 1), ("犬", -1)]),
    ],
)
def test_texts(text: str, expected: list[tuple[str, float]]) -> None:
    assert said(text) == [("text", value, weight) for value, weight in expected]


def test_other_kinds() -> None:
    assert said("@anna + joy") == [("user", "anna", 1), ("text", "joy", 1)]
    assert said('joy @"Anna B." ') == [("text", "joy", 1), ("user", "Anna B.", 1)]
    assert said("post:oca-000123 - word:storm") == [
        ("post", "oca-000123", 1),
        ("word", "storm", -1),
    ]
    assert said('user:"oca:anna" + image:3f2a + 3*audio:77 + text:"a"') == [
        ("user", "oca:anna", 1),
        ("image", "3f2a", 1),
        ("audio", "77", 3),
        ("text", "a", 1),
    ]


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "empty", 0),
        ("  \n", "empty", 0),
        ('a + "b', "never closed", 4),
        ("a + ", "Nothing follows the +", 3),
        ("a - + b", "Two signs", 4),
        ("2* - a", "Nothing follows the weight", 2),
        ("a + 0*b", "between 0.001 and 1000", 4),
        ("1e999*b", "between 0.001 and 1000", 0),
        ("1e99*dog", "between 0.001 and 1000", 0),
        ("a - 1e-9*b", "between 0.001 and 1000", 4),
        ('a + ""', "nothing in the quotes", 4),
        ("user: anna", "Nothing follows user:", 4),
        ("a @", "Nothing follows @", 2),
    ],
)
def test_errors_say_where(text: str, message: str, position: int) -> None:
    with pytest.raises(QueryError, match=message.replace("+", r"\+")) as error:
        parse(text)
    assert error.value.position == position


@pytest.mark.parametrize(
    ("value", "weight"),
    [("", 1), (" \n", 1), ("a", 0), ("a", float("nan")), ("a", 1e99), ("a", -1e-9)],
)
def test_terms_without_meaning_are_refused(value: str, weight: float) -> None:
    with pytest.raises(KindredError):
        Term(Kind.TEXT, value, weight)
    with pytest.raises(KindredError):
        Query(())
