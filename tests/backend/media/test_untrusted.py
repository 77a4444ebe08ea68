"""Files of strangers are decoded elsewhere, within limits of time and memory."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from backend.core.visitors import as_visitor
from backend.domain import Post
from backend.ingest.draft_types import Draft, MediaRef
from backend.ingest.existing import ExistingPosts
from backend.ingest.media_loader import load
from backend.media import MediaError, read_media, read_untrusted, untrusted
from backend.settings import Limits
from backend.workspace.uploads import Uploads
from tests.backend.media import samples

SHORT = Limits(decode_seconds=0.3)
SMALL = Limits(decode_bytes=60 * 2**20)


def padded() -> bytes:
    """A JPEG that Pillow reads byte by byte: a second for two megabytes."""
    return b"\xff\xd8" + b"\xff" * 6_000_000 + samples.image("JPEG")[2:]


def large() -> bytes:
    """A picture of 150 kB that takes 147 MB."""
    return samples.image("PNG", samples.corners(7_000, 7_000))


@pytest.mark.parametrize("form", ["JPEG", "GIF", "MP4", "FLAC"])
def test_it_gives_what_decoding_here_gives(form: str) -> None:
    files = {**samples.IMAGES, **samples.SOUNDS, **samples.FILMS}
    files["GIF"] = samples.ANIMATIONS["GIF"]
    data = files[form]()
    here, there = read_media(data), read_untrusted(data)
    assert [a is None for a in here] == [b is None for b in there]
    for one, two in zip(here, there, strict=True):
        for a, b in zip(getattr(one, "frames", ()), getattr(two, "frames", ()), strict=True):
            assert np.array_equal(a, b)
    if here[1] is not None:
        assert there[1] is not None and np.array_equal(here[1].samples, there[1].samples)
        assert (here[1].rate, here[1].start, here[1].duration) == (
            there[1].rate,
            there[1].start,
            there[1].duration,
        )


def test_a_refusal_is_the_same_and_keeps_the_worker() -> None:
    data = samples.image("PNG")[:60]
    with pytest.raises(MediaError) as here:
        read_media(data)
    with pytest.raises(MediaError) as there:
        read_untrusted(data)
    assert (there.value.code, there.value.message) == (here.value.code, here.value.message)
    worker = untrusted._POOL._free[-1]
    assert worker._process is not None and worker._process.poll() is None


@pytest.mark.parametrize(
    ("make", "limits"), [(padded, SHORT), (large, SMALL)], ids=["time", "memory"]
)
def test_what_takes_too_much_is_told_as_that_and_not_as_damage(
    make: object, limits: Limits
) -> None:
    with pytest.raises(MediaError) as error:
        read_untrusted(make(), limits)  # type: ignore[operator]
    assert error.value.code == "too_demanding"
    assert read_untrusted(samples.image("PNG"))[0] is not None  # the next one finds a worker


@pytest.mark.parametrize("form", ["AVIF", "HEIC"])
@pytest.mark.parametrize("megabytes", [8, 16])
def test_one_whose_decoder_gets_too_little_memory_is_answered(form: str, megabytes: int) -> None:
    """The decoder of AVIF waits for a thread that it could not start; that of HEIC fails."""
    try:
        picture, _ = read_untrusted(
            samples.IMAGES[form](), Limits(decode_bytes=megabytes * 2**20, decode_seconds=600)
        )
        assert picture is not None
    except MediaError as error:
        assert error.code in ("too_demanding", "damaged")
    assert read_untrusted(samples.image("PNG"))[0] is not None  # the next one finds a worker


def test_a_worker_that_the_system_ends_is_no_damaged_file() -> None:
    done = threading.Event()

    def kill() -> None:
        while not done.wait(0.01):
            for worker in untrusted._POOL._all:
                if worker._process is not None:
                    worker._process.kill()  # nobody, where it has ended

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(MemoryError):
            read_untrusted(padded())
    finally:
        done.set()
        killer.join()


def test_memory_that_runs_out_here_is_no_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from backend.media import image

    def exhausted(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(image, "_frames", exhausted)
    with pytest.raises(MemoryError):
        read_media(samples.image("PNG"))


def test_one_visitor_leaves_a_worker_to_others() -> None:
    pool = untrusted._POOL
    with as_visitor("one"), pool._worker():
        with as_visitor("two"), pool._worker():
            pass
        assert pool._busy == {"one": 1}


def test_uploads_and_imports_decode_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from backend.settings import settings

    monkeypatch.setattr(settings().limits, "decode_bytes", SMALL.decode_bytes)
    with pytest.raises(MediaError) as error:
        Uploads(tmp_path / "uploads").add(large(), owner="somebody")
    assert error.value.code == "too_demanding"
    draft = Draft(1, Post("a", text="hi"), image=MediaRef("large.png", data=large()))
    loaded = load(draft, None, tmp_path, ExistingPosts())  # type: ignore[arg-type]
    assert [notice.code for notice in loaded.notices] == ["too_demanding"]
    assert loaded.content is not None and loaded.content.text == "hi"
