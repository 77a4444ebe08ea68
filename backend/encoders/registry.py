"""Encoders by name; libraries are imported only when an encoder is loaded."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import TYPE_CHECKING

from backend.core import device as devices
from backend.domain import KindredError, Modality
from backend.settings import settings

if TYPE_CHECKING:
    from backend.encoders.base import Encoder


# name -> (modality, module, class); the class takes a device
SHIPPED = {
    "efficientnet-lite0": (Modality.IMAGE, "efficientnet", "EfficientNetLite0"),
    "multilingual-e5-small": (Modality.TEXT, "e5", "MultilingualE5"),
    "aisfx+musicnn": (Modality.AUDIO, "sound", "AisfxMusicnn"),
    "aisfx": (Modality.AUDIO, "sound", "Aisfx"),
    "musicnn": (Modality.AUDIO, "sound", "Musicnn"),
}

# prefix -> (modalities, module, pattern of names); the module has ``load(name, modality, device)``
FAMILIES = {
    "open_clip": (
        frozenset({Modality.IMAGE, Modality.TEXT}),
        "clip",
        "open_clip:ARCH@PRETRAINED_OR_FILE:image|text",
    ),
    "timm": (frozenset({Modality.IMAGE}), "timm_models", "timm:NAME[@FILE]"),
    "clap": (
        frozenset({Modality.AUDIO, Modality.TEXT}),
        "clap",
        "clap:ORG/NAME_OR_FOLDER:audio|text",
    ),
    "sentence-transformers": (
        frozenset({Modality.TEXT}),
        "sentences",
        "sentence-transformers:ORG/NAME_OR_FOLDER",
    ),
}

TOWERS = ("open_clip", "clap")  # families whose models encode several modalities into one space

_lock = threading.Lock()
_loaded: dict[tuple[str, Modality | None, str], Encoder] = {}


def names(modality: Modality | str | None = None) -> list[str]:
    """Return the names that `get` accepts: shipped encoders, then patterns.

    Parameters
    ----------
    modality : Modality, optional
        Only names for this modality.
    """
    modality_ = Modality(modality) if modality is not None else None
    shipped = [name for name, (kind, *_) in SHIPPED.items() if modality_ in (None, kind)]
    return shipped + [
        pattern for kinds, _, pattern in FAMILIES.values() if not modality_ or modality_ in kinds
    ]


def get(name: str, *, modality: Modality | str | None = None, device: str | None = None) -> Encoder:
    """Return the encoder with this name; load it at the first call.

    Parameters
    ----------
    name : str
        One of `names`.
    modality : Modality, optional
        Required modality; also the tower of an ``open_clip`` name without one.
    device : str, optional
        As for `backend.core.device.resolve`.

    Returns
    -------
    Encoder
        The same object for the same name and device.

    Raises
    ------
    KindredError
        ``unknown_encoder``, ``wrong_modality`` when it encodes another one,
        ``no_weights`` when its weights are not available.
    """
    modality_ = Modality(modality) if modality is not None else None
    family = name.partition(":")[0]
    if name in SHIPPED:
        kinds = frozenset({SHIPPED[name][0]})
    elif family in FAMILIES and ":" in name:
        kinds = FAMILIES[family][0]
    else:
        raise KindredError(
            "unknown_encoder",
            f"There is no encoder named {name!r}. Choose one of: {', '.join(names(modality_))}.",
        )
    if modality_ is not None and modality_ not in kinds:
        raise KindredError(
            "wrong_modality",
            f"{name} does not encode {modality_}. Encoders that do: {', '.join(names(modality_))}.",
        )
    if address := settings().encoder_server:
        return _remote(address, name, modality_ or _only_modality(name, kinds))
    device_name = devices.resolve(device).name if family != "multilingual-e5-small" else "cpu"
    key = (name, modality_ if family in FAMILIES else None, device_name)
    if key in _loaded:  # without waiting for another download
        return _loaded[key]
    with _lock:
        if key not in _loaded:
            _loaded[key] = _load(name, modality_, device_name)
        return _loaded[key]


def _load(name: str, modality: Modality | None, device: str) -> Encoder:
    if name in SHIPPED:
        _, module, class_name = SHIPPED[name]
        return getattr(import_module(f"backend.encoders.{module}"), class_name)(device)
    module = FAMILIES[name.partition(":")[0]][1]
    try:
        return import_module(f"backend.encoders.{module}").load(name, modality, device)
    except (KindredError, MemoryError):
        raise
    except Exception as error:  # the network of a stranger: its layers raise what they like
        raise broken(name, error) from error


def broken(name: str, error: Exception) -> KindredError:
    """Return what to say of an encoder whose network fails."""
    message = (str(error).strip() or type(error).__name__).splitlines()[0]
    return KindredError(
        "bad_weights",
        f"{name} was found but does not work: {message[:300]} Use another encoder, or mend its "
        "configuration.",
    )


def _only_modality(name: str, kinds: frozenset[Modality]) -> Modality:
    """Return the modality of an encoder that has only one."""
    if len(kinds) > 1:
        raise KindredError("wrong_modality", f"{name} encodes several modalities; name one.")
    return next(iter(kinds))


def _remote(address: str, name: str, modality: Modality) -> Encoder:
    key = (name, modality, address)
    with _lock:
        if key not in _loaded:
            from backend.encoders.remote import RemoteEncoder

            _loaded[key] = RemoteEncoder(address, name, modality)
        return _loaded[key]


def model_of(name: str) -> str:
    """Return the model of which an encoder is a tower; empty for an encoder on its own.

    Examples
    --------
    >>> model_of("open_clip:ViT-B-32@openai:text"), model_of("timm:resnet18")
    ('open_clip:ViT-B-32@openai', '')
    """
    if name.partition(":")[0] not in TOWERS:
        return ""
    for tower in Modality:
        name = name.removesuffix(f":{tower}")
    return name


def unload() -> None:
    """Release all loaded encoders and their memory."""
    with _lock:
        _loaded.clear()
