"""The models that can be trained on labels, each with a description."""

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
    summary : str
        What it does, in a sentence.
    source : str
        The paper that it is from.
    epochs : bool
        Whether it is trained by epochs, and so has a learning curve.
    weights : str
        timm's name of the pretrained network whose weights it needs; empty without one.
    """

    name: str
    group: str
    summary: str
    source: str
    epochs: bool = True
    weights: str = ""

    @property
    def key(self) -> str:
        """Its name in URLs."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.name.lower()).split())

    @property
    def modality(self) -> Modality | None:
        """The modality that it reads; None where it reads several."""
        return Modality(self.group) if self.group in GROUPS[:3] else None


_JTAV, _FUSION, _USERS = "JTAV 2018", "emotion fusion 2017", "users in one space 2019"

MODELS = (
    ModelInfo(
        "text encoder",
        "text",
        "Logistic regression on the vectors of the multilingual text encoder.",
        "e5 2024",
        epochs=False,
    ),
    ModelInfo(
        "n-grams",
        "text",
        "Averages the vectors of words and word pairs, as fastText does.",
        _FUSION,
    ),
    ModelInfo(
        "doc2vec", "text", "Learns a vector of each text without its label.", _JTAV, epochs=False
    ),
    ModelInfo("BiGRU", "text", "Reads the words in order, forwards and backwards.", _JTAV),
    ModelInfo(
        "attBiGRU",
        "text",
        "BiGRU whose words are weighted by the post's other text, its title.",
        _JTAV,
    ),
    ModelInfo(
        "lyricsHAN", "text", "Weights the words of each line, then the lines of the text.", _JTAV
    ),
    ModelInfo(
        "image encoder",
        "image",
        "Logistic regression on the vectors of the image encoder.",
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
        "MFCC",
        "audio",
        "Logistic regression on mel-frequency cepstral coefficients: timbre.",
        _JTAV,
        epochs=False,
    ),
    ModelInfo(
        "convnet",
        "audio",
        "Logistic regression on the vectors of the sound encoder.",
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
        "Logistic regression on all vectors, concatenated.",
        _FUSION,
        epochs=False,
    ),
    ModelInfo(
        "early fusion, reduced",
        "fusion",
        "Early fusion of the first 64 principal components of each modality.",
        _FUSION,
        epochs=False,
    ),
    ModelInfo(
        "late fusion",
        "fusion",
        "One classifier for each modality; their probabilities are averaged.",
        _FUSION,
        epochs=False,
    ),
    ModelInfo("JointFusion", "fusion", "Maps all modalities to one size and pools them.", _FUSION),
    ModelInfo(
        "CommonSpaceFusion",
        "fusion",
        "Learns one space for all modalities, so any of them may be missing.",
        _FUSION,
    ),
    ModelInfo(
        "CMF-AP", "fusion", "Pools the products of each pair of modalities by attention.", _JTAV
    ),
    ModelInfo(
        "joint space",
        "joint",
        "Logistic regression in Kindred's joint space.",
        _USERS,
        epochs=False,
    ),
    ModelInfo(
        "joint space, own", "joint", "A joint space trained on these posts and their users.", _USERS
    ),
)

# Models that need no weights from elsewhere and train quickly.
DEFAULTS = {
    "text": ("n-grams", "BiGRU", "attBiGRU", "lyricsHAN"),
    "image": ("image encoder", "F-Lite0"),
    "audio": ("MFCC", "convnet", "DCRNN-MelS", "DCRNN-CQT"),
    "fusion": tuple(m.name for m in MODELS if m.group == "fusion"),
    "joint": ("joint space", "joint space, own"),
    ALL: ("text encoder", "n-grams", "image encoder", "late fusion", "CommonSpaceFusion"),
}


def group(task: str) -> tuple[ModelInfo, ...]:
    """Return the models of a group, or of all.

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
    """Find models by name, in any spelling, or by the start of a name.

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
    models = group(task)
    chosen = {_find(name, models, task) for name in (names or DEFAULTS[task])}
    return tuple(m for m in models if m in chosen)


def _find(name: str, models: Sequence[ModelInfo], task: str) -> ModelInfo:
    wanted = _plain(name)
    exact = [m for m in models if _plain(m.name) == wanted]
    prefixed = [m for m in models if wanted and _plain(m.name).startswith(wanted)]
    if exact:
        return exact[0]
    # "early" means early fusion, of which the reduced one is a variant.
    shortest = min(prefixed, key=lambda m: len(m.name), default=None)
    if shortest is not None and all(m.name.startswith(shortest.name) for m in prefixed):
        return shortest
    known = "; ".join(m.name for m in models)
    kind = "" if task == ALL else f"{task} "
    raise KindredError("no_system", f"There is no {kind}model {name!r}; there are {known}.")


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def weights_in(folder: Path) -> dict[str, Path]:
    """Return the files of weights in a folder, by model."""
    return {
        m.name: path
        for m in MODELS
        if m.weights and (path := folder / f"{m.weights}.safetensors").is_file()
    }


def problem(
    model: ModelInfo, label: TrainableLabel, weights: Path, supplied: Collection[str] = ()
) -> str:
    """Return why a model cannot be trained on a label; empty when it can.

    Parameters
    ----------
    model : ModelInfo
    label : TrainableLabel
        A label without a `problem` of its own.
    weights : pathlib.Path
        The folder of `weights_in`.
    supplied : collection of str
        Models whose weights are supplied otherwise.
    """
    if model.modality is not None:
        missing = _missing_posts(model, model.modality, label)
        return missing or ("" if model.name in supplied else _missing_weights(model, weights))
    usable = [m for m in label.modalities if not _missing_posts(model, m, label)]
    if model.group == "fusion" and len(usable) < 2:
        only = NAMES[usable[0]] if usable else "nothing"
        return f"{model.name} needs two modalities; of these posts only {only} can be trained on."
    if model.name == "joint space, own" and label.authors < 2:
        return (
            f"{model.name} learns from the users of posts; fewer than two users have two of "
            "these posts each."
        )
    return "" if usable else f"{model.name} reads no modality that these posts have."


def _missing_posts(model: ModelInfo, modality: Modality, label: TrainableLabel) -> str:
    classes = label.by_modality.get(modality, {})
    item = "an image" if modality is Modality.IMAGE else f"a {NAMES[modality]}"
    if not sum(classes.values()):
        return f"{model.name} needs {NAMES[modality]}s; no post labelled {label.name} has one."
    if sum(n >= FOLDS for n in classes.values()) < 2:
        return (
            f"{model.name} needs two classes of {label.name} with {FOLDS} posts each, among posts "
            f"with {item}."
        )
    return ""


def _missing_weights(model: ModelInfo, weights: Path) -> str:
    if not model.weights or (weights / f"{model.weights}.safetensors").is_file():
        return ""
    return (
        f"{model.name} needs pretrained weights, which are not installed with Kindred: put "
        f"{model.weights}.safetensors into {weights}."
    )
