"""Figures, calibration and the two-model test against what pandas and scikit-learn say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from backend.domain import KindredError
from backend.error_analysis import confidence, figure_address, figures
from backend.error_analysis.comparison import compare
from backend.error_analysis.metadata_groups import candidates
from backend.error_analysis.predictions import ModelPredictions, score_against
from backend.error_analysis.slices import Slices, find
from tests.backend.error_analysis.samples import CLASSES, ground_truth, scored

RNG = np.random.default_rng(5)
TRUTH = RNG.integers(0, 3, 300)
GUESS = np.where(RNG.random(300) < 0.7, TRUTH, RNG.integers(0, 3, 300))
SURE = RNG.uniform(0.35, 1.0, 300)
ONE = scored(ground_truth(TRUTH), GUESS, SURE)
FRAME = pd.DataFrame(
    {
        "id": ONE.ids,
        "label": np.array(CLASSES)[TRUTH],
        "given": np.array(CLASSES)[GUESS],
        "confidence": ONE.confidence,
    }
)


def ids(address: str) -> list[str]:
    return list(figure_address.resolve(address, ONE, None, lambda: Slices((), 0, 0)).ids)


def test_figures_are_those_of_scikit_learn() -> None:
    found = {m.name: m for m in figures.measures(ONE, draws=50)}
    assert found["accuracy"].value == pytest.approx(sk.accuracy_score(TRUTH, GUESS))
    for kind in ("macro", "weighted"):
        assert found[f"{kind} F1"].value == pytest.approx(sk.f1_score(TRUTH, GUESS, average=kind))
    area = sk.roc_auc_score(TRUTH, ONE.probability, multi_class="ovr", average="weighted")
    assert found["weighted AUC"].value == pytest.approx(area, abs=1e-4)
    for m in found.values():
        assert m.low <= m.value <= m.high


def test_every_cell_opens_the_posts_that_pandas_finds() -> None:
    counts = figures.confusion(ONE)
    table = pd.crosstab(FRAME["label"], FRAME["given"])
    for i, label in enumerate(CLASSES):
        for j, given_ in enumerate(CLASSES):
            wanted = FRAME.query("label == @label and given == @given_")["id"].tolist()
            assert ids(f"cell:{label}|{given_}") == wanted
            assert counts[i, j] == table.loc[label, given_] == len(wanted)


def test_every_row_opens_the_posts_that_pandas_finds() -> None:
    for row in figures.by_class(ONE):
        name = row.name
        assert ids(f"class:{name}") == FRAME.query("label == @name")["id"].tolist()
        assert ids(f"given:{name}") == FRAME.query("given == @name")["id"].tolist()
        assert len(ids(f"missed:{name}")) == row.posts - row.correct
        assert len(ids(f"mistaken:{name}")) == row.predicted - row.correct
        low, high = row.recall[1:]
        assert low <= row.recall[0] <= high
    wrong = FRAME.query("label != given")["id"].tolist()
    assert ids("wrong") == wrong and sorted(ids("hardest")) == wrong
    assert len(ids("right")) + len(wrong) == len(ids("all")) == 300


def test_bins_and_thresholds_open_their_posts() -> None:
    bins = pd.cut(FRAME["confidence"], np.linspace(0, 1, 11), right=False, labels=False)
    bins = bins.fillna(9).astype(int)
    for i, bin_ in enumerate(confidence.curve(ONE)):
        assert ids(f"bin:{i}") == FRAME["id"][bins == i].tolist()
        assert bin_.posts == (bins == i).sum()
    for t in confidence.thresholds(ONE)[::10]:
        told = FRAME[FRAME["confidence"] >= t.at - 1e-9]
        assert ids(f"answered:{t.at}") == told["id"].tolist()
        assert t.answered == len(told) and t.wrong == len(told.query("label != given"))
        back = FRAME.drop(told.index)
        assert ids(f"withheld:{t.at}") == back["id"].tolist()
        for address, frame, n in (
            ("answeredwrong", told.query("label != given"), t.wrong),
            ("answeredright", told.query("label == given"), t.answered - t.wrong),
            ("spared", back.query("label != given"), t.withheld_wrong),
            ("lost", back.query("label == given"), t.withheld_correct),
        ):
            assert ids(f"{address}:{t.at}") == frame["id"].tolist() and len(frame) == n


def test_calibration_error_is_what_pandas_finds() -> None:
    frame = FRAME.assign(correct=ONE.correct, bin=np.minimum(ONE.confidence * 10, 9).astype(int))
    grouped = frame.groupby("bin")
    bins = grouped.agg(n=("id", "size"), c=("confidence", "mean"), a=("correct", "mean"))
    wanted = (bins["n"] * (bins["a"] - bins["c"]).abs()).sum() / len(frame)
    assert figures.ece(ONE) == pytest.approx(wanted, abs=1e-6)
    assert confidence.gaps(ONE, draws=20)[0].error == pytest.approx(wanted, abs=1e-6)


@given(st.integers(0, 200), st.integers(1, 200))
@settings(max_examples=50)
def test_wilson_holds_the_share(hits: int, of: int) -> None:
    hits = min(hits, of)
    low, high = figures.wilson(hits, of)
    assert 0 <= low <= hits / of + 1e-12 and hits / of - 1e-12 <= high <= 1


def test_costs_add_up() -> None:
    for t in confidence.thresholds(ONE)[::25]:
        assert t.cost(5, 1) == 5 * t.wrong + t.withheld_wrong + t.withheld_correct
        assert t.answered + t.withheld_wrong + t.withheld_correct == 300


def test_two_models() -> None:
    other = scored(ground_truth(TRUTH), np.where(RNG.random(300) < 0.5, TRUTH, 0))
    pair = compare(ONE, other, draws=50)
    masks = pair.masks
    assert (
        sum(masks[n].sum() for n in ("both right", "only first", "only second", "both wrong"))
        == 300
    )
    assert pair.difference.value == pytest.approx(ONE.correct.mean() - other.correct.mean())
    b, c = int(masks["only first"].sum()), int(masks["only second"].sum())
    from scipy.stats import binomtest

    assert pair.p == pytest.approx(binomtest(b, b + c).pvalue)
    assert compare(ONE, ONE, draws=5).p == 1.0


def test_two_models_open_the_posts_that_pandas_finds() -> None:
    blind = RNG.random(300) < 0.1  # posts that the other model cannot read
    predicted = np.where(RNG.random(300) < 0.5, TRUTH, 0)
    probability = np.full((300, 3), 1 / 3, dtype=np.float32)
    probability[blind] = np.nan
    held = np.ones(300, dtype=bool)
    other = score_against(
        ONE.ground_truth, ModelPredictions("other", CLASSES, probability, predicted, held)
    )
    frame = FRAME.assign(other=np.array(CLASSES)[predicted])[~blind]

    def found(address: str) -> list[str]:
        return list(figure_address.resolve(address, ONE, other, lambda: Slices((), 0, 0)).ids)

    for address, query in (
        ("shared", "label == label"),
        ("both right", "label == given and label == other"),
        ("only first", "label == given and label != other"),
        ("only second", "label != given and label == other"),
        ("both wrong", "label != given and label != other"),
        ("differ", "given != other"),
    ):
        assert found(address) == frame.query(query)["id"].tolist()
    cross_table = compare(ONE, other, draws=5).cross_table
    table = pd.crosstab(frame["given"], frame["other"]).reindex(
        index=CLASSES, columns=CLASSES, fill_value=0
    )
    assert np.array_equal(cross_table, table.to_numpy())
    for one in CLASSES:
        for two in CLASSES:
            wanted = frame.query("given == @one and other == @two")["id"].tolist()
            assert found(f"gives:{one}|{two}") == wanted
    unread = figure_address.resolve("unread", other, None, lambda: Slices((), 0, 0))
    assert list(unread.ids) == FRAME["id"][blind].tolist()
    assert ids("labelled") == FRAME["id"].tolist() == ids("with:text")
    assert ids("with:image") == ids("unread") == []


def test_a_slice_and_its_rest_open_the_posts_that_pandas_finds() -> None:
    of = ground_truth(TRUTH, user=["anna" if i % 15 == 0 else "others" for i in range(300)])
    wrong = GUESS != TRUTH
    made = scored(of, np.where(np.arange(300) % 15 == 0, (TRUTH + 1) % 3, GUESS))
    found = find(made, candidates(of, {"anna": "Anna"}))
    frame = FRAME.assign(anna=np.arange(300) % 15 == 0, wrong=wrong)
    (one,) = found.slices

    def posts(address: str) -> list[str]:
        return list(figure_address.resolve(address, made, None, lambda: found).ids)

    assert set(posts(f"slice:{one.name}")) == set(frame.query("anna")["id"])
    assert len(posts(f"slicewrong:{one.name}")) == one.errors == 20
    rest = posts(f"rest:{one.name}")
    errors = frame.query("not anna and wrong")["id"].tolist()
    assert rest == errors + frame.query("not anna and not wrong")["id"].tolist()
    assert one.rest_rate == pytest.approx(len(errors) / len(rest))


def test_posts_that_a_model_cannot_read_are_left_out() -> None:
    of = ground_truth([0, 1, 2, 2])
    probability = np.full((4, 3), 1 / 3, dtype=np.float32)
    probability[1] = np.nan
    held = np.ones(4, dtype=bool)
    made = score_against(
        of, ModelPredictions("m", CLASSES, probability, np.zeros(4, dtype=np.int64), held)
    )
    assert list(made.ids) == ["p000", "p002", "p003"]
    with pytest.raises(KindredError) as error:
        score_against(
            of, ModelPredictions("m", CLASSES, probability * np.nan, np.zeros(4, np.int64), held)
        )
    assert error.value.code == "nothing_predicted"


@pytest.mark.parametrize(
    "address",
    ["", "cell:a|b", "bin:x", "withheld:x", "slice:no", "rest:no", "only first", "with:smell"],
)
def test_an_address_that_names_nothing(address: str) -> None:
    with pytest.raises(KindredError) as error:
        ids(address)
    assert error.value.code == "no_selection"
