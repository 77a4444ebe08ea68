"""Whether the models of a bundle work: checksums say only that nobody changed them since."""

from __future__ import annotations

from functools import partial

import numpy as np

from backend.bundles.bundle import Bundle
from backend.domain import KindredError, Modality
from backend.joint_space.numpy_model import NumpyJointSpace
from backend.settings import ASSETS


def check_usable(bundle: Bundle) -> Bundle:
    """Return a bundle whose numbers are finite and whose parts fit each other.

    The bundles that come with Kindred are taken as they are.

    Raises
    ------
    KindredError
        ``damaged``.
    """
    if bundle.path.is_relative_to(ASSETS):
        return bundle
    try:
        for stem in bundle.stems:
            for name, array in bundle.tensors(stem).items():
                if array.dtype.kind == "f" and not np.isfinite(array).all():
                    raise ValueError(f"{stem} {name} is not finite")
        _try(bundle)
    except KindredError:
        raise
    except Exception as error:  # whatever numpy says of arrays that do not fit
        raise KindredError(
            "damaged",
            f"The bundle {bundle.name} cannot be used: its numbers are damaged or do not fit each "
            f"other ({str(error)[:120]}). Train it again.",
        ) from error
    return bundle


def _try(bundle: Bundle) -> None:
    """Predict and project a post of zeros."""
    from backend.affect import AffectModel

    tensors, config = bundle.tensors("joint_space"), bundle.config["joint_space"]
    space, affect = NumpyJointSpace(tensors, config), AffectModel.load(bundle)
    zeros = partial(np.zeros, dtype=np.float32)
    raw = {m: zeros((1, len(tensors[f"mean_{m.value}"]))) for m in Modality}
    if space.projections["image"].classes is not None:
        weight = tensors["class_weight"]
        raw[Modality.IMAGE] = zeros((1, weight.shape[1]))
    joint = {m: space.project(m, raw[m]) for m in Modality}
    evidence = {m: affect.evidence(m, raw[m], [""]) for m in Modality}
    (prediction,) = affect.fusion.affects(evidence)
    numbers = [*joint.values(), space.users(space.posts(joint))]
    numbers.append(np.array([*prediction.emotion.values(), prediction.confidence]))
    if not all(np.isfinite(each).all() for each in numbers):
        raise ValueError("it predicts no numbers")
