"""Encoders that belong together, by one short name."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec

from backend.domain import KindredError, Modality
from backend.encoders.registry import FAMILIES, SHIPPED


@dataclass(frozen=True, slots=True)
class Preset:
    """Encoders to use in the place of the default ones.

    Attributes
    ----------
    title : str
    encoders : mapping of Modality to str
        Registry names; the other modalities keep the default.
    megabytes : int
        To download, about; 0 where it is not known.
    packages : tuple of str
        Needed beside those that `make run` installs.
    """

    title: str
    encoders: dict[Modality, str]
    megabytes: int = 0
    packages: tuple[str, ...] = field(default=())


def _towers(model: str) -> dict[Modality, str]:
    return {Modality.TEXT: f"{model}:text", Modality.IMAGE: f"{model}:image"}


PRESETS = {
    "clip": Preset(
        "CLIP ViT-B-32 (LAION-2B), text and images",
        _towers("open_clip:ViT-B-32@laion2b_s34b_b79k"),
        605,
    ),
    "siglip2": Preset(
        "SigLIP 2 ViT-B-16, text in many languages and images",
        _towers("open_clip:ViT-B-16-SigLIP2@webli"),
        1_500,
        ("transformers",),
    ),
    "multilingual-clip": Preset(
        "CLIP ViT-B-32 with XLM-RoBERTa, text in a hundred languages and images",
        _towers("open_clip:xlm-roberta-base-ViT-B-32@laion5b_s13b_b90k"),
        1_460,
        ("transformers",),
    ),
    "clap": Preset(
        "CLAP (LAION, HTSAT), text and sounds",
        {
            Modality.TEXT: "clap:laion/clap-htsat-unfused:text",
            Modality.AUDIO: "clap:laion/clap-htsat-unfused:audio",
        },
        615,
        ("transformers",),
    ),
}


def named(name: str) -> Preset:
    """Return a preset, or what a name of an encoder stands for.

    A name of an ``open_clip`` or ``clap`` model without a tower means its towers.

    Raises
    ------
    KindredError
        ``unknown_encoder``, with the presets and the families.
    """
    if name in PRESETS:
        return PRESETS[name]
    family, mark, rest = name.partition(":")
    if family in FAMILIES and mark and rest:
        kinds = FAMILIES[family][0]
        tower = next((m for m in kinds if name.endswith(f":{m}")), None)
        packages = PACKAGES.get(family, ())
        if tower is not None or len(kinds) == 1:
            return Preset(name, {tower or next(iter(kinds)): name}, packages=packages)
        return Preset(name, {m: f"{name}:{m}" for m in sorted(kinds)}, packages=packages)
    if name in SHIPPED:
        return Preset(name, {SHIPPED[name][0]: name})
    patterns = ", ".join(pattern for *_, pattern in FAMILIES.values())
    raise KindredError(
        "unknown_encoder",
        f"There are no models {name[:80]!r}. Choose one of {', '.join(PRESETS)}, or name encoders: "
        f"{patterns}.",
    )


PACKAGES = {"clap": ("transformers",), "sentence-transformers": ("sentence_transformers",)}


def check_packages(packages: tuple[str, ...], name: str) -> None:
    """Refuse models whose packages are not installed.

    Raises
    ------
    KindredError
        ``no_library``, with the command that installs them.
    """
    if missing := [package for package in packages if find_spec(package) is None]:
        raise KindredError(
            "no_library",
            f"{name} needs the package {missing[0].replace('_', '-')}, which is not installed. "
            "`pip install -r requirements-models.txt -c constraints.txt` brings it, and so does "
            "`make run MODELS=…`.",
        )
