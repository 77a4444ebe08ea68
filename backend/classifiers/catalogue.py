"""The models that can be trained on labels: rows of the papers, with one sentence each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.classifiers.dataset import FOLDS
from backend.classifiers.label_columns import TrainableLabel
from backend.domain import KindredError, Modality

GROUPS = ("text", "image", "audio", "fusion", "joint")
ALL = "all"
NAMES = {Modality.TEXT: "text", Modality.IMAGE: "image", Modality.AUDIO: "sound"}


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model.

    Attributes
    ----------
    name, group : str
        The group is one of `GROUPS`.
    says : str
        What it does, in a sentence.
    source : str
        Where it is from.
    epochs : bool
        Whether it is trained by epochs, so that there is a curve to watch.
    weights : str
        timm's name of the pretrained network that it needs a file of, if any.
    """

    name: str
    group: str
    says: str
    source: str
    epochs: bool = True
    weights: str = ""

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.name.lower()).split())

    @property
    def modality(self) -> Modality | None:
        """The one that it reads; None for those that read several."""
        return Modality(self.group) if self.group in GROUPS[:3] else None


_JTAV, _FUSION, _USERS = "JTAV 2018", "emotion fusion 2017", "users in one space 2019"

MODELS = (
    ModelInfo(
        "text encoder",
        "text",
        "The multilingual encoder as it is, and a line drawn through its vectors.",
        "e5 2024",
        epochs=False,
    ),
    ModelInfo(
        "n-grams",
        "text",
        "Averages the vectors of words and pairs of words, as fastText does.",
        _FUSION,
    ),
    ModelInfo(
        "doc2vec",
        "text",
        "Learns a vector of each text without looking at labels.",
        _JTAV,
        epochs=False,
    ),
    ModelInfo("BiGRU", "text", "Reads the words one after the other, from both ends.", _JTAV),
    ModelInfo(
        "attBiGRU",
        "text",
        "BiGRU whose words are weighed by the post's other text, its title.",
        _JTAV,
    ),
    ModelInfo(
        "lyricsHAN",
        "text",
        "Picks the words that count in a line, then the lines that count.",
        _JTAV,
    ),
    ModelInfo(
        "image encoder",
        "image",
        "The image encoder as it is, and a line drawn through its vectors.",
        "EfficientNet-Lite0",
        epochs=False,
    ),
    ModelInfo(
        "F-Lite0", "image", "The image encoder with new layers, trained for this label.", _JTAV
    ),
    ModelInfo("F-VGG", "image", "VGG-19, fine-tuned.", _JTAV, weights="vgg19"),
    ModelInfo("F-ResNet", "image", "ResNet-101, fine-tuned.", _JTAV, weights="resnet101"),
    ModelInfo("F-DenseNet", "image", "DenseNet-121, fine-tuned.", _JTAV, weights="densenet121"),
    ModelInfo(
        "MFCC", "audio", "Timbre in a hundred numbers, the classic of sound.", _JTAV, epochs=False
    ),
    ModelInfo(
        "convnet",
        "audio",
        "The sound encoder as it is, and a line drawn through its vectors.",
        _JTAV,
        epochs=False,
    ),
    ModelInfo("DCRNN-MelS", "audio", "A recurrent network that reads mel spectrograms.", _JTAV),
    ModelInfo(
        "DCRNN-CQT",
        "audio",
        "A recurrent network that reads constant-Q spectrograms: pitch.",
        _JTAV,
    ),
    ModelInfo(
        "early fusion",
        "fusion",
        "All vectors side by side, one line drawn through them.",
        _FUSION,
        epochs=False,
    ),
    ModelInfo(
        "early fusion, reduced",
        "fusion",
        "Early fusion of the 64 main directions of each.",
        _FUSION,
        epochs=False,
    ),
    ModelInfo(
        "late fusion",
        "fusion",
        "Each modality decides for itself; the decisions are pooled.",
        _FUSION,
        epochs=False,
    ),
    ModelInfo("JointFusion", "fusion", "Maps all modalities to one size and pools them.", _FUSION),
    ModelInfo(
        "CommonSpaceFusion",
        "fusion",
        "Learns one space for all modalities, so that any may be missing.",
        _FUSION,
    ),
    ModelInfo(
        "CMF-AP", "fusion", "Multiplies every pair of modalities and attends to what agrees.", _JTAV
    ),
    ModelInfo(
        "joint space",
        "joint",
        "Kindred's joint space as it is, and a line drawn through it.",
        _USERS,
        epochs=False,
    ),
    ModelInfo(
        "joint space, own",
        "joint",
        "A joint space learnt from these posts and who wrote them.",
        _USERS,
    ),
)

# What trains without asking for weights, and not for long.
DEFAULTS = {
    "text": ("n-grams", "BiGRU", "attBiGRU", "lyricsHAN"),
    "image": ("image encoder", "F-Lite0"),
    "audio": ("MFCC", "convnet", "DCRNN-MelS", "DCRNN-CQT"),
    "fusion": tuple(m.name for m in MODELS if m.group == "fusion"),
    "joint": ("joint space", "joint space, own"),
    ALL: ("text encoder", "n-grams", "image encoder", "late fusion", "CommonSpaceFusion"),
}


def group(task: str) -> tuple[ModelInfo, ...]:
    """The models of a group, or of all.

    Raises
    ------
    KindredError
        ``no_task``.
    """
    if task not in (*GROUPS, ALL):
        known = ", ".join((*GROUPS, ALL))
        raise KindredError("no_task", f"There is no task {task!r}; there are {known}.")
    return tuple(m for m in MODELS if task in (ALL, m.group))


def resolve(names: Sequence[str], task: str = ALL) -> tuple[ModelInfo, ...]:
    """Models by name, however it is written, or by its beginning.

    Parameters
    ----------
    names : sequence of str
        The task's defaults when empty.
    task : str

    Returns
    -------
    tuple of ModelInfo
        Each once, in the order of `MODELS`.

    Raises
    ------
    KindredError
        ``no_task``, ``no_system``.

    Examples
    --------
    >>> [m.name for m in resolve(["common-space", "CMFAP"])]
    ['CommonSpaceFusion', 'CMF-AP']
    """
    there = group(task)
    chosen = {_found(name, there, task) for name in (names or DEFAULTS[task])}
    return tuple(m for m in there if m in chosen)


def _found(name: str, there: Sequence[ModelInfo], task: str) -> ModelInfo:
    wanted = _plain(name)
    exact = [m for m in there if _plain(m.name) == wanted]
    begun = [m for m in there if wanted and _plain(m.name).startswith(wanted)]
    if exact:
        return exact[0]
    # "early" is early fusion, of which the reduced one is a kind.
    plainest = min(begun, key=lambda m: len(m.name), default=None)
    if plainest is not None and all(m.name.startswith(plainest.name) for m in begun):
        return plainest
    known = "; ".join(m.name for m in there)
    kind = "" if task == ALL else f"{task} "
    raise KindredError("no_system", f"There is no {kind}model {name!r}; there are {known}.")


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def weights_in(folder: Path) -> dict[str, Path]:
    """Files of weights that somebody put in a folder, by model."""
    return {
        m.name: path
        for m in MODELS
        if m.weights and (path := folder / f"{m.weights}.safetensors").is_file()
    }


def problem(
    model: ModelInfo, label: TrainableLabel, weights: Path, given: Collection[str] = ()
) -> str:
    """Why a model cannot be trained on a label; empty when it can.

    Parameters
    ----------
    model : ModelInfo
    label : TrainableLabel
        One that can be trained on.
    weights : pathlib.Path
        The folder of `weights_in`.
    given : collection of str
        Models whose weights come from elsewhere.
    """
    if model.modality is not None:
        lacks = _lacks(model, model.modality, label)
        return lacks or ("" if model.name in given else _unweighted(model, weights))
    usable = [m for m in label.modalities if not _lacks(model, m, label)]
    if model.group == "fusion" and len(usable) < 2:
        have = NAMES[usable[0]] if usable else "nothing"
        return f"{model.name} fuses modalities, and of these posts only {have} can be learnt from."
    if model.name == "joint space, own" and label.authors < 2:
        return (
            f"{model.name} learns from who wrote what, and fewer than two users have two of "
            "these posts each."
        )
    return "" if usable else f"{model.name} finds nothing in these posts to read."


def _lacks(model: ModelInfo, modality: Modality, label: TrainableLabel) -> str:
    classes = label.by_modality.get(modality, {})
    a = "an image" if modality is Modality.IMAGE else f"a {NAMES[modality]}"
    if not sum(classes.values()):
        return f"No post labelled with {label.name} has {a}, which {model.name} reads."
    many = [n for n in classes.values() if n >= FOLDS]
    if len(many) < 2:
        return (
            f"Of the posts with {a} fewer than two classes of {label.name} have {FOLDS} posts "
            f"each, which {model.name} needs."
        )
    return ""


def _unweighted(model: ModelInfo, weights: Path) -> str:
    if not model.weights or (weights / f"{model.weights}.safetensors").is_file():
        return ""
    return (
        f"{model.name} starts from pretrained weights, which come in no package: put "
        f"{model.weights}.safetensors into {weights}."
    )
