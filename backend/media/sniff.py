"""Recognise the format of a file by its content; ignore its name and declared type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from backend.media.errors import MediaError


class Family(StrEnum):
    """Which decoder a format needs."""

    IMAGE = "image"
    SOUND = "sound"
    CONTAINER = "video"  # MP4, WebM, AVI and others: pictures, sound or both


@dataclass(frozen=True, slots=True)
class Format:
    """A supported format.

    Attributes
    ----------
    name : str
        For messages.
    family : Family
    decoder : str
        The Pillow plugin of an image; the FFmpeg demuxer of everything else.
        Naming it rules out all others, some of which are dangerous (playlists, PostScript).
    """

    name: str
    family: Family
    decoder: str


JPEG = Format("JPEG", Family.IMAGE, "JPEG")
PNG = Format("PNG", Family.IMAGE, "PNG")
GIF = Format("GIF", Family.IMAGE, "GIF")
WEBP = Format("WebP", Family.IMAGE, "WEBP")
BMP = Format("BMP", Family.IMAGE, "BMP")
TIFF = Format("TIFF", Family.IMAGE, "TIFF")
HEIC = Format("HEIC", Family.IMAGE, "HEIF")
AVIF = Format("AVIF", Family.IMAGE, "AVIF")
JPEG2000 = Format("JPEG 2000", Family.IMAGE, "JPEG2000")
WAV = Format("WAV", Family.SOUND, "wav")
AIFF = Format("AIFF", Family.SOUND, "aiff")
FLAC = Format("FLAC", Family.SOUND, "flac")
OGG = Format("Ogg", Family.SOUND, "ogg")
MP3 = Format("MP3", Family.SOUND, "mp3")
AAC = Format("AAC", Family.SOUND, "aac")
AMR = Format("AMR", Family.SOUND, "amr")
CAF = Format("CAF", Family.SOUND, "caf")
AU = Format("AU", Family.SOUND, "au")
W64 = Format("Wave64", Family.SOUND, "w64")
MP4 = Format("MP4", Family.CONTAINER, "mp4")
WEBM = Format("WebM", Family.CONTAINER, "matroska")
OGV = Format("Ogg video", Family.CONTAINER, "ogg")
AVI = Format("AVI", Family.CONTAINER, "avi")
WMV = Format("Windows Media", Family.CONTAINER, "asf")
MPEG = Format("MPEG", Family.CONTAINER, "mpeg")
MPEG_VIDEO = Format("MPEG video", Family.CONTAINER, "mpegvideo")
MPEG_TS = Format("MPEG transport stream", Family.CONTAINER, "mpegts")
FLV = Format("Flash video", Family.CONTAINER, "flv")

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"fLaC", FLAC),
    (b"\x1aE\xdf\xa3", WEBM),
    (b"RF64", WAV),
    (b"\xff\x4f\xff\x51", JPEG2000),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JPEG2000),
    (b"#!AMR", AMR),
    (b"caff", CAF),
    (b".snd\0\0\0", AU),
    (b"riff\x2e\x91\xcf\x11", W64),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", WMV),
    (b"\0\0\x01\xba", MPEG),
    (b"\0\0\x01\xb3", MPEG_VIDEO),
    (b"FLV\x01", FLV),
)

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIF_BRANDS = {b"mif1", b"msf1"}  # the first brand of HEIC or AVIF
_AVIF_BRANDS = {b"avif", b"avis"}
# The sizes of the versions of the info header.
_BMP_HEADERS = {size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124)}
# The boxes an MP4 or MOV may begin with; old QuickTime files have no `ftyp`.
_BOXES = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}

_OGG_HEAD = 4096  # bytes with the first page of each stream
# Where transport streams have their sync bytes: bare, and with time stamps as cameras write.
_TS_PACKETS = ((0, 188), (4, 192))
_LEADING_NULS = 2**16  # bytes that some recorders write before an MP3

_IMAGE_ADVICE = "save it as PNG, JPEG or WebP"
_SOUND_ADVICE = "save it as WAV, MP3, Ogg or FLAC"
_PLAIN_ADVICE = "choose an image, a sound or a video"

# Recognised only so that the message can name them: offset, bytes, name, advice.
_REFUSED: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"%PDF", "a PDF document", "save its pages as PNG or JPEG"),
    (0, b"%!PS", "a PostScript document", _IMAGE_ADVICE),
    (0, b"PK\x03\x04", "a ZIP archive or an office document", "unpack it and choose the files"),
    (0, b"PK\x05\x06", "an empty ZIP archive", "unpack it and choose the files"),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it and choose the files"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and choose the files"),
    (0, b"Rar!", "a RAR archive", "unpack it and choose the files"),
    (257, b"ustar", "a tar archive", "unpack it and choose the files"),
    (0, b"8BPS", "a Photoshop file", _IMAGE_ADVICE),
    (0, b"\xff\x0a", "a JPEG XL image", _IMAGE_ADVICE),
    (4, b"JXL ", "a JPEG XL image", _IMAGE_ADVICE),
    (0, b"\0\0\x01\0", "an icon file", _IMAGE_ADVICE),
    (0, b"MThd", "a MIDI file", _SOUND_ADVICE),
    (0, b"MZ", "a program", _PLAIN_ADVICE),
    (0, b"\x7fELF", "a program", _PLAIN_ADVICE),
)

_SVG_REFUSAL = (
    "This is an SVG drawing, which is not accepted because it can run scripts and load other"
    " files; save it as PNG or WebP."
)


def sniff(data: bytes) -> Format:
    """Return the format of `data`.

    Parameters
    ----------
    data : bytes
        A whole file, not empty.

    Raises
    ------
    MediaError
        ``unsupported``, naming the format where it is known.

    Examples
    --------
    >>> sniff(b"GIF89a...").name
    'GIF'
    """
    binary = _binary(data)
    if binary is not None:
        return binary
    for offset, magic, name, advice in _REFUSED:
        if data.startswith(magic, offset):
            raise MediaError("unsupported", f"This is {name}, which is not supported; {advice}.")
    _refuse_text(data)
    raise MediaError(
        "unsupported", f"This is not a format that is supported; {_PLAIN_ADVICE} instead."
    )


def _binary(data: bytes) -> Format | None:
    for magic, known in _MAGIC:
        if data.startswith(magic):
            return known
    if data[:4] == b"RIFF":
        return {b"WAVE": WAV, b"WEBP": WEBP, b"AVI ": AVI}.get(data[8:12])
    if data[:4] == b"OggS":
        return OGV if b"\x80theora" in data[:_OGG_HEAD] else OGG
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return AIFF
    # "BM" alone would also match prose; the size of the info header decides.
    if data[:2] == b"BM" and data[14:18] in _BMP_HEADERS:
        return BMP
    if data[4:8] == b"ftyp":
        return _iso_brand(data)
    if data[4:8] in _BOXES:
        return MP4
    if any(data[at : at + 3 * size : size] == b"\x47\x47\x47" for at, size in _TS_PACKETS):
        return MPEG_TS
    return _mpeg_audio(data)


def _iso_brand(data: bytes) -> Format:
    """Tell HEIC, AVIF and MP4, which share one box format, apart by their brands."""
    size = min(int.from_bytes(data[:4], "big"), 256)
    leader = data[8:12]
    others = {data[at : at + 4] for at in range(16, size, 4)}
    # An AVIF file that leads with a brand of HEIF lists its own brand, too.
    if leader in _AVIF_BRANDS or (leader in _HEIF_BRANDS and others & _AVIF_BRANDS):
        return AVIF
    return HEIC if leader in _HEIC_BRANDS | _HEIF_BRANDS else MP4


def _mpeg_audio(data: bytes) -> Format | None:
    """Recognise MP3 and AAC by their first frame, after ID3 tags if there are any."""
    at = 0
    if data[:2] == b"\0\0":
        head = data[:_LEADING_NULS]
        at = len(head) - len(head.lstrip(b"\0"))
    tagged = data[at : at + 3] == b"ID3"
    while data[at : at + 3] == b"ID3" and len(data) >= at + 10:
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = size << 7 | byte & 0x7F
        at += 10 + size
    if data[at : at + 4] == b"fLaC":
        return FLAC
    head = data[at : at + 2]
    if len(head) == 2 and head[0] == 0xFF:
        if head[1] & 0xF6 == 0xF0:
            return AAC
        # Layers II and III; layer I would also match the byte order mark of UTF-16 text.
        if head[1] & 0xE0 == 0xE0 and head[1] & 0x06 in (0x02, 0x04):
            return MP3
    return MP3 if tagged else None


def _refuse_text(data: bytes) -> None:
    head = data[: 2**16]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head.decode("utf-16", "ignore")
    else:
        try:
            text = head.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            if len(head) == len(data) or error.start < len(head) - 3:
                return  # a real error, not a character cut in two at the end of `head`
            text = head[: error.start].decode("utf-8-sig")
    if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text):
        return
    start = text.lstrip()[:64].lower()
    if start.startswith(("<!doctype html", "<html")):
        name = "a web page"
    elif start.startswith("<") and re.search(r"<(\w+:)?svg[\s>]", text, re.IGNORECASE):
        raise MediaError("unsupported", _SVG_REFUSAL)
    else:
        name = "a text file"
    raise MediaError("unsupported", f"This is {name}, not media; {_PLAIN_ADVICE} instead.")
