"""Pictures that are dear to decode: each says what it does to a decoder.

Each maker returns a file of at most 50 MB.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
from PIL import Image

from tests.backend.media import samples

pillow_heif.register_heif_opener()

MOST = 50 * 2**20 - 4096
PIXEL = (1, 1)
JPEG_START = b"\xff\xd8"


def many(unit: bytes, head: bytes = b"", tail: bytes = b"", most: int = MOST) -> bytes:
    """Return as many units as fit between a head and a tail."""
    return head + unit * ((most - len(head) - len(tail)) // len(unit)) + tail


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(before: bytes = b"", after: bytes = b"", *, size: tuple[int, int] = PIXEL) -> bytes:
    """Return a PNG with chunks before and after its pixels."""
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(b"\0" * (size[0] + 1) * size[1], 9))
    return head + before + rows + after + chunk(b"IEND", b"")


def flat(form: str, size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    """Return a large picture of one colour, which takes few bytes."""
    file = io.BytesIO()
    Image.new(mode, size).save(file, form, **options)
    return file.getvalue()


def tiff(tags: list[tuple[int, int, int, int]], extra: bytes, *, lead: bytes = b"") -> bytes:
    """Return a little-endian TIFF of one pixel.

    Parameters
    ----------
    tags : list of (tag, type, count, value)
        Beside those of one grey pixel; the value 0 stands for the place of `extra`.
    extra : bytes
    lead : bytes
        What is before it: tells EXIF from TIFF.
    """
    basic = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    basic += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, 1)]
    given = {tag for tag, *_ in tags}
    tags = sorted([entry for entry in basic if entry[0] not in given] + tags)
    place = 8 + 2 + 12 * len(tags) + 4
    body = b"".join(struct.pack("<HHII", t, k, n, v or place) for t, k, n, v in tags)
    return lead + b"II*\0" + struct.pack("<IH", 8, len(tags)) + body + bytes(4) + extra


def tiff_values(kind: int, width: int, tag: int = 50_000) -> bytes:
    """Return a TIFF with one tag of millions of values."""
    count = (MOST - 400) // width
    unit = {1: b"\1", 5: struct.pack("<II", 3, 7), 12: struct.pack("<d", 1.5)}
    return tiff([(tag, kind, count, 0)], unit.get(kind, b"\1\2\3\4\5\6\7\1"[:width]) * count)


def tiff_tags() -> bytes:
    """Return a TIFF with 65,000 tags that all point at the same megabyte of fractions."""
    extra = struct.pack("<II", 3, 7) * 2**17
    return tiff([(tag, 5, 2**17, 0) for tag in range(1_000, 60_000)], extra)


def tiff_pages() -> bytes:
    """Return a TIFF with a million empty pages."""
    pages, at = [], 8
    for _ in range(1_000_000):
        pages.append(struct.pack("<HHHII", 1, 256, 3, 1, 1) + struct.pack("<I", at + 18))
        at += 18
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages)


def tiff_strips() -> bytes:
    """Return a TIFF of six million strips."""
    count = (MOST - 400) // 8
    numbers = np.full(count, 8, "<u4").tobytes()
    base = 8 + 2 + 12 * 9 + 4
    return tiff(
        [(257, 4, 1, count), (273, 4, count, base), (279, 4, count, base + 4 * count)], numbers * 2
    )


def exif(lead: bytes = b"Exif\0\0") -> bytes:
    """Return EXIF of millions of fractions, with the orientation that decoders look for."""
    count = (MOST - 1000) // 8
    return tiff(
        [(274, 3, 1, 6), (50_000, 5, count, 0)], struct.pack("<II", 3, 7) * count, lead=lead
    )


def webp(*chunks: tuple[bytes, bytes], flags: int = 0) -> bytes:
    """Return a WebP of one pixel with chunks around it."""
    file = io.BytesIO()
    Image.new("RGB", PIXEL).save(file, "WEBP", lossless=True)
    still = file.getvalue()[12:]
    body = b"VP8X" + struct.pack("<IB", 10, flags) + bytes(9)
    for name, data in (*chunks,):
        body += still if name == b"VP8L" else name + struct.pack("<I", len(data)) + data
        body += b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def webp_frames() -> bytes:
    """Return an animated WebP of half a million frames of one pixel."""
    file = io.BytesIO()
    Image.new("RGB", PIXEL).save(file, "WEBP", lossless=True)
    frame = bytes(12) + b"\x0a\0\0" + b"\2" + file.getvalue()[12:]
    frame = b"ANMF" + struct.pack("<I", len(frame)) + frame + b"\0" * (len(frame) % 2)
    body = (
        b"VP8X" + struct.pack("<IB", 10, 2) + bytes(9) + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    )
    body = many(frame, body)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def gif(middle: bytes, size: tuple[int, int] = PIXEL) -> bytes:
    """Return a GIF with blocks before its picture."""
    head = b"GIF89a" + struct.pack("<HHBBB", *size, 0x80, 0, 0) + bytes(6)
    return head + middle + gif_frame(size) + b";"


def gif_frame(size: tuple[int, int] = PIXEL) -> bytes:
    """Return a picture of a GIF that ends at once."""
    return b"," + struct.pack("<HHHHB", 0, 0, *size, 0) + b"\2\2\x44\1\0"


def gif_comments() -> bytes:
    """Return a GIF with millions of comments of one byte."""
    return gif(many(b"!\xfe\1x\0", most=MOST - 99))


def gif_long_comment() -> bytes:
    """Return a GIF with one comment in blocks of one byte."""
    return gif(b"!\xfe" + many(b"\1x", most=MOST - 99) + b"\0")


def jpeg_segments(unit: bytes) -> bytes:
    """Return a JPEG with as many segments as fit before its picture."""
    return JPEG_START + many(unit, most=MOST - 2000) + samples.image("JPEG")[2:]


def jpeg_icc() -> bytes:
    """Return a JPEG with a colour profile in 65-kB pieces, all of which are kept."""
    piece = b"ICC_PROFILE\0\1\xff" + bytes(65_500)
    return jpeg_segments(b"\xff\xe2" + struct.pack(">H", len(piece) + 2) + piece)


def jpeg_exif() -> bytes:
    """Return a JPEG with EXIF in 65-kB pieces, which a decoder puts together."""
    whole = exif()
    piece = 65_500
    segments = (
        b"\xff\xe1" + struct.pack(">H", len(part) + 8) + b"Exif\0\0" + part
        for part in (whole[at : at + piece] for at in range(6, MOST - 100_000, piece))
    )
    return JPEG_START + b"".join(segments) + samples.image("JPEG")[2:]


def jpeg_large() -> bytes:
    """Return a progressive JPEG at the limit of pixels with close to a hundred scans."""
    file = io.BytesIO()
    Image.new("RGB", (7000, 7000)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * 88 + data[-2:]


def svg_uses() -> bytes:
    """Return a drawing that uses another ten times, and so on."""
    groups = "".join(
        f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 10)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg"><g id="a0"/>{groups}</svg>'.encode()


def bmp_rle() -> bytes:
    """Return a BMP of run-length code that only skips."""
    head = struct.pack("<IiiHHIIiiII", 40, 7000, 7000, 1, 8, 1, 0, 1, 1, 256, 0) + bytes(1024)
    body = many(b"\0\2\0\0", most=MOST - 2000)
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(body), 0, 0, 54 + 1024) + head + body


def jpeg2000(unit: bytes) -> bytes:
    """Return a JPEG 2000 with units put after its main header."""
    data = samples.image("JPEG2000", no_jp2=True)
    at = data.index(b"\xff\x90")  # the first tile
    return data[:at] + many(unit, most=MOST - len(data)) + data[at:]


def jpeg2000_tiles() -> bytes:
    """Return a JPEG 2000 at the limit of pixels in tiles of one pixel."""
    data = bytearray(samples.image("JPEG2000", no_jp2=True))
    struct.pack_into(">IIIIIIII", data, 8, 65_000, 700, 0, 0, 1, 1, 0, 0)
    return bytes(data)


def with_box(data: bytes, count: int, name: bytes = b"free") -> bytes:
    """Return a file of boxes with many empty ones after its first."""
    at = int.from_bytes(data[:4], "big")
    return data[:at] + (struct.pack(">I", 8) + name) * count + data[at:]


def webp_large_frames() -> bytes:
    """Return an animated WebP of ten thousand frames of a megapixel."""
    file = io.BytesIO()
    Image.new("RGB", (1000, 1000)).save(file, "WEBP", lossless=True)
    side = (999).to_bytes(3, "little")
    frame = bytes(6) + side + side + b"\x0a\0\0" + b"\2" + file.getvalue()[12:]
    frame = b"ANMF" + struct.pack("<I", len(frame)) + frame + b"\0" * (len(frame) % 2)
    body = b"VP8X" + struct.pack("<IB", 10, 2) + bytes(3) + side + side
    body += b"ANIM" + struct.pack("<I", 6) + bytes(6) + frame * 10_000
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def icc(tags: int) -> bytes:
    """Return a colour profile of tags that all point at one table of gigabytes."""
    table = b"mft2" + bytes(4) + bytes([15, 15, 255, 0]) + bytes(36) + b"\x10\0\x10\0"
    head = struct.pack(">I4sI4s4s4s", 132 + 12 * tags + 4_000, b"lcms", 0x04300000, b"mntr",
                       b"RGB ", b"Lab ")  # fmt: skip
    head = (head + bytes(12) + b"acsp").ljust(128, b"\0") + struct.pack(">I", tags)
    entries = struct.pack(">4sII", b"A2B0", 132 + 12 * tags, 4_000) * tags
    return head + entries + table.ljust(4_000, b"\0")


def apng_frames() -> bytes:
    """Return an animated PNG of half a million frames of one pixel."""
    packed = zlib.compress(b"\0\0")
    unit, number = [], 0
    for _ in range(500_000):
        control = struct.pack(">IIIIIHHBB", number, 1, 1, 0, 0, 1, 10, 0, 0)
        unit.append(
            chunk(b"fcTL", control) + chunk(b"fdAT", struct.pack(">I", number + 1) + packed)
        )
        number += 2
    return png(chunk(b"acTL", struct.pack(">II", 500_000, 0)), b"".join(unit))


def noise(form: str, side: int, **options: object) -> bytes:
    """Return a picture that cannot be packed."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return samples.image(form, Image.fromarray(pixels), **options)


INPUTS: dict[str, Callable[[], bytes]] = {
    "tiff, 6 million fractions": lambda: tiff_values(5, 8),
    "tiff, 6 million numbers": lambda: tiff_values(12, 8),
    "tiff, 50 million bytes in a tag": lambda: tiff_values(1, 1),
    "tiff, 59,000 tags at one place": tiff_tags,
    "tiff, a million pages": tiff_pages,
    "tiff, 6 million strips": tiff_strips,
    "tiff, 49 megapixels, packed": lambda: flat("TIFF", (7000, 7000), compression="tiff_lzw"),
    "tiff, 49 megapixels of floats": lambda: flat(
        "TIFF", (7000, 7000), "F", compression="tiff_deflate"
    ),
    "gif, 10 million comments": gif_comments,
    "gif, a comment in 25 million blocks": gif_long_comment,
    "gif, 3 million frames": lambda: gif(many(gif_frame(), most=MOST - 99)),
    "gif, 9,000 frames of 100,000 pixels": lambda: gif(gif_frame((400, 250)) * 9_000, (400, 250)),
    "gif, 4 million control blocks": lambda: gif(many(b"!\xf9\4\0\0\0\0\0", most=MOST - 99)),
    "jpeg, 50 MB of FF": lambda: jpeg_segments(b"\xff"),
    "jpeg, 12 million empty segments": lambda: jpeg_segments(b"\xff\xe1\0\2"),
    "jpeg, 12 million comments": lambda: jpeg_segments(b"\xff\xfe\0\2"),
    "jpeg, 50 MB of colour profile": jpeg_icc,
    "jpeg, 50 MB of EXIF": jpeg_exif,
    "jpeg, a profile with a table of gigabytes": lambda: flat(
        "JPEG", (64, 64), icc_profile=icc(90)
    ),
    "png, a profile of a million tags": lambda: flat("PNG", (64, 64), icc_profile=icc(1_000_000)),
    "jpeg, 740,000 quantisation tables": lambda: jpeg_segments(b"\xff\xdb\0\x43\0" + b"\1" * 64),
    "jpeg, 49 megapixels in 97 scans": jpeg_large,
    "jpeg, 25 million zero bytes": lambda: jpeg_segments(b"\0"),
    "png, 4 million empty chunks": lambda: png(many(chunk(b"teSt", b""), most=MOST - 200)),
    "png, 4 million empty pieces": lambda: png(many(chunk(b"IDAT", b""), most=MOST - 200)),
    "png, 3 million texts": lambda: png(many(chunk(b"tEXt", b"a\0b"), most=MOST - 200)),
    "png, packed text of 1 GB": lambda: png(
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**9), 9))
    ),
    "png, packed profile of 1 GB": lambda: png(
        chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10**9), 9))
    ),
    "png, EXIF of 6 million fractions": lambda: png(chunk(b"eXIf", exif(b""))),
    "png, 49 megapixels": lambda: flat("PNG", (7000, 7000), "RGBA"),
    "png, 49 megapixels of 16 bits": lambda: flat("PNG", (7000, 7000), "I;16"),
    "png, half a million frames": apng_frames,
    "png, 4,000 x 4,000 of noise": lambda: noise("PNG", 4_000),
    "webp, half a million frames": webp_frames,
    "webp, 10,000 frames of a megapixel": webp_large_frames,
    "svg, a billion uses": svg_uses,
    "svg, after 50 MB of spaces": lambda: many(b" ", tail=b"<svg/>"),
    "webp, EXIF of 6 million fractions": lambda: webp((b"VP8L", b""), (b"EXIF", exif()), flags=8),
    "webp, 6 million chunks": lambda: webp(*[(b"VP8L", b"")], (b"XMP ", many(b"x")), flags=4),
    "webp, 49 megapixels": lambda: flat("WEBP", (7000, 7000), lossless=True),
    "bmp, 12 million skips": bmp_rle,
    "jpeg 2000, 12 million comments": lambda: jpeg2000(b"\xff\x64\0\2"),
    "jpeg 2000, 45 million tiles": jpeg2000_tiles,
    "jpeg 2000, 49 megapixels": lambda: flat("JPEG2000", (7000, 7000)),
    "heic, 6 million boxes": lambda: with_box(samples.IMAGES["HEIC"](), 6_000_000),
    "heic, 49 megapixels": lambda: flat("HEIF", (7000, 7000)),
    "avif, 6 million boxes": lambda: with_box(samples.IMAGES["AVIF"](), 6_000_000),
    "avif, 49 megapixels": lambda: flat("AVIF", (7000, 7000), speed=10),
}
