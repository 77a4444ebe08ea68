"""Text in pictures: PP-OCRv6 (small) in ONNX Runtime, from PyPI ``rapidocr``.

Detection by differentiable binarization (Liao et al. 2020, arXiv:1911.08947), recognition
by CTC over a light convolutional network (PP-OCR: Du et al. 2020, arXiv:2009.09941). Both
come from the PaddleOCR project under Apache-2.0.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from backend.core.threads import threads
from backend.domain import Picture
from backend.recognition.layout import blocks
from backend.recognition.plausible import has_known_word, is_readable, tidy
from backend.text.reading import Passage, Reading

_PROBE = 416 * 312  # pixels; a picture without text is not looked at any closer
_SCORE = 0.6  # of a region that is certainly text, also where nothing can be read
_SLENDER = 2.0  # width in heights of a line that is certainly text
_HEIGHT = 13  # pixels of most lines at the probe's size; smaller ones are found again,
_CLEAR = 20  # at a size that makes them as high as this
_LEAST_SIDE = 12  # pixels of a picture that can have a line of text
_LINES = 64  # read of one frame
_WIDTH = 240  # of all lines of a picture in their heights, which bounds the time to seconds
_LEAST_RATIO = 6.0  # the network pads shorter lines
_ALIKE = 0.85  # share of equal letters in lines of two frames that are the same line
_NOISE = 1.0  # mean difference of pixels between equal frames of a video
_LONGEST = 50  # width of a line in its height

UNREAD = "Some of the text in this picture is in a script that cannot be read, or too unclear."


@dataclass(frozen=True, slots=True, eq=False)
class _Region:
    """A line of text that was found.

    Attributes
    ----------
    corners : numpy.ndarray
        ``(4, 2)`` in pixels of the frame, clockwise from the top left.
    score : float
        Mean probability of text inside.
    """

    corners: np.ndarray
    score: float

    @property
    def box(self) -> np.ndarray:
        """Left, top, right, bottom in pixels."""
        return np.concatenate([self.corners.min(0), self.corners.max(0)])

    @property
    def height(self) -> float:
        """Height of the line in pixels."""
        down = self.corners[3] - self.corners[0], self.corners[2] - self.corners[1]
        return max(1.0, float(max(np.hypot(*side) for side in down)))

    @property
    def ratio(self) -> float:
        """Width over height, along the line."""
        across = self.corners[1] - self.corners[0], self.corners[2] - self.corners[3]
        ratio = float(max(np.hypot(*side) for side in across)) / self.height
        return 1.0 / ratio if 0 < ratio < 1 / 1.5 else ratio  # upright lines are turned


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """What was read on one frame.

    Attributes
    ----------
    blocks : list of list of Passage
    share : float
        Of the frame that is covered with them.
    width : float
        Of all lines that the network looked at, in their heights.
    unread : bool
        Whether much of the text could not be read.
    """

    blocks: list[list[Passage]]
    share: float
    width: float
    unread: bool


class TextReader:
    """Reads the text in pictures. Safe to share between threads."""

    licence = "Apache-2.0"

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._lock = threading.Lock()
        ocr = RapidOCR(params={"Global.log_level": "critical"})
        for part, model in (("Det", "PP-OCRv6_det_small"), ("Rec", "PP-OCRv6_rec_small")):
            config = ocr.cfg[part]
            config._set_flag("allow_objects", True)
            config.session = _session(ocr.cfg.Global.model_root_dir / f"{model}.onnx")
        # The pictures come in the size that they are looked at: the detector must not scale.
        ocr.cfg.Det.limit_side_len, ocr.cfg.Det.limit_type = 32, "min"
        self._crop = ocr.crop_text_regions
        self._detector = ocr._load_det_model()
        # The library sorts the boxes, but not their scores; `blocks` sorts them here.
        self._detector.sorted_boxes = lambda boxes: boxes
        self._recognizer = ocr._load_rec_model()

    def read(self, picture: Picture) -> Reading:
        """Read all frames of a picture.

        Parameters
        ----------
        picture : Picture

        Returns
        -------
        Reading
            The lines of later frames only where they were not in the frame before.
        """
        passages: list[Passage] = []
        texts: list[str] = []
        shares: list[float] = []
        unread = False
        room = float(_WIDTH)
        last: tuple[np.ndarray, list[list[Passage]]] | None = None
        for number, frame in enumerate(picture.frames):
            if last is not None and _same(last[0], frame):
                continue
            page = self._frame(frame, room / (len(picture.frames) - number))
            room -= page.width
            unread |= page.unread
            shares.append(page.share)
            before = [p.text for block in last[1] for p in block] if last else []
            new = [
                [replace(p, frame=number) for p in block if not _is_among(p.text, before)]
                for block in page.blocks
            ]
            texts += [" ".join(p.text for p in block) for block in new if block]
            passages += [passage for block in new for passage in block]
            last = frame, page.blocks
        return Reading(
            text="\n".join(texts),
            passages=tuple(passages),
            confidence=_confidence(passages),
            share=max(shares, default=0.0),
            note=UNREAD if unread else "",
        )

    def _frame(self, frame: np.ndarray, room: float) -> _Page:
        """Read one frame; `room` is the width of the lines to read, in their heights."""
        regions = _affordable(self._regions(frame), room)
        if not regions:
            return _Page([], 0.0, 0.0, False)
        height, width = frame.shape[:2]
        lines = self._recognize(frame, regions)
        read = sum(region.ratio for region in regions)
        covered = [float(np.prod(r.box[2:] - r.box[:2])) / (height * width) for r in regions]
        kept = [i for i, r in enumerate(regions) if is_readable(*lines[i], r.ratio)]
        unread = sum(
            covered[i]
            for i, region in enumerate(regions)
            if i not in kept and region.score >= _SCORE and region.ratio >= _SLENDER
        )
        if sum(covered[i] for i in kept) <= unread:
            # A page of another script has some lines whose characters happen to look alike.
            kept = [i for i in kept if has_known_word(lines[i][0])]
        if not kept:
            return _Page([], 0.0, read, unread > 0)
        share = sum(covered[i] for i in kept)
        scale = np.array([width, height, width, height], dtype=np.float64)
        found = [
            [
                Passage(
                    tidy(lines[kept[i]][0]),
                    tuple(float(x) for x in (regions[kept[i]].box / scale).round(4)),
                    round(float(lines[kept[i]][1]), 3),
                )
                for i in block
            ]
            for block in blocks(np.stack([regions[i].box for i in kept]))
        ]
        return _Page(found, round(min(1.0, share), 3), read, unread > 0.25 * share)

    def _regions(self, frame: np.ndarray) -> list[_Region]:
        """Find lines of text: first at a small size, and again larger where most are small."""
        scale = min(1.0, (_PROBE / (frame.shape[0] * frame.shape[1])) ** 0.5)
        regions = self._detect(frame, scale)
        height = scale * float(np.median([region.height for region in regions] or [_HEIGHT]))
        if scale < 1.0 and height < _HEIGHT:
            regions = self._detect(frame, min(1.0, scale * _CLEAR / height))
        return [region for region in regions if region.ratio <= _LONGEST]

    def _detect(self, frame: np.ndarray, scale: float) -> list[_Region]:
        """Find the regions of text at a scale of the frame."""
        import cv2

        height, width = (max(1, round(side * scale)) for side in frame.shape[:2])
        if min(height, width) < _LEAST_SIDE:
            return []
        small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
        with self._lock:  # the library keeps the last picture in the detector
            found = self._detector(np.ascontiguousarray(small[:, :, ::-1]))
        if found.boxes is None:
            return []
        stretch = np.array([frame.shape[1] / width, frame.shape[0] / height])
        corners = np.asarray(found.boxes, dtype=np.float64) * stretch
        return [_Region(*pair) for pair in zip(corners, map(float, found.scores), strict=True)]

    def _recognize(self, frame: np.ndarray, regions: list[_Region]) -> list[tuple[str, float]]:
        from rapidocr.ch_ppocr_rec import TextRecInput

        bgr = np.ascontiguousarray(frame[:, :, ::-1])
        crops = self._crop(bgr, np.stack([r.corners for r in regions]).astype(np.float32))
        found = self._recognizer(TextRecInput(img=crops, return_word_box=False))
        pairs = zip(found.txts or (), found.scores or (), strict=True)
        return [(str(text), float(score)) for text, score in pairs]


def _affordable(regions: list[_Region], room: float) -> list[_Region]:
    """Return the largest lines that can be read in some seconds, and always the largest."""
    kept: list[_Region] = []
    for region in sorted(regions, key=lambda r: -r.height)[:_LINES]:
        room -= max(region.ratio, _LEAST_RATIO)
        if room < 0 and kept:
            break
        kept.append(region)
    return kept


def _is_among(line: str, before: Sequence[str]) -> bool:
    """Whether a line is one of those of the frame before, perhaps with a letter misread."""
    return any(
        line == other or SequenceMatcher(None, line, other, autojunk=False).ratio() >= _ALIKE
        for other in before
    )


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two frames show the same, but for noise."""
    if one.shape != other.shape:
        return False
    few = (slice(None, None, 7), slice(None, None, 7))
    return float(np.abs(one[few].astype(np.int16) - other[few]).mean()) < _NOISE


def _confidence(passages: Sequence[Passage]) -> float:
    """Return the mean confidence of all characters, 0 at 0.5."""
    weights = [len(passage.text) for passage in passages]
    if not sum(weights):
        return 0.0
    mean = float(np.average([passage.confidence for passage in passages], weights=weights))
    return round(min(1.0, max(0.0, 2.0 * mean - 1.0)), 3)


def _session(path: Any) -> Any:
    """Open a network; its threads must not spin, as the other encoders need the cores."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False
    options.intra_op_num_threads = threads()
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
