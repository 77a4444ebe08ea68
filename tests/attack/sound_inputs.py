"""Sounds and videos that are dear to decode."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import soundfile

from tests.attack.image_inputs import MOST, many
from tests.backend.media import samples


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WAV of chunks."""
    body = b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def wav_form(channels: int = 1, rate: int = 44_100) -> tuple[bytes, bytes]:
    """Return the chunk that says what a WAV holds."""
    return b"fmt ", struct.pack("<HHIIHH", 1, channels, rate, rate * channels, channels, 8)


def wav_chunks() -> bytes:
    """Return a WAV with millions of empty chunks before its samples."""
    return riff(wav_form(), *[(b"LIST", b"")] * 5_000_000, (b"data", bytes(44_100)))


def flac_blocks(kind: int, body: bytes) -> bytes:
    """Return a FLAC with as many blocks of metadata as fit."""
    data = samples.sound("FLAC", "PCM_16")
    block = bytes([kind]) + len(body).to_bytes(3, "big") + body
    return data[:42] + many(block, most=MOST - len(data)) + data[42:]


def flac_comments() -> bytes:
    """Return a FLAC with a list of four million comments."""
    count = 2**22 - 10
    body = struct.pack("<II", 0, count) + struct.pack("<I", 0) * count
    return flac_blocks(4, body[: 2**24 - 1])


def silence(form: str, subtype: str, seconds: int, rate: int = 48_000) -> bytes:
    """Return hours of silence."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, 1, subtype, format=form) as sound:
        for _ in range(seconds):
            sound.write(np.zeros(rate, np.float32))
    return file.getvalue()


def ogg_pages(kind: int) -> bytes:
    """Return an Ogg of a million pages without a packet, each of another stream."""
    pages = [
        b"OggS\0" + bytes([kind]) + bytes(8) + struct.pack("<III", n, 0, 0) + b"\0"
        for n in range(1_800_000)
    ]
    return samples.sound("OGG", "VORBIS") + b"".join(pages)


def ogg_header(kind: bytes) -> bytes:
    """Return an Ogg whose second header has no end."""
    first = {
        b"OpusTags": b"OpusHead\1\1" + bytes(2) + struct.pack("<I", 48_000) + bytes(3),
        b"\3vorbis": b"\1vorbis" + struct.pack("<IBIIIIBB", 0, 1, 44_100, 0, 0, 0, 0xB8, 1),
    }[kind]
    pages = [b"OggS\0\2" + bytes(20) + b"\1" + bytes([len(first)]) + first]
    body = (kind + struct.pack("<III", 2**31, 2**31, 0)).ljust(255 * 255, b"a")
    for n in range(MOST // 65_400):
        head = b"OggS\0" + bytes([n > 0]) + bytes(12) + struct.pack("<II", n + 1, 0)
        pages.append(head + b"\xff" + b"\xff" * 255 + body)
    return b"".join(pages)


def rf64() -> bytes:
    """Return a WAV that says it has more samples than 32 bits can count."""
    sizes = struct.pack("<QQQI", 2**63, 2**63 - 100, 2**62, 2**32 - 1)
    data = b"RF64\xff\xff\xff\xffWAVE" + b"ds64" + struct.pack("<I", len(sizes)) + sizes
    name, form = wav_form()
    return (
        data + name + struct.pack("<I", len(form)) + form + b"data\xff\xff\xff\xff" + bytes(9_000)
    )


def mp4_huge(name: bytes) -> bytes:
    """Return an M4A with a box of 64 bits that says it has exabytes."""
    data = samples.SOUNDS["M4A"]()
    at = int.from_bytes(data[:4], "big")
    box = struct.pack(">I", 1) + name + struct.pack(">Q", 2**62)
    return data[:at] + box + bytes(MOST - len(data) - 16) + data[at:]


def id3(frame: bytes) -> bytes:
    """Return an MP3 whose tag has as many frames as fit."""
    body = many(frame, most=MOST - 20_000)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + body + samples.SOUNDS["MP3"]()


def mp4_table(name: bytes, count: int, extra: bytes = b"") -> bytes:
    """Return an M4A in which a table says that it has many entries."""
    data = bytearray(samples.SOUNDS["M4A"]())
    at = data.index(name)
    skip = 8 if name == b"stsz" else 4
    struct.pack_into(">I", data, at + 4 + skip, count)
    if name == b"stsz":
        struct.pack_into(">I", data, at + 8, 1)  # all samples have one byte
    return bytes(data) + extra


def mp4_boxes(name: bytes, *, nested: bool = False) -> bytes:
    """Return an MP4 of millions of empty boxes, beside or in each other."""
    data = samples.film("mp4", "mpeg4", "aac")
    at = int.from_bytes(data[:4], "big")
    if nested:
        depth = 3_000_000
        left = [struct.pack(">I", 8 * (depth - i)) + name for i in range(depth)]
        return data[:at] + b"".join(left) + data[at:]
    return data[:at] + many(struct.pack(">I", 8) + name, most=MOST - len(data)) + data[at:]


def mp4_tracks() -> bytes:
    """Return an MP4 of as many tracks as fit."""
    data = samples.film("mp4", "mpeg4", "aac")
    at = data.index(b"moov") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    moov = data[at + 8 : at + size]
    begin = moov.index(b"trak") - 4
    length = int.from_bytes(moov[begin : begin + 4], "big")
    body = many(moov[begin : begin + length], moov[:begin], most=MOST - len(data))
    return data[:at] + struct.pack(">I", len(body) + 8) + b"moov" + body + data[at + size :]


def ebml(depth: int) -> bytes:
    """Return a WebM of tags within tags."""
    data = samples.FILMS["WebM VP8"]()
    unit = b"\x67\xc8\x01\xff\xff\xff\xff\xff\xff\xff"  # a tag in a tag, of unknown length
    return data + b"\x12\x54\xc3\x67\x01\xff\xff\xff\xff\xff\xff\xff" + unit * depth


def mkv_clusters() -> bytes:
    """Return a WebM with millions of blocks of one byte."""
    data = samples.FILMS["WebM VP8"]()
    cluster = b"\x1f\x43\xb6\x75\x85\xe7\x81\0\xa3\x80"
    return many(cluster, data)


def ts_programs() -> bytes:
    """Return a transport stream whose every packet opens another stream."""
    packets = [
        b"\x47" + struct.pack(">H", 0x4000 | n % 8190) + b"\x10\0\0\1\xe0\0\0\x80\0\0" + b"\0" * 175
        for n in range(270_000)
    ]
    return b"".join(packets)


def wav_channels() -> bytes:
    """Return a WAV of a thousand channels."""
    return riff(wav_form(1_000), (b"data", bytes(MOST - 200)))


INPUTS: dict[str, Callable[[], bytes]] = {
    "wav, 5 million chunks": wav_chunks,
    "wav, 1,000 channels": wav_channels,
    "wav, of 768 kHz": lambda: riff(wav_form(1, 768_000), (b"data", bytes(MOST - 200))),
    "wav, a size of 4 GB": lambda: riff(wav_form())[:-4] + b"data\xff\xff\xff\xff" + bytes(9_000),
    "flac, 12 million empty blocks": lambda: flac_blocks(1, b""),
    "flac, 4 million comments": flac_comments,
    "flac, two hours of silence": lambda: silence("FLAC", "PCM_16", 7_100),
    "ogg, two hours of silence": lambda: silence("OGG", "VORBIS", 7_100),
    "ogg, 1.8 million streams": lambda: ogg_pages(2),
    "ogg, 1.8 million empty pages": lambda: ogg_pages(0),
    "ogg, a header of Opus without end": lambda: ogg_header(b"OpusTags"),
    "ogg, a header of Vorbis without end": lambda: ogg_header(b"\3vorbis"),
    "wav, 2**62 samples": rf64,
    "m4a, user data of exabytes": lambda: mp4_huge(b"udta"),
    "m4a, an index of exabytes": lambda: mp4_huge(b"moov"),
    "m4a, 4 billion chunks": lambda: mp4_table(b"stco", 2**32 - 1),
    "mp3, 4 million frames of a tag": lambda: id3(b"TXXX\0\0\0\2\0\0\0\0"),
    "mp3, two hours": lambda: many(samples.SOUNDS["MP3"]()),
    "mp3, 50 MB without a frame": lambda: b"ID3\3\0\0\0\0\0\0" + bytes(MOST),
    "mp3, 25 million beginnings": lambda: many(b"\xff\xfb"),
    "aac, 7 million empty frames": lambda: many(b"\xff\xf1\x50\x80\0\xff\xfc"),
    "m4a, 4 billion samples of one size": lambda: mp4_table(b"stsz", 2**32 - 1),
    "m4a, 100 million samples of one size": lambda: mp4_table(b"stsz", 10**8, bytes(40 * 2**20)),
    "m4a, 4 billion times": lambda: mp4_table(b"stts", 2**32 - 1),
    "mp4, 6 million boxes": lambda: mp4_boxes(b"free"),
    "mp4, 3 million boxes within another": lambda: mp4_boxes(b"moov", nested=True),
    "mp4, tens of thousands of tracks": mp4_tracks,
    "webm, 4 million tags within another": lambda: ebml(4_000_000),
    "webm, 5 million clusters": mkv_clusters,
    "mpeg-ts, 8,190 streams": ts_programs,
    "amr, 50 million empty frames": lambda: many(b"\x7c", b"#!AMR\n"),
    "avi, 4 million chunks": lambda: many(b"JUNK\0\0\0\0", samples.film("avi", "mpeg4")),
    "flv, 3 million tags": lambda: many(bytes(15), samples.film("flv", "flv")),
    "w64, a chunk of no size": lambda: b"riff\x2e\x91\xcf\x11" + many(bytes(24)),
    "caf, 4 million chunks": lambda: many(b"free" + bytes(8), b"caff\0\1\0\0"),
    "aiff, 6 million chunks": lambda: many(b"ANNO\0\0\0\0", b"FORM\3\0\0\0AIFF"),
}
