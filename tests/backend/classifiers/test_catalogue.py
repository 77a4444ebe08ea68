"""The catalogue names what can be trained, and says in a sentence what cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.classifiers import BUDGETS, MODELS, TrainableLabel
from backend.classifiers.catalogue import ALL, DEFAULTS, GROUPS, group, problem, resolve
from backend.classifiers.image_systems import BACKBONES
from backend.classifiers.multimodal import FUSIONS
from backend.classifiers.unimodal import SYSTEMS
from backend.domain import KindredError, Modality

TEXT = {Modality.TEXT: {"a": 20, "b": 20}}
BOTH = {**TEXT, Modality.IMAGE: {"a": 12, "b": 11}}


def label(**changes: object) -> TrainableLabel:
    given = {"name": "mood", "posts": 40, "values": 2, "classes": {"a": 20, "b": 20}}
    return TrainableLabel(**{**given, "by_modality": BOTH, "authors": 5, **changes})  # type: ignore[arg-type]


def test_it_has_every_system_of_the_papers_and_no_other() -> None:
    for modality, names in SYSTEMS.items():
        assert {m.name for m in group(modality.value)} == set(names)
    assert {m.name for m in group("fusion")} == set(FUSIONS)
    assert {m.name: m.weights for m in MODELS if m.weights} == dict(BACKBONES)
    assert {m.group for m in MODELS} == set(GROUPS)
    assert len({m.key for m in MODELS}) == len(MODELS) == len(group(ALL))
    assert all(m.summary.endswith(".") and m.source for m in MODELS)
    assert all({*names} <= {m.name for m in group(task)} for task, names in DEFAULTS.items())
    assert BUDGETS["quick"].runs < BUDGETS["full"].runs


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("common-space", "CommonSpaceFusion"),
        ("CMF-AP", "CMF-AP"),
        ("cmfap", "CMF-AP"),
        ("early fusion", "early fusion"),
        ("early-fusion-reduced", "early fusion, reduced"),
        ("joint space", "joint space"),
        ("bigru", "BiGRU"),
        ("early", "early fusion"),
    ],
)
def test_a_name_may_be_written_in_many_ways(written: str, name: str) -> None:
    (found,) = resolve([written])
    assert found.name == name


@pytest.mark.parametrize("written", ["", "f-", "nobody", "MFCC"])
def test_a_name_that_is_none_or_several_is_told(written: str) -> None:
    with pytest.raises(KindredError) as error:
        resolve([written], "text")
    assert error.value.code == "no_system" and "BiGRU" in error.value.message
    with pytest.raises(KindredError) as error:
        group("nothing")
    assert error.value.code == "no_task"


@pytest.mark.parametrize(
    ("model", "info", "said"),
    [
        ("MFCC", label(), "MFCC needs sounds; no post labelled mood has one"),
        (
            "F-Lite0",
            label(by_modality={**TEXT, Modality.IMAGE: {"a": 12, "b": 3}}),
            "needs two classes",
        ),
        ("CommonSpaceFusion", label(by_modality=TEXT), "of these posts only text"),
        ("joint space, own", label(authors=1), "users of posts"),
        ("joint space", label(by_modality={}), "no modality that these posts have"),
        ("F-VGG", label(), "vgg19.safetensors"),
        ("F-Lite0", label(), ""),
        ("late fusion", label(), ""),
        ("joint space, own", label(), ""),
    ],
)
def test_what_a_model_lacks_is_one_sentence(
    model: str, info: TrainableLabel, said: str, tmp_path: Path
) -> None:
    (one,) = resolve([model])
    found = problem(one, info, tmp_path)
    assert found.startswith(said) or said in found
    assert bool(found) == bool(said)
    if found and not found.endswith("train."):
        assert found.endswith(".") and "  " not in found


def test_a_file_of_weights_is_enough(tmp_path: Path) -> None:
    (one,) = resolve(["F-VGG"])
    (tmp_path / "vgg19.safetensors").write_bytes(b"x")
    assert problem(one, label(), tmp_path) == ""


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (label(values=1, classes={"a": 40}, common=(("a", 40),)), "has the same mood, “a”"),
        (label(classes={"a": 20}, common=(("a", 20), ("b", 3))), "a (20), b (3)"),
        (label(), ""),
    ],
)
def test_what_a_label_lacks_is_one_sentence(info: TrainableLabel, said: str) -> None:
    assert said in info.problem and bool(info.problem) == bool(said)
