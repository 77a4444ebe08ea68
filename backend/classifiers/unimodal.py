"""The papers' systems by name: what each makes of one modality of labelled posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.classifiers.context import Context, checkpoint, seed_networks
from backend.classifiers.dataset import LabelledDataset
from backend.domain import KindredError, Modality

if TYPE_CHECKING:
    from torch import nn

    from backend.training.loop import LoopConfig

# The images that JTAV fine-tunes, as timm calls them.
BACKBONES: Mapping[str, str] = MappingProxyType(
    {"F-VGG": "vgg19", "F-ResNet": "resnet101", "F-DenseNet": "densenet121"}
)
SYSTEMS: Mapping[Modality, tuple[str, ...]] = MappingProxyType(
    {
        Modality.TEXT: ("text encoder", "doc2vec", "n-grams", "lyricsHAN", "BiGRU", "attBiGRU"),
        Modality.IMAGE: ("image encoder", "F-Lite0", *BACKBONES),
        Modality.AUDIO: ("convnet", "MFCC", "DCRNN-MelS", "DCRNN-CQT"),
    }
)

FROZEN = ("text encoder", "image encoder", "F-Lite0", "convnet")  # read a frozen encoder's vectors


def modality_of(system: str) -> Modality:
    """What a system reads.

    Raises
    ------
    KindredError
        ``no_system``.
    """
    for modality, names in SYSTEMS.items():
        if system in names:
            return modality
    known = ", ".join(name for names in SYSTEMS.values() for name in names)
    raise KindredError("no_system", f"There is no model {system!r}; there are {known}.")


def learn(
    system: str, posts: LabelledDataset, run: int, context: Context
) -> tuple[np.ndarray, nn.Module | None]:
    """Train one system on the training posts of a run.

    Parameters
    ----------
    system : str
        One of `SYSTEMS`.
    posts : LabelledDataset
    run : int
    context : Context

    Returns
    -------
    vectors : numpy.ndarray
        ``(n, d)`` float32 of all posts; rows of NaN for those without the modality.
    module : torch.nn.Module or None
        The trained network, where it is one.
    """
    modality = modality_of(system)
    have = np.flatnonzero(posts.present[:, list(Modality).index(modality)])
    seen, stop, _ = posts.split(run)
    seen, stop = np.intersect1d(seen, have), np.intersect1d(stop, have)
    if modality is Modality.TEXT:
        found, module = _text(system, posts, seen, stop, have, run, context)
    elif modality is Modality.AUDIO:
        found, module = _audio(system, posts, seen, stop, have, run, context)
    else:
        found, module = _image(system, posts, seen, stop, have, run, context)
    whole = np.full((len(posts), found.shape[1]), np.nan, dtype=np.float32)
    whole[have] = found
    return whole, module


def read(systems: Sequence[str], posts: LabelledDataset, context: Context) -> None:
    """Encode what some systems read, so that it is in the cache when they learn.

    Parameters
    ----------
    systems : sequence of str
        Some of `SYSTEMS`.
    posts : LabelledDataset
    context : Context
    """
    for system in systems:
        if system in FROZEN:
            encoded(posts, modality_of(system), context)
        elif modality_of(system) is Modality.AUDIO:
            _spectra(system, posts, context)


def encoded(posts: LabelledDataset, modality: Modality, context: Context) -> np.ndarray:
    """Vectors of a frozen encoder, ``(n, d)`` float32, NaN where a post has none."""
    from backend import encoders

    encoder = encoders.get(context.encoders[modality], modality=modality, device=context.device)
    found = np.full((len(posts), encoder.dim), np.nan, dtype=np.float32)
    if modality is Modality.TEXT:
        have = [i for i, text in enumerate(posts.texts) if text]
        if have:
            found[have] = context.cache.texts(
                encoder, [posts.texts[i] for i in have], progress=context.progress(modality)
            )
        return found
    paths = posts.images if modality is Modality.IMAGE else posts.audios
    found_in = [(i, path) for i, path in enumerate(paths) if path is not None]
    if found_in:
        rows, files = zip(*found_in, strict=True)
        found[list(rows)] = context.cache.media(encoder, files, progress=context.progress(modality))
    return found


def _text(
    system: str,
    posts: LabelledDataset,
    seen: np.ndarray,
    stop: np.ndarray,
    have: np.ndarray,
    run: int,
    context: Context,
) -> tuple[np.ndarray, nn.Module | None]:
    from backend.classifiers.networks.doc2vec import Doc2Vec
    from backend.word_spaces import vocabulary as words

    texts = [posts.texts[i] for i in have]
    if system == "text encoder":
        return encoded(posts, Modality.TEXT, context)[have], None
    if system == "doc2vec":
        return Doc2Vec().fit([posts.texts[i] for i in seen]).transform(texts), None
    # Words of all posts: their vectors come from elsewhere, no label is looked at.
    vocabulary = words.Vocabulary.of([*posts.texts, *posts.supports])
    pretrained = words.read_vectors(context.words, vocabulary.rows)
    matrix = vocabulary.matrix(pretrained)
    seed_networks(run)
    module, inputs, config = _text_network(system, posts, vocabulary, matrix)
    return _train(system, module, inputs, config, posts, seen, stop, have, run, context)


def _text_network(
    system: str, posts: LabelledDataset, vocabulary: Any, matrix: np.ndarray
) -> tuple[nn.Module, list[np.ndarray], LoopConfig]:
    from backend.classifiers.networks.bigru import AttBiGRU, BiGRU, BiGRUConfig
    from backend.classifiers.networks.han import LyricsHAN, LyricsHANConfig
    from backend.classifiers.networks.ngrams import Ngrams, NgramsConfig, bags
    from backend.training.loop import LoopConfig
    from backend.word_spaces.vocabulary import SUPPORT

    count, size, classes = len(vocabulary), matrix.shape[1], len(posts.classes)
    config = LoopConfig(epochs=15, batch=64, rate=3e-3, patience=3)
    if system == "n-grams":
        shape = NgramsConfig(count, size, classes)
        return Ngrams(shape, matrix), [bags(posts.texts, vocabulary, shape)], config
    if system == "lyricsHAN":
        lines = vocabulary.encode_lines(posts.texts)
        # Lines that no post has cost time for nothing.
        lines = lines[:, : max(1, int(lines.any((0, 2)).sum()))]
        return LyricsHAN(LyricsHANConfig(count, size, classes), matrix), [lines], config
    kind = AttBiGRU if system == "attBiGRU" else BiGRU
    inputs = [vocabulary.encode(posts.texts)]
    if system == "attBiGRU":
        inputs.append(vocabulary.encode(posts.supports, SUPPORT))
    return kind(BiGRUConfig(count, size, classes), matrix), inputs, config


def _audio(
    system: str,
    posts: LabelledDataset,
    seen: np.ndarray,
    stop: np.ndarray,
    have: np.ndarray,
    run: int,
    context: Context,
) -> tuple[np.ndarray, nn.Module | None]:
    from backend.classifiers.audio_inputs import SHAPE
    from backend.classifiers.networks.dcrnn import DCRNN, DCRNNConfig
    from backend.training.loop import LoopConfig

    if system == "convnet":
        return encoded(posts, Modality.AUDIO, context)[have], None
    rows = _spectra(system, posts, context)
    if system == "MFCC":
        return rows, None
    pictures = np.zeros((len(posts), *SHAPE), dtype=np.float32)
    pictures[have] = rows.reshape(-1, *SHAPE)
    seed_networks(run)
    module = DCRNN(DCRNNConfig(classes=len(posts.classes)))
    config = LoopConfig(epochs=25, batch=16, rate=2e-3, decay=1e-2, patience=6)
    return _train(system, module, [pictures], config, posts, seen, stop, have, run, context)


def _spectra(system: str, posts: LabelledDataset, context: Context) -> np.ndarray:
    """``(m, d)`` float32 of the posts that have a sound."""
    from backend.classifiers import audio_inputs

    names = {
        "MFCC": audio_inputs.MFCC,
        "DCRNN-MelS": audio_inputs.MEL,
        "DCRNN-CQT": audio_inputs.CONSTANT_Q,
    }
    files = [path for path in posts.audios if path is not None]
    rows = context.cache.media(
        audio_inputs.audio_input(names[system]), files, progress=context.progress(Modality.AUDIO)
    )
    return np.nan_to_num(rows)  # silence has no spectrum


def _image(
    system: str,
    posts: LabelledDataset,
    seen: np.ndarray,
    stop: np.ndarray,
    have: np.ndarray,
    run: int,
    context: Context,
) -> tuple[np.ndarray, nn.Module | None]:
    import torch

    from backend.classifiers.networks.finetuned import FineTuned, FineTunedConfig
    from backend.training.loop import LoopConfig

    if system in BACKBONES:
        from backend.classifiers.finetune import fine_tuned

        return fine_tuned(system, BACKBONES[system], posts, seen, stop, have, run, context)
    features = encoded(posts, Modality.IMAGE, context)
    if system == "image encoder":
        return features[have], None
    seed_networks(run)
    module = FineTuned(FineTunedConfig(features.shape[1], len(posts.classes), dropout=0.5))
    mean, scale = features[seen].mean(0), features[seen].std(0)
    with torch.no_grad():
        module.get_buffer("mean").copy_(torch.from_numpy(mean))
        module.get_buffer("scale").copy_(
            torch.from_numpy(1.0 / np.maximum(scale, 0.1 * scale.mean()))
        )
    config = LoopConfig(epochs=30, batch=64, rate=3e-4, decay=1e-1, patience=4)
    inputs = [np.nan_to_num(features)]
    return _train(system, module, inputs, config, posts, seen, stop, have, run, context)


def _train(
    system: str,
    module: nn.Module,
    inputs: Sequence[np.ndarray],
    config: LoopConfig,
    posts: LabelledDataset,
    seen: np.ndarray,
    stop: np.ndarray,
    have: np.ndarray,
    run: int,
    context: Context,
) -> tuple[np.ndarray, nn.Module]:
    from backend.classifiers.tasks import Classify
    from backend.training.loop import fit

    task = Classify(module, inputs, posts.labels, seen, stop, f"{posts.digest()}|{run}")
    fit(
        task,
        context.capped(config),
        folder=checkpoint(context, posts, system, run),
        device=context.device,
        tell=context.tell,
    )
    return task.vectors(have), module
