"""Does anything grow faster than its input? Processor time at n, 2 n and 4 n.

    python -m tests.attack.growth [TEXT ...]

prints the units at which time grows more than fourfold when the input grows twofold, twice over,
and exits with a failure if there are any. Texts as arguments choose what is tried.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from backend.domain import KindredError
from backend.encoders import lexicons
from backend.ingest import Options, check, open_tree
from backend.ingest.languages import identify
from backend.ingest.readers import dates
from backend.ingest.readers.html import to_text
from backend.media import clean_text, read_media
from backend.search import parse
from backend.text import hashtags, normalise, tokens
from tests.attack.request_inputs import LONG

TEXTS, FILES = 5_000, 250_000  # characters and bytes of n
SMALL = 0.1  # seconds at 4 n that say nothing
TWICE = 3.2  # times the time of half the input: the square would take four times
MORE = ["(", "[", '"', "a" * 40 + " ", "1", "1,", "-", "'", "’", "\u0301", "é", "Ã©", "\n", "A1"]

Work = Callable[[str], object]
FEATURES: dict[str, Work] = {
    "clean_text": clean_text,
    "normalise": normalise.normalise,
    "tokens": tokens.tokens,
    "split_emoji": tokens.split_emoji,
    "content_words": tokens.content_words,
    "clean_words": tokens.clean_words,
    "sentences": tokens.sentences,
    "split_hashtag": lambda text: hashtags.split_hashtag(text.strip("#")),
    "vader": lambda text: lexicons.vader([text]),
    "emojis": lambda text: lexicons.emojis([text]),
    "nade": lambda text: lexicons.nade([text]),
    "language": identify,
    "to_text": to_text,
    "dates": dates.parse,
    "query": parse,
}
HEADS = {".csv": "id,text\n", ".json": "[", ".jsonl": "", ".txt": "", ".tsv": "id\ttext\n"}
UNITS = {
    ".csv": [",", "\n", '"', '1,"a\n', "1,a\n", "1\n1,2,3\n", "\0", "1,Ã©\n", "1,<a \n"],
    ".tsv": ["\t", "\n", "1\ta\n"],
    ".json": ["[],", "[", '{"a":', "{},", "1,", "9", '"\\u0000",', '{"text":"a"},', " ", "x"],
    ".jsonl": ["1\n", "{\n", '{"text":"a"}\n', "[]\n", "\n"],
    ".txt": ["[01.02.20, 10:11:12] Anna: hi\n", "01/02/20, 10:11 - A: b\n", "a\n"],
}  # fmt: skip
STARTS = [b"\xff\xd8", b"GIF89a\1\0\1\0\x80\0\0" + bytes(6), b"RIFF\xff\xff\xff\x7fWAVE", b"II*\0",
          b"ID3\3\0\0\0\0\0\0",
          b"OggS\0\2", b"\0\0\0\x14ftypmp42\0\0\0\0mp42", b"fLaC"]  # fmt: skip
PARTS = [b"\xff", b"\0", b"!\xfe\1x\0", b"\xff\xfe\0\2", b"LIST\0\0\0\0", b"\0\0\0\x08free"]


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of the faster of two runs."""
    times = []
    for _ in range(2):
        begin = time.process_time()
        with suppress(KindredError):
            work()
        times.append(time.process_time() - begin)
    return min(times)


def grows(make: Callable[[int], Callable[[], object]]) -> tuple[bool, list[float]]:
    """Whether time grows faster than its input, and the times at n, 2 n and 4 n."""
    times: list[float] = []
    for factor in (1, 2, 4):
        times.append(seconds(make(factor)))
    too_fast = times[2] > SMALL and all(b > TWICE * a for a, b in itertools.pairwise(times))
    return too_fast, times


def _file(ending: str, data: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{ending}"
        path.write_bytes(data)
        tree = open_tree(path)
        try:
            return check(tree, Options())
        finally:
            tree.close()


def cases() -> Iterator[tuple[str, Callable[[int], Callable[[], object]]]]:
    """Yield the name of each case, and what makes its work of a factor."""
    for name, feature in FEATURES.items():
        for unit in [*LONG, *MORE]:
            yield (
                f"{name} of {ascii(unit)[:30]}",
                lambda n, f=feature, u=unit: partial(f, (u * TEXTS * n)[: TEXTS * n]),
            )
    for ending, units in UNITS.items():
        for unit in units:
            head = HEADS[ending]
            yield (
                f"{ending} of {ascii(unit)[:30]}",
                lambda n, e=ending, u=unit, h=head: partial(
                    _file, e, (h + u * (FILES * n // len(u))).encode()
                ),
            )
    for start in STARTS:
        for part in PARTS:
            yield (
                f"{start[:6]!r} and many {part[:6]!r}",
                lambda n, s=start, p=part: partial(read_media, s + p * (FILES * n // len(p))),
            )


def main() -> int:
    """Print what grows too fast."""
    wanted, found, count, slowest = sys.argv[1:], 0, 0, (0.0, "")
    for name, make in cases():
        if wanted and not any(text in name for text in wanted):
            continue
        count += 1
        too_fast, times = grows(make)
        slowest = max(slowest, (times[2], name))
        if too_fast:
            found += 1
            print(f"{name}: " + ", ".join(f"{t:.2f}" for t in times) + " s", flush=True)
    print(f"{count} cases, {found} grow too fast; slowest: {slowest[0]:.2f} s, {slowest[1]}")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
