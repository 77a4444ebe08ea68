"""Read the pictures and the sounds of posts, with networks that are loaded when needed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence

from backend.core.meter import spend
from backend.core.progress import Progress
from backend.core.scheduler import ENCODER_SCHEDULER
from backend.core.shared_property import shared_property
from backend.core.threads import threads
from backend.domain import Content, KindredError, Modality
from backend.recognition.image_text import TextReader
from backend.recognition.speech import SpeechReader
from backend.recognition.whisper_weights import missing
from backend.settings import settings
from backend.text.reading import Reading

log = logging.getLogger(__name__)

# On two cores: `python -m bench recognition`.
IMAGE_SECONDS = 0.2
SOUND_SECONDS = 1.5


class Recognizer:
    """Reads what is written in images and said in sounds.

    Parameters
    ----------
    device : str
        As in the settings.
    """

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._lock = threading.Lock()

    @shared_property
    def _text(self) -> TextReader:
        return TextReader()

    @shared_property
    def _speech(self) -> SpeechReader:
        return SpeechReader(self._device)

    def read(
        self,
        contents: Sequence[Content],
        wanted: Collection[Modality],
        progress: Progress | None = None,
    ) -> list[dict[Modality, Reading]]:
        """Read posts.

        Parameters
        ----------
        contents : sequence of Content
        wanted : collection of Modality
            Whether to read images, and to transcribe sounds.
        progress : callable, optional
            Called with posts done and all posts.

        Returns
        -------
        list of dict of Modality to Reading
            For the image and the sound of each post, where they were read; without text
            where nothing is written or said.
        """
        readings = []
        for number, content in enumerate(contents, 1):
            found: dict[Modality, Reading] = {}
            if Modality.IMAGE in wanted and content.image is not None:
                found[Modality.IMAGE] = self._tried(content, self._picture)
            if Modality.AUDIO in wanted and content.audio is not None:
                found[Modality.AUDIO] = self._tried(content, self._sound)
            readings.append(found)
            if progress is not None:
                progress(number, len(contents))
        return readings

    def warm(self) -> None:
        """Load what reads pictures, if wanted; speech is loaded with the first voice.

        An app whose encoders run elsewhere stays small until it gets a picture.
        """
        if settings().read and not settings().encoder_server:
            with self._lock:
                _ = self._text

    def _picture(self, content: Content) -> Reading:
        assert content.image is not None
        with self._lock:  # only one thread loads
            reader = self._text
        frames = len(content.image.frames)
        with ENCODER_SCHEDULER.turn(IMAGE_SECONDS * threads() * frames):
            return reader.read(content.image)

    def _sound(self, content: Content) -> Reading:
        assert content.audio is not None
        if reason := missing():
            return Reading(note=reason)
        with self._lock:
            reader = self._speech
        # Without a turn: while one visitor's voice is transcribed, others analyse texts.
        ENCODER_SCHEDULER.count()
        spend(SOUND_SECONDS * threads())
        return reader.read(content.audio, content.language)

    def _tried(self, content: Content, read: Callable[[Content], Reading]) -> Reading:
        """Read; what cannot be read costs its words and not the post."""
        try:
            return read(content)
        except KindredError as error:
            if error.code in ("busy", "too_many"):
                raise
            return Reading(note=error.message)
        except Exception as error:  # libraries raise anything for odd media
            log.warning("A picture or sound could not be read: %r", error)
            return Reading(note="It could not be read: the network failed on it.")


def wanted(read: bool | None = None, transcribe: bool | None = None) -> frozenset[Modality]:
    """Return the modalities whose words are wanted; None: as in the settings.

    Examples
    --------
    >>> sorted(wanted(read=True, transcribe=False))
    [<Modality.IMAGE: 'image'>]
    """
    images = settings().read if read is None else read
    sounds = settings().transcribe if transcribe is None else transcribe
    chosen = ((Modality.IMAGE, images), (Modality.AUDIO, sounds))
    return frozenset(modality for modality, yes in chosen if yes)


def estimate(images: int, sounds: int) -> float:
    """Return about how many seconds reading takes, as measured on two cores.

    Parameters
    ----------
    images, sounds : int
        Their numbers; text in every other image and a voice in every other sound are assumed.
    """
    return (IMAGE_SECONDS * images + SOUND_SECONDS * sounds) * 2 / max(1, threads())
