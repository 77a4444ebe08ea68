"""Images and sounds as people have them in Python: paths, bytes, Pillow images, arrays."""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import Any

from backend.domain import Content, KindredError, Picture, Sound
from backend.media import clean_text, read_media


def file_bytes(value: Any, what: str) -> bytes:
    """Return the bytes of a file.

    Parameters
    ----------
    value : path, bytes, file object, Pillow image or numpy.ndarray
        An array is an image: ``(height, width[, 3])`` uint8.
    what : str
        ``image`` or ``audio``, for messages.

    Raises
    ------
    KindredError
        ``no_file`` or ``wrong_type``.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str | PathLike):
        path = Path(value).expanduser()
        if str(value).startswith(("http://", "https://")):
            message = f"{value} is a web address: download it and give the file as {what}=."
            raise KindredError("no_file", message)
        if not path.is_file():
            message = f"There is no file {path} (the working folder is {Path.cwd()})."
            raise KindredError("no_file", message)
        return path.read_bytes()
    if isinstance(value, dict):  # as data sets of Hugging Face hold them
        if value.get("bytes"):
            return bytes(value["bytes"])
        if value.get("path"):
            return file_bytes(value["path"], what)
    if hasattr(value, "read"):
        return bytes(value.read())
    if what == "image" and hasattr(value, "__array__") and not hasattr(value, "save"):
        from PIL import Image

        try:
            value = Image.fromarray(value)
        except (TypeError, ValueError) as error:
            raise KindredError(
                "wrong_type",
                f"This array is no image ({error}): give (height, width, 3) of uint8, or a path.",
            ) from None
    if what == "image" and hasattr(value, "save"):
        buffer = io.BytesIO()
        value.save(buffer, format="PNG")
        return buffer.getvalue()
    forms = "a path, bytes or a file" + (", a Pillow image or an array" if what == "image" else "")
    raise KindredError("wrong_type", f"{what}= takes {forms}, not {type(value).__name__}.")


def content(text: Any = None, image: Any = None, audio: Any = None) -> Content:
    """Return the content of one post.

    Raises
    ------
    KindredError
        For a file that is missing or damaged; ``empty`` where nothing is given.
    """
    picture: Picture | None = None
    sound: Sound | None = None
    if text is not None and not isinstance(text, str):
        raise KindredError("wrong_type", f"text= takes a str, not {type(text).__name__}.")
    if image is not None:
        picture, sound = read_media(file_bytes(image, "image"))
        if picture is None:
            raise KindredError("not_an_image", "image= is a sound: give it as audio=.")
    if audio is not None:
        _, sound = read_media(file_bytes(audio, "audio"))
        if sound is None:
            raise KindredError("not_audio", "audio= has no sound: give a sound, or a video.")
    made = Content(text=(clean_text(text) or None) if text else None, image=picture, audio=sound)
    if not made.modalities:
        message = 'Give a text, an image or a sound: analyse("text", image="a.jpg", audio="a.mp3").'
        raise KindredError("empty", message)
    return made
