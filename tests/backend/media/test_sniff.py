from __future__ import annotations

import gzip
import os
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from backend.domain import KindredError
from backend.media import MediaError, read_audio, read_image, read_media, read_video
from backend.media.sniff import sniff
from backend.settings import Limits
from tests.backend.media import samples

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def zipped() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("photo.png", samples.IMAGES["PNG"]())
    return file.getvalue()


def tarred() -> bytes:
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("photo.png"))
    return file.getvalue()


REFUSED = {
    "SVG": (SVG, "SVG"),
    "SVG with a prologue": (
        b'\xef\xbb\xbf  <?xml version="1.0"?>\n<!-- ' + b"long " * 2000 + b" -->" + SVG,
        "SVG",
    ),
    "SVG with a prefix": (b'<?xml version="1.0"?><s:svg xmlns:s="x"/>', "SVG"),
    "SVG in UTF-16": (SVG.decode().encode("utf-16"), "SVG"),
    "SVG, compressed": (gzip.compress(SVG, mtime=0), "gzip"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"),
    "ZIP": (zipped(), "ZIP"),
    "tar": (tarred(), "tar"),
    "web page": (b"\n<!DOCTYPE html><html><svg></svg></html>", "web page"),
    "web page without a declaration": (b"<html><body>Hello</body></html>", "web page"),
    "text": (b"Just a few words.", "text file"),
    "text in UTF-16": ("Größe".encode("utf-16"), "text file"),
    "text cut inside a character": (("a" + "é" * 2**15).encode(), "text file"),
    "prose that begins like a bitmap": (b"BM is short for bitmap, and this is prose.", "text file"),
    "playlist": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "text file"),
    "program": (b"\x7fELF\x02\x01\x01" + bytes(60), "program"),
    "Photoshop": (b"8BPS\0\x01" + bytes(30), "Photoshop"),
    "MIDI": (b"MThd\0\0\0\x06\0\x01", "MIDI"),
    "JPEG XL": (b"\xff\x0a" + bytes(30), "JPEG XL"),
    "noise": (bytes(range(128, 256)), "not a format"),
    "zeros": (bytes(100), "not a format"),
    "one byte": (b"\xff", "not a format"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_name(name: str) -> None:
    data, told = REFUSED[name]
    for read in (read_media, read_image, read_audio, read_video):
        with pytest.raises(MediaError) as error:
            read(data, Limits())
        assert error.value.code == "unsupported"
        assert told in error.value.message
        assert error.value.message.endswith(".")


def test_svg_says_why_and_what_to_do() -> None:
    with pytest.raises(KindredError, match=r"scripts.*PNG or WebP"):
        read_media(SVG)


@pytest.mark.parametrize("form", [*samples.IMAGES, *samples.SOUNDS, *samples.FILMS])
def test_the_name_does_not_matter(form: str, tmp_path: Path) -> None:
    maker = {**samples.IMAGES, **samples.SOUNDS, **samples.FILMS}[form]
    path = tmp_path / "holiday.svg"
    path.write_bytes(maker())
    assert any(part is not None for part in read_media(path, Limits()))


def test_families() -> None:
    assert {sniff(f()).family for f in samples.IMAGES.values()} == {"image"}
    assert {sniff(f()).family for f in samples.FILMS.values()} == {"video"}
    assert sniff(b"ID3\x04\0\0\0\0\0\x02\0\0fLaC").name == "FLAC"
    assert sniff(b"ID3\x04\0\0\0\0\0\x02\0\0\xff\xf1").name == "AAC"
    assert sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf").name == "AVIF"
    assert sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf").name == "HEIC"
    assert sniff(b"OggS" + bytes(24) + b"\x80theora").family == "video"
    assert sniff(b"\0\0\x01\xba" + bytes(30)).name == "MPEG"
    assert sniff(b"\0\0\0\x08wide\0\0\0\0mdat").name == "MP4"


def test_sources(tmp_path: Path) -> None:
    def code(source: Path | bytes, **limits: int) -> str:
        with pytest.raises(MediaError) as error:
            read_media(source, Limits(**limits))
        return error.value.code

    empty = tmp_path / "empty.png"
    empty.touch()
    image = tmp_path / "image.png"
    image.write_bytes(samples.IMAGES["PNG"]())
    size = image.stat().st_size
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert code(empty) == code(b"") == "empty"
    assert code(tmp_path / "none.png") == code(tmp_path) == code(pipe) == "not_found"
    assert code(Path("/dev/zero")) == code(Path("a\0b")) == "not_found"
    assert code(image, file_bytes=size - 1) == "too_large"
    assert code(image.read_bytes(), file_bytes=size - 1) == "too_large"
    assert read_media(image, Limits(file_bytes=size))


def test_sentences_name_the_limit() -> None:
    with pytest.raises(MediaError, match=r"60 MB and the limit is 50 MB; make it smaller"):
        read_media(bytes(60 * 2**20), Limits())
