"""Encoders by name; a factory loads its libraries only when it is called."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from backend.core import device as devices
from backend.domain import KindredError, Modality
from backend.settings import settings

if TYPE_CHECKING:
    from backend.encoders.base import Encoder


def _efficientnet(device: str) -> Encoder:
    from backend.encoders.efficientnet import EfficientNetLite0

    return EfficientNetLite0(device)


def _e5(device: str) -> Encoder:
    from backend.encoders.e5 import MultilingualE5

    return MultilingualE5()


def _aisfx(device: str) -> Encoder:
    from backend.encoders.sound import Aisfx

    return Aisfx(device)


def _musicnn(device: str) -> Encoder:
    from backend.encoders.sound import Musicnn

    return Musicnn(device)


def _aisfx_musicnn(device: str) -> Encoder:
    from backend.encoders.sound import AisfxMusicnn

    return AisfxMusicnn(device)


def _open_clip(name: str, modality: Modality | None, device: str) -> Encoder:
    from backend.encoders import clip

    return clip.load(name, modality, device)


def _timm(name: str, modality: Modality | None, device: str) -> Encoder:
    from backend.encoders import timm_models

    return timm_models.load(name, device)


# name -> (modality, factory)
SHIPPED: dict[str, tuple[Modality, Callable[[str], Encoder]]] = {
    "efficientnet-lite0": (Modality.IMAGE, _efficientnet),
    "multilingual-e5-small": (Modality.TEXT, _e5),
    "aisfx+musicnn": (Modality.AUDIO, _aisfx_musicnn),
    "aisfx": (Modality.AUDIO, _aisfx),
    "musicnn": (Modality.AUDIO, _musicnn),
}

# prefix -> (modalities, factory, how to write it)
FAMILIES: dict[
    str,
    tuple[frozenset[Modality], Callable[[str, Modality | None, str], Encoder], str],
] = {
    "open_clip": (
        frozenset({Modality.IMAGE, Modality.TEXT}),
        _open_clip,
        "open_clip:ARCH@PRETRAINED_OR_FILE:image|text",
    ),
    "timm": (frozenset({Modality.IMAGE}), _timm, "timm:NAME[@FILE]"),
}

_lock = threading.Lock()
_loaded: dict[tuple[str, Modality | None, str], Encoder] = {}


def names(modality: Modality | str | None = None) -> list[str]:
    """Names that `get` knows, shipped ones first, then how to write the others.

    Parameters
    ----------
    modality : Modality, optional
        Only those for this modality.
    """
    wanted = Modality(modality) if modality is not None else None
    shipped = [name for name, (kind, _) in SHIPPED.items() if wanted in (None, kind)]
    return shipped + [form for kinds, _, form in FAMILIES.values() if not wanted or wanted in kinds]


def get(name: str, *, modality: Modality | str | None = None, device: str | None = None) -> Encoder:
    """The encoder with this name, loaded at the first call.

    Parameters
    ----------
    name : str
        One of `names`.
    modality : Modality, optional
        What it is wanted for; an ``open_clip`` name without a tower takes the
        tower from it.
    device : str, optional
        As for `backend.core.device.resolve`.

    Returns
    -------
    Encoder
        The same object for the same name and device.

    Raises
    ------
    KindredError
        ``unknown_encoder`` for a name that is none, ``wrong_modality`` when it
        encodes something else, ``no_weights`` when its weights are not to be had.
    """
    wanted = Modality(modality) if modality is not None else None
    family = name.partition(":")[0]
    if name in SHIPPED:
        kinds = frozenset({SHIPPED[name][0]})
    elif family in FAMILIES and ":" in name:
        kinds = FAMILIES[family][0]
    else:
        raise KindredError(
            "unknown_encoder",
            f"There is no encoder named {name!r}. Known: {', '.join(names(wanted))}.",
        )
    if wanted is not None and wanted not in kinds:
        raise KindredError(
            "wrong_modality",
            f"{name} does not encode {wanted}. For {wanted}: {', '.join(names(wanted))}.",
        )
    if address := settings().backend:
        return _remote(address, name, wanted or _own(name, kinds))
    where = devices.resolve(device).name if family != "multilingual-e5-small" else "cpu"
    key = (name, wanted if family in FAMILIES else None, where)
    if key in _loaded:  # not waiting for another one's download
        return _loaded[key]
    with _lock:
        if key not in _loaded:
            if name in SHIPPED:
                _loaded[key] = SHIPPED[name][1](where)
            else:
                _loaded[key] = FAMILIES[family][1](name, wanted, where)
        return _loaded[key]


def _own(name: str, kinds: frozenset[Modality]) -> Modality:
    """What an encoder encodes, when it was not said what it is wanted for."""
    if len(kinds) > 1:
        raise KindredError("wrong_modality", f"Say what {name} is wanted for.")
    return next(iter(kinds))


def _remote(address: str, name: str, modality: Modality) -> Encoder:
    key = (name, modality, address)
    with _lock:
        if key not in _loaded:
            from backend.encoders.remote import RemoteEncoder

            _loaded[key] = RemoteEncoder(address, name, modality)
        return _loaded[key]


def unload() -> None:
    """Forget every loaded encoder, so that its memory can go."""
    with _lock:
        _loaded.clear()
