"""Bring each hostile input to a served app, alone; print what it took, and from whom."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.attack import (
    image_inputs,
    packed_inputs,
    request_inputs,
    sound_inputs,
    table_inputs,
    workbook_inputs,
)
from tests.attack.page_visitor import PageVisitor
from tests.attack.served import Served, Watch

SECONDS, MEGABYTES, DELAY = 10.0, 1024.0, 1.0
_OWN_SHARE = 0.2  # of a core, that the attack itself may take
NO_ROOM = "has no room for more files"
_PATIENCE = 12  # times 15 s
ARRAYS = (".npy", ".npz", ".safetensors")  # are beside a table
AT_ONCE = 8  # visitors that send a dear request

Bring = Callable[[bytes, str], str]  # takes what is sent, and the address that sends it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one input did.

    Attributes
    ----------
    name, kind : str
    size : int
        In bytes.
    seconds : float
        Until it was answered.
    processor : float
        Seconds of a core that the server and its helpers used, the ten searches included.
    busy : bool
        Whether other programs took more than a quarter of the cores: then the seconds that
        count are those of the processor.
    megabytes : float
        Of memory, at most, above the start.
    delay : float
        Median seconds of ten small searches of another visitor meanwhile.
    answer : str
    """

    name: str
    kind: str
    size: int
    seconds: float
    processor: float
    busy: bool
    megabytes: float
    delay: float
    answer: str

    @property
    def count(self) -> int:
        """How many of it were sent at the same time."""
        return AT_ONCE if self.kind.endswith("at once") else 1

    @property
    def holds(self) -> bool:
        """Whether it stayed within the limits."""
        return (
            (self.processor if self.busy else self.seconds) <= SECONDS * self.count
            and self.megabytes <= MEGABYTES
            and self.delay <= DELAY
            and not self.answer.startswith(("403", "500"))
            and "error ID" not in self.answer
            and NO_ROOM not in self.answer
        )

    def __str__(self) -> str:
        cells = (
            self.name.replace("|", "/"),
            f"{self.size / 2**20:.1f}",
            f"{self.seconds:.1f}{' (busy)' if self.busy else ''}",
            f"{self.processor:.1f}",
            f"{self.megabytes:.0f}",
            f"{self.delay:.2f}",
            self.answer.replace("|", "/").replace("\n", " ")[:70],
        )
        return f"| {' | '.join(cells)} |"


def inputs(served: Served) -> Iterator[tuple[str, str, Callable[[], bytes], Bring]]:
    """Yield the name and the kind of each input, what makes it, and what brings it there."""

    def upload(name: str) -> Bring:
        return lambda data, source: asyncio.run(_import(served, name, data, source))

    def post(kind: str) -> Bring:
        return lambda data, source: _post(served, "/api/analyse", as_post(kind, data), source)

    def send(path: str) -> Bring:
        return lambda data, source: _post(served, path, data, source)

    for name, make in image_inputs.INPUTS.items():
        yield name, "picture", make, post("image")
    for name, make in sound_inputs.INPUTS.items():
        film = name.startswith(("mp4", "webm", "avi", "flv"))
        yield name, "video" if film else "sound", make, post("image" if film else "audio")
    sources = table_inputs.INPUTS | workbook_inputs.INPUTS | packed_inputs.INPUTS
    for name, make in sources.items():
        packed = name.endswith((".gz", ".xz", ".bz2", ".zst", ".zip"))
        yield name, "archive" if packed else "table", make, upload(name)
    for name, make_request in request_inputs.INPUTS.items():
        path, body = make_request()
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = name.split(",")[0].rstrip("s")
        yield name, kind, lambda data=data: data, send(path)
        if name in request_inputs.DEAR:
            yield f"{AT_ONCE} x {name}", f"{AT_ONCE} at once", lambda d=data: d, at_once(send(path))


def at_once(bring: Bring) -> Bring:
    """Return what brings an input from several addresses at the same time."""

    def together(data: bytes, source: str) -> str:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            sources = [source.replace("127.0.", f"127.{n + 5}.", 1) for n in range(AT_ONCE)]
            answers = [*pool.map(lambda one: bring(data, one), sources)]
        return "; ".join(f"{count} x {answer}" for answer, count in Counter(answers).items())

    return together


def attack(served: Served, only: str = "", part: tuple[int, int] = (1, 1)) -> Iterator[Outcome]:
    """Bring the inputs whose name contains a text, one after the other.

    Parameters
    ----------
    served : Served
    only : str
    part : tuple of int
        (k, n): of them, the k-th of n parts.
    """
    chosen = [one for one in enumerate(inputs(served)) if only in one[1][0]]
    for number, (name, kind, make, bring) in chosen[part[0] - 1 :: part[1]]:
        data = make()
        for _ in range(_PATIENCE):
            outcome = _brought(served, number, (name, kind), data, bring)
            if NO_ROOM not in outcome.answer:
                break
            time.sleep(15)  # until the sessions of those before have ended
        yield outcome


def _brought(
    served: Served, number: int, named: tuple[str, str], data: bytes, bring: Bring
) -> Outcome:
    with Watch(served, f"127.0.1.{number % 250 + 1}") as watch:
        begin, used, machine = time.perf_counter(), served.processor(), machine_seconds()
        try:
            answer = bring(data, f"127.0.9.{number % 250 + 1}")
        except OSError as error:
            answer = f"500 {error!r}"
        seconds = time.perf_counter() - begin
        used, machine = served.processor() - used, machine_seconds() - machine
    served.check_alive()
    others = machine - used - _OWN_SHARE * seconds
    busy = others > seconds * (os.cpu_count() or 1) / 4
    return Outcome(*named, len(data), seconds, used, busy, watch.megabytes, watch.delay, answer)


def machine_seconds() -> float:
    """Return the seconds of all cores that this machine has been busy."""
    fields = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def as_post(kind: str, data: bytes) -> bytes:
    return b'{"posts":[{"id":"1","%s":"%s"}]}' % (kind.encode(), base64.b64encode(data))


def _post(served: Served, path: str, body: bytes, source: str) -> str:
    status, data, _ = served.request("POST", path, body, source=source)
    try:
        said = json.loads(data)
        said = said[0] if isinstance(said, list) else said
        error = said.get("error")
        return f"{status} {error['code']}: {error['message']}" if error else str(status)
    except (ValueError, KeyError, IndexError):
        return f"{status} {data[:60]!r}"


async def _import(served: Served, name: str, data: bytes, source: str) -> str:
    async with PageVisitor(served.url, source) as visitor:
        await visitor.open("corpora")
        beside = {"t.csv": packed_inputs.ROWS} if name.endswith(ARRAYS) else {}
        alerts = await visitor.upload("corpora", name, data, beside)
        return "; ".join(alerts) or "a report"
