"""Two hundred clients at once, for two minutes."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections import Counter

from tests.attack.image_inputs import noise
from tests.attack.request_inputs import long, posts
from tests.attack.served import MEGABYTE, Served
from tests.attack.table import as_post

CLIENTS = 200
ADDRESSES = 100  # two clients share one
HEALTH_SECONDS = 1.0
AFTERWARDS = 60.0  # seconds until memory is looked at again
BACK_WITHIN = 150  # MB


class _Counts:
    """What the clients were answered."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self.health: list[float] = []

    def add(self, status: int, retry_after: str | None, what: str) -> None:
        with self.lock:
            self.answers[str(status)] += 1
            if status >= 400 and not (status == 429 and retry_after):
                self.failures.append(f"{what}: {status}")

    def fail(self, what: str) -> None:
        with self.lock:
            self.answers["no answer"] += 1
            self.failures.append(what)


def run(served: Served, seconds: float) -> int:
    """Let the crowd in; print what it met; return the number of findings."""
    before, counts = served.memory(), _Counts()
    end = time.monotonic() + seconds
    picture = as_post("image", noise("JPEG", 400))
    threads = [
        threading.Thread(target=_client, args=(served, number, end, counts, picture))
        for number in range(CLIENTS)
    ]
    threads.append(threading.Thread(target=_watch_health, args=(served, end, counts)))
    for thread in threads:
        thread.start()
    peak = before
    while time.monotonic() < end:
        peak = max(peak, served.memory())
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    served.check_alive()
    time.sleep(AFTERWARDS)
    after = served.memory()
    print(f"\n{CLIENTS} clients for {seconds:.0f} s: {dict(counts.answers.most_common())}")
    print(
        f"health: median {statistics.median(counts.health):.3f} s, longest "
        f"{max(counts.health):.3f} s of {len(counts.health)}"
    )
    print(
        f"memory, MB: before {before / MEGABYTE:.0f}, peak {peak / MEGABYTE:.0f}, "
        f"{AFTERWARDS:.0f} s afterwards {after / MEGABYTE:.0f}"
    )
    for failure, count in Counter(counts.failures).most_common(10):
        print(f"- {count} x {failure}")
    slow = max(counts.health) > HEALTH_SECONDS
    return bool(counts.failures) + slow + (after - before > BACK_WITHIN * MEGABYTE)


def _client(served: Served, number: int, end: float, counts: _Counts, picture: bytes) -> None:
    rng = random.Random(number)
    source = f"127.0.2.{number % ADDRESSES + 1}"
    while time.monotonic() < end:
        kind = rng.choice(("search", "search", "analyse", "long", "picture"))
        word = f"sunset {rng.randrange(10**6)}"
        path, body = {
            "search": ("/api/search", {"query": word}),
            "analyse": ("/api/analyse", posts(f"What a {word} day")),
            "long": ("/api/analyse", posts(long(f"{word} so happy "))),
            "picture": ("/api/analyse", picture),
        }[kind]
        try:
            status, _, answer = served.request("POST", path, body, source=source, seconds=120)
        except OSError as error:
            counts.fail(f"{kind}: {error!r}")
            continue
        counts.add(status, answer.getheader("Retry-After"), kind)
        if status == 429:
            time.sleep(rng.uniform(0.5, 2))


def _watch_health(served: Served, end: float, counts: _Counts) -> None:
    while time.monotonic() < end:
        begin = time.perf_counter()
        try:
            status, *_ = served.request("GET", "/api/health", source="127.0.3.1", seconds=30)
            if status != 200:
                counts.fail(f"health: {status}")
        except OSError as error:
            counts.fail(f"health: {error!r}")
        counts.health.append(time.perf_counter() - begin)
        time.sleep(0.5)
