"""What goes to the browser for a map, what comes back, and its figures."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.components.maps.canvas.figure import WIDTH, Figure, as_html, as_png, as_svg
from app.data.map_colours import NONE, paint
from app.data.map_payload import MAX_POINTS, SELECTED, UNIT, Drawing, choose, pack, quantised
from app.data.timeline import NEVER, Timeline
from backend.maps import Column
from backend.trends import Steps

RNG = np.random.default_rng(7)


def bits(marks: Sequence[int], n: int) -> str:
    """As ``map.js`` writes them."""
    on = np.zeros(n, dtype=bool)
    on[list(marks)] = True
    return base64.b64encode(np.packbits(on, bitorder="little").tobytes()).decode()


def header(data: bytes) -> dict[str, object]:
    size = int(np.frombuffer(data[:4], dtype="<u4")[0])
    return json.loads(data[4 : 4 + size])


@given(st.integers(1, 70), st.data())
@settings(max_examples=40)
def test_bits_lead_back_to_visible_points_only(n: int, data: st.DataObject) -> None:
    visible = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    at = quantised(RNG.normal(size=(n, 2)).astype(np.float32))
    shown = choose(at, visible, None)
    marks = data.draw(st.sets(st.integers(0, max(shown.marks - 1, 0)))) if shown.marks else set()
    picked = shown.picked(bits(sorted(marks), shown.marks))
    assert visible[picked].all()
    assert picked.tolist() == [int(np.flatnonzero(visible)[m]) for m in sorted(marks)]


def test_too_many_points_become_cells_that_stand_for_all_in_them() -> None:
    at = quantised(RNG.normal(size=(5000, 2)).astype(np.float32))
    everything = np.ones(5000, dtype=bool)
    shown = choose(at, everything, None, most=1000)
    assert shown.cell and shown.mark is not None and shown.marks < 5000
    assert len(shown.picked(bits(range(shown.marks), shown.marks))) == 5000
    one = shown.picked(bits([3], shown.marks))
    spread = at[one].astype(int)
    assert (np.ptp(spread, axis=0) <= shown.cell).all()
    state = np.zeros(5000, dtype=np.uint8)
    state[one] = SELECTED
    codes = np.full(5000, 4, dtype=np.uint8)
    data = pack({}, shown, at, codes, state)
    counts = header(data)["counts"]
    assert isinstance(counts, list)
    assert sum(int(c.replace(",", "")) for c in counts) == 5000
    marked = np.frombuffer(data[-shown.marks :], dtype=np.uint8)
    assert np.flatnonzero(marked & SELECTED).tolist() == [3]
    # nearer by, each point on its own again
    near = choose(at, everything, (-2000, -2000, 2000, 2000), most=1000)
    assert not near.cell and (np.abs(at[near.rows].astype(int)) <= 2000).all()


def test_a_drawing_of_a_hundred_thousand_points_is_small() -> None:
    at = quantised(RNG.normal(size=(MAX_POINTS, 2)).astype(np.float32))
    codes, state = np.zeros(MAX_POINTS, dtype=np.uint8), np.zeros(MAX_POINTS, dtype=np.uint8)
    shown = choose(at, np.ones(MAX_POINTS, dtype=bool), None)
    data = pack({"palette": ["#000000"]}, shown, at, codes, state)
    assert len(data) < 1_000_000


def test_places_keep_their_shape() -> None:
    xy = np.array([[0, 0], [4, 0], [4, 1]], dtype=np.float32)
    at = quantised(xy).astype(int)
    assert np.abs(at).max() == UNIT
    assert (at[1] - at[0])[0] == pytest.approx(4 * (at[2] - at[1])[1], rel=1e-3)
    assert not quantised(np.ones((3, 2), dtype=np.float32)).any()
    assert choose(quantised(np.empty((0, 2), np.float32)), np.zeros(0, bool), None).marks == 0


def test_colours_say_what_has_no_value() -> None:
    kinds = paint(Column("emotion", np.array([0, 8, -1], dtype=np.int32), tuple("abcdefghi")))
    assert kinds.codes.tolist() == [0, 8, NONE]
    numbers = paint(Column("joy", np.array([0.1, np.nan, 0.9], dtype=np.float32)))
    assert numbers.codes[1] == NONE and numbers.codes[0] < numbers.codes[2]
    many = paint(Column("x", np.arange(400, dtype=np.int32), tuple(str(i) for i in range(400))))
    assert len(many.palette) == 255 and (many.codes[255:] == NONE).all()


@pytest.fixture(params=["emotion", "positive"])
def figure(request: pytest.FixtureRequest) -> Figure:
    n = 300
    at = quantised(RNG.normal(size=(n, 2)).astype(np.float32))
    if request.param == "emotion":
        column = Column("emotion", RNG.integers(-1, 3, n).astype(np.int32), ("joy", "fear", "a<b"))
    else:
        column = Column("positive", RNG.random(n).astype(np.float32))
    labels = [{"x": 0, "y": 0, "reach": 40_000, "text": "<script>alert(1)</script>", "id": 0}]
    return Figure(at, paint(column), labels, "300 posts", np.zeros(n, dtype=bool), np.arange(n))


def test_figures_hold_every_point_and_no_markup_of_others(figure: Figure) -> None:
    svg = as_svg(figure).decode()
    assert svg.count("<circle") >= 300 and "<script" not in svg
    with Image.open(io.BytesIO(as_png(figure))) as image:
        assert image.width > 2000 and len(image.quantize(64).getcolors() or []) > 8
    names = np.array([f"<img src=x onerror=alert({i})>" for i in range(300)], dtype=object)
    page = as_html(figure, names).decode()
    assert "<img src=x" not in page and "<script>alert(1)" not in page


def test_names_move_aside_for_each_other_and_the_edge() -> None:
    at = np.array([[-UNIT, 0], [UNIT, 0], [0, 0]], dtype=np.int16)
    names = ["fruit, vegetables, apple", "united nations member", "fruit, apple, tree"]
    labels = [
        {"x": int(x), "y": int(y), "reach": 40_000, "text": name, "id": i}
        for i, (name, (x, y)) in enumerate(zip(names, at[[0, 0, 1]], strict=True))
    ]
    column = Column("positive", RNG.random(3).astype(np.float32))
    drawn = Figure(at, paint(column), labels, "3 posts", np.zeros(3, dtype=bool), np.arange(3))
    svg = as_svg(drawn).decode()
    assert all(name in svg for name in names)
    places = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" font-size="12.5"', svg)
    assert len(set(places)) == 3 and all(0 < float(x) < WIDTH for x, _ in places)


@pytest.mark.parametrize(("reach", "aside"), [(UNIT // 2, False), (UNIT // 100, True)])
def test_the_name_of_a_small_cluster_stands_above_it(reach: int, aside: bool) -> None:
    at = np.array([[-UNIT, -UNIT], [UNIT, UNIT], [0, 0]], dtype=np.int16)
    column = Column("positive", RNG.random(3).astype(np.float32))
    labels = [{"x": 0, "y": 0, "reach": reach, "text": "fruit", "id": 0}]
    drawn = Figure(at, paint(column), labels, "3 posts", np.zeros(3, dtype=bool), np.arange(3))
    (y,) = re.findall(r'<text x="[\d.]+" y="([\d.]+)" font-size="12.5"', as_svg(drawn).decode())
    covered = abs(float(y) - drawn.place(at[2:])[0][1]) < 6
    assert covered != aside


def test_bits_of_an_older_drawing_are_not_read_beyond_it() -> None:
    shown = Drawing("v", np.arange(20), None, 20)
    assert shown.picked(bits([1], 8)).tolist() == [1]


def timeline_of(rows: np.ndarray, at: np.ndarray, *, single: bool) -> Timeline:
    return Timeline(Steps.covering(0, 9 * 3600), rows, at, 0, zoomed=False, single=single)


def test_the_step_of_each_shown_post_goes_along() -> None:
    at = quantised(RNG.normal(size=(5, 2)).astype(np.float32))
    visible = np.array([True, False, True, True, True])
    codes = np.zeros(5, dtype=np.uint8)
    shown = choose(at, visible, None)
    posts = timeline_of(np.array([0, 1, 3]), np.array([2, 9, 4]), single=True)
    told, times = posts.header(shown, codes, visible, None)
    data = pack({"timeline": told}, shown, at, codes, codes, times)
    assert header(data)["timeline"]["mode"] == "dense"  # type: ignore[index]
    tail = np.frombuffer(data[-8:], dtype="<u2")
    assert tail.tolist() == [2, NEVER, 4, NEVER] and len(data) % 4 == 0
    assert posts.within(5, (2, 4)).tolist() == [True, False, False, True, False]


def test_a_user_has_posts_in_several_steps() -> None:
    at = quantised(RNG.normal(size=(3, 2)).astype(np.float32))
    codes = np.zeros(3, dtype=np.uint8)
    visible = np.array([False, True, True])
    shown = choose(at, visible, None)
    users = timeline_of(np.array([0, 1, 1, 1, 2]), np.array([1, 5, 5, 7, 0]), single=False)
    told, times = users.header(shown, codes, visible, None)
    assert (told["mode"], told["pairs"]) == ("sparse", 3)
    assert np.frombuffer(times[:12], dtype="<u4").tolist() == [0, 0, 1]
    assert np.frombuffer(times[12:], dtype="<u2").tolist() == [5, 7, 0, 2, 1, 1]
    assert users.within(3, (6, 9)).tolist() == [False, True, False]


def test_too_many_points_are_counted_here() -> None:
    n = MAX_POINTS + 10
    at = quantised(RNG.normal(size=(n, 2)).astype(np.float32))
    codes = (np.arange(n) % 2).astype(np.uint8)
    visible = np.ones(n, dtype=bool)
    posts = timeline_of(np.arange(n), np.arange(n) % 4, single=True)
    told, times = posts.header(choose(at, visible, None), codes, visible, None)
    assert told["mode"] == "asked" and not times
    assert told["counts"] == [[s, s % 2, len(range(s, n, 4))] for s in range(4)]
