"""What the import of LanceDB leaves for later is there when it is called."""

from __future__ import annotations

import subprocess
import sys


def test_validators_of_its_client_are_built_when_they_are_called() -> None:
    code = """
import pydantic
from pydantic._internal._validate_call import ValidateCallWrapper as Wrapper

plain, build, built = pydantic.validate_call, Wrapper._create_validators, []
Wrapper._create_validators = lambda self: (built.append(self), build(self))
from backend.corpus.lance import lancedb
from lance_namespace_urllib3_client.api.table_api import TableApi

assert lancedb.connect and not built
assert pydantic.validate_call is plain
try:
    TableApi().count_table_rows(id=[], count_table_rows_request=1)
except pydantic.ValidationError:
    assert len(built) == 1
else:
    raise AssertionError("a wrong argument was taken")
pydantic.validate_call(lambda: None)  # others decide for themselves
assert len(built) == 2
"""
    subprocess.run([sys.executable, "-c", code], check=True)
