"""Work in a process beside this one."""

from __future__ import annotations

import signal
from typing import IO

import pytest

from backend.core.helper_process import HelperEnded, HelperProcess
from tests.waiting import PATIENCE

ECHO = "import sys\nfor line in sys.stdin: print(line.upper(), end='', flush=True)"


def say(text: bytes) -> object:
    def talk(to: IO[bytes], from_: IO[bytes]) -> bytes:
        to.write(text)
        to.flush()
        if not (answer := from_.readline()):
            raise EOFError
        return answer

    return talk


def test_it_answers_and_is_started_again_after_its_end() -> None:
    helper = HelperProcess(["-c", ECHO])
    assert helper.ask(say(b"a\n"), PATIENCE) == b"A\n"
    assert helper.end() != 0
    assert helper.ask(say(b"b\n"), PATIENCE) == b"B\n"
    helper.end()


def test_one_that_reads_nothing_ends_at_the_deadline() -> None:
    """Writing hangs as soon as the pipe is full."""
    helper = HelperProcess(["-c", "import time; time.sleep(3600)"])
    with pytest.raises(HelperEnded) as error:
        helper.ask(say(b"x" * 2**22), 0.1)
    assert error.value.too_slow


def test_one_that_waits_for_nothing_ends_long_before_the_deadline() -> None:
    helper = HelperProcess(["-c", "import time; time.sleep(3600)"])
    with pytest.raises(HelperEnded) as error:
        helper.ask(say(b"x\n"), 3600, idle=1)
    assert error.value.too_slow


def test_one_that_works_longer_than_it_may_wait_goes_on() -> None:
    work = "import time\nend = time.monotonic() + 8\nwhile time.monotonic() < end: pass\n"
    helper = HelperProcess(["-c", work + ECHO])
    assert helper.ask(say(b"a\n"), PATIENCE, idle=4) == b"A\n"
    helper.end()


def test_the_signal_that_ended_it_is_told() -> None:
    helper = HelperProcess(["-c", "import os; os.abort()"])
    with pytest.raises(HelperEnded) as error:
        helper.ask(say(b"x\n"), PATIENCE)
    assert (error.value.signal, error.value.too_slow) == (signal.SIGABRT, False)


def test_keys_of_this_process_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_API_KEY", "secret")
    helper = HelperProcess(["-c", "import os; print('secret' in str(os.environ), flush=True)"])
    assert helper.ask(say(b"\n"), PATIENCE) == b"False\n"
    helper.end()
