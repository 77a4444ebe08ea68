"""A worker that writes down what it begins, importable where workers run."""

from __future__ import annotations

import os
import time

import pyarrow as pa

from backend.ingest.ray.worker import EncodingWorker

JOURNAL = "KINDRED_TEST_JOURNAL"


class Journalled(EncodingWorker):
    def __call__(self, table: pa.Table) -> pa.Table:
        said = f"{os.getpid()} {table['key'][0].as_py()}\n"
        file = os.open(os.environ[JOURNAL], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, said.encode())
        os.close(file)
        time.sleep(0.5)  # long enough to be killed in the middle
        return super().__call__(table)
