"""A value is the time that its column says, or none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain import KindredError
from backend.ingest.readers import dates
from backend.ingest.readers.date_columns import are_clocks, are_days, evidence
from backend.ingest.readers.dates import Style

# Any time of 2 May 2019, 18:07:09 in UTC, as programs write it.
FORMS = [
    "2019-05-02 18:07:09",
    "2019-05-02T18:07:09Z",
    "2019-05-02T18:07:09.1234567Z",
    "2019-05-02 18:07:09,250",
    "2019-05-02T20:07:09+0200",
    "2019-05-02T20:07:09+02:00",
    "2019-05-02 18:07:09 UTC",
    "2019-05-02 13:07:09 CDT",
    "2019-05-02 20:07:09 Europe/Berlin",
    "2019/05/02 18:07:09",
    "02.05.2019 18:07:09",
    "2.5.2019, 18:07:09",
    "Thu May 02 18:07:09 +0000 2019",
    "Thu May 02 11:07:09 PDT 2019",
    "Thu, 02 May 2019 18:07:09 GMT",
    "Thu, 2 May 2019 20:07:09 +0200",
    "Thu May 02 2019 20:07:09 GMT+0200 (Central European Summer Time)",
    "Thu May  2 18:07:09 2019",
    "May 2, 2019 6:07:09 PM",
    "2 May 2019 at 18:07:09",
    "02-May-2019 18:07:09",
    "02/May/2019:18:07:09 +0000",
    "2019/05/02 7:07:09 PM GMT+1",
    "20190502180709",
    "1556820429",
    "1556820429000",
    "1556820429000000",
    "1556820429000000000",
    "1556820429.0",
    "2. Mai 2019 18:07:09",
    "2 de mayo de 2019, 18:07:09",
    "2 мая 2019 г., 18:07:09",
    "2 mai 2019 à 18:07:09",
    "2019年5月2日 18:07:09",
    "2019. 5. 2. 오후 6:07:09",
    "2 Mayıs 2019 18:07:09",
    "2 मई 2019 18:07:09",
    "٢ مايو ٢٠١٩ 18:07:09",
    "2 Μαΐου 2019 6:07:09 μ.μ.",
    "2019年5月2日 下午6:07:09",
    "2 toukokuuta 2019 klo 18.07.09",
    "2. května 2019 18:07:09",
]
MEANT = datetime(2019, 5, 2, 18, 7, 9, tzinfo=UTC)


def read(*values: object) -> list[datetime | None]:
    """The times of a column."""
    style = evidence(values).style(may_be_days=True)
    found: list[datetime | None] = []
    for value in values:
        try:
            found.append(dates.parse(value, style))
        except KindredError:
            found.append(None)
    return found


@pytest.mark.parametrize("text", FORMS)
def test_forms_of_one_time(text: str) -> None:
    (found,) = read(text)
    assert found is not None and abs(found - MEANT) < timedelta(seconds=1)


@pytest.mark.parametrize(
    "value",
    ["2 days ago", "yesterday", "just now", "vor 3 Stunden", "12.5", 12.5, 0, "00:01:23", "2019",
     "May 2019", "Thursday", "1.5568E+12", "1,5568E+09", True, "31/02/2019", "2019-13-13", "99"],
)  # fmt: skip
def test_what_is_no_time(value: object) -> None:
    assert read(value) == [None]


@pytest.mark.parametrize("separator", "/-")
@pytest.mark.parametrize("day_first", [True, False])
@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), max_size=20))
def test_one_value_decides_the_order_of_all(
    separator: str, day_first: bool, times: list[datetime]
) -> None:
    times = [*(t.replace(microsecond=0) for t in times), datetime(2019, 5, 28)]
    form = separator.join(["%d", "%m", "%Y"] if day_first else ["%m", "%d", "%Y"]) + " %H:%M:%S"
    assert read(*(t.strftime(form) for t in times)) == [t.replace(tzinfo=UTC) for t in times]


def test_a_column_of_both_orders_leaves_open_what_is_open() -> None:
    values = ["25/12/2018", "12/25/2018", "03/04/2018", "05/05/2018"]
    found = read(*values)
    assert [t and (t.month, t.day) for t in found] == [(12, 25), (12, 25), None, (5, 5)]
    (said,) = evidence(values).doubts("when", Style(day_first=None))
    assert "1 that could be either" in said


def test_what_nothing_decides_is_said_to_be_a_guess() -> None:
    found = evidence(["03/04/2018", "05/04/2018"])
    assert "guess" in found.doubts("when", found.style())[0]
    decided = evidence(["03/04/2018", "25/04/2018"])
    assert not decided.doubts("when", decided.style())
    # Exports are sorted: one order has all days in line.
    ordered = ["28/01/2018", "03/02/2018", "05/02/2018", "01/03/2018"][1:]
    assert evidence(ordered).style().day_first


def test_one_unit_for_all_numbers_of_a_column() -> None:
    early = 5_000_000_000  # in milliseconds, 27 February 1970
    values = [early, *(1_556_820_429_000 + i for i in range(20))]
    assert read(*values)[0] == datetime(1970, 2, 27, 20, 53, 20, tzinfo=UTC)
    assert read(20190502) == [datetime(2019, 5, 2, tzinfo=UTC)]
    assert read("43587.75") == [datetime(2019, 5, 2, 18, tzinfo=UTC)]


def test_zones_of_several_meanings_are_a_guess() -> None:
    found = evidence(["2019-05-02 18:07:09 IST"] * 3)
    assert "India, Israel" in found.doubts("when", found.style())[0]


def test_days_and_clocks_are_told_apart() -> None:
    assert are_days(["2019-05-02", "May 2, 2019", "2.5.19"]) and are_clocks(["18:07", "6:07 pm"])
    assert not are_days(["2019-05-02 18:07"]) and not are_clocks(["90:15", "18:07"])


@given(st.text(max_size=40), st.sampled_from([True, False, None]))
def test_any_text_is_a_time_or_a_sentence(text: str, day_first: bool | None) -> None:
    found = evidence([text])
    for style in (Style(day_first=day_first), found.style()):
        try:
            assert dates.parse(text, style).tzinfo is not None
        except KindredError as error:
            assert error.code == "bad_time" and error.message.endswith(".")


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)))
def test_times_come_back(time: datetime) -> None:
    zoned = time.replace(tzinfo=UTC)
    assert read(time.isoformat()) == read(zoned.isoformat()) == [zoned]
    seconds = zoned.replace(microsecond=0)
    for text in (
        seconds.strftime("%a %b %d %H:%M:%S +0000 %Y"),
        seconds.strftime("%B %d, %Y %I:%M:%S %p"),
        str(int(seconds.timestamp())) if seconds.year > 1973 else seconds.isoformat(),
    ):
        assert read(text) == [seconds]
