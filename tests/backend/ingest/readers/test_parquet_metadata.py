"""Files whose metadata end the process that reads them."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.domain import KindredError
from backend.ingest import Options, check, open_tree
from backend.ingest.readers.parquet_metadata import MetadataChecker

ABORTS = Path(__file__).with_name("aborts_arrow.parquet")  # found by the fuzzer


def good() -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(pa.table({"text": ["a kite", "the rain"]}), file)
    return file


def test_a_helper_ends_in_place_of_this_process() -> None:
    checker = MetadataChecker()
    checker.check("good.parquet", good())
    for _ in range(2):
        with pytest.raises(KindredError) as error, ABORTS.open("rb") as file:
            checker.check("aborts.parquet", file)
        assert error.value.code == "damaged"
    checker.check("good.parquet", good())  # another helper has taken its place


@pytest.mark.parametrize("data", [b"", b"PAR1", b"\xff\xff\xff\xffPAR1", b"\0\0\0\0PAR1"])
def test_what_has_no_metadata_is_left_to_the_reader(data: bytes) -> None:
    MetadataChecker().check("none.parquet", io.BytesIO(data))


def test_an_import_says_that_it_is_damaged() -> None:
    tree = open_tree(ABORTS)
    with pytest.raises(KindredError) as error:
        check(tree, Options())
    tree.close()
    assert error.value.code == "damaged" and ABORTS.name in error.value.message
