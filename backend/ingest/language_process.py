"""Identify the languages of many posts in another process, while this one reads the next."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import chain, islice
from typing import IO, TypeVar

from backend.core.helper_process import HelperEnded, HelperProcess
from backend.ingest import languages
from backend.ingest.draft_types import Draft

T = TypeVar("T")

FEW = 4_000  # items for which a process is not worth its start
_GROUP = 256  # items whose texts are sent at a time
_AHEAD = 2  # groups that are read while another one waits for its languages
_SECONDS = 60.0  # for a group, of which a thousandth is usual
_COMMAND = ("-m", "backend.ingest.language_process")


def with_languages(items: Iterator[T]) -> Generator[T | Draft, None, None]:
    """Yield the same items in order, drafts with the language of their text where it is open.

    Parameters
    ----------
    items : iterator
        Drafts and others, which stay as they are.
    """
    yield from (_with_language(item, languages.identify) for item in islice(items, FEW))
    first = next(items, None)
    if first is None:
        return
    yield from _by_another_process(chain([first], items))


def _by_another_process(items: Iterator[T]) -> Iterator[T | Draft]:
    waiting: deque[tuple[list[T], Future[list[str | None]]]] = deque()
    with closing(_Helper()) as helper, ThreadPoolExecutor(1, "languages") as asking:
        while group := list(islice(items, _GROUP)):
            drafts = [item for item in group if isinstance(item, Draft) and item.language_open]
            texts = [draft.post.text or "" for draft in drafts]
            waiting.append((group, asking.submit(helper.identify, texts)))
            if len(waiting) > _AHEAD:
                yield from _finished(*waiting.popleft())
        while waiting:
            yield from _finished(*waiting.popleft())


def _finished(group: list[T], codes: Future[list[str | None]]) -> Iterator[T | Draft]:
    found = iter(codes.result())
    yield from (_with_language(item, lambda text: next(found)) for item in group)


def _with_language(item: T, identify: Callable[[str], str | None]) -> T | Draft:
    if not isinstance(item, Draft) or not item.language_open:
        return item
    return item.with_language(identify(item.post.text or ""))


class _Helper:
    def __init__(self) -> None:
        self._process: HelperProcess | None = HelperProcess(_COMMAND)

    def identify(self, texts: Sequence[str]) -> list[str | None]:
        """Identify languages; where the process cannot, this one does."""

        def talk(to: IO[bytes], from_: IO[bytes]) -> list[str | None]:
            to.write(json.dumps(texts).encode() + b"\n")
            to.flush()
            if not (line := from_.readline()).endswith(b"\n"):
                raise EOFError
            answer: list[str | None] = json.loads(line)
            return answer

        if texts and self._process is not None:
            try:
                return self._process.ask(talk, _SECONDS)
            except HelperEnded:
                self._process = None
        return list(map(languages.identify, texts))

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()


def main() -> None:
    """Answer each line, a list of texts, with the list of their languages."""
    for line in sys.stdin.buffer:
        print(json.dumps(list(map(languages.identify, json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
