"""Models held against each other on a corpus's labels: fold by fold, subset by subset."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from backend.bundles.bundle import Bundle
from backend.classifiers.catalogue import NAMES, ModelInfo
from backend.classifiers.context import Context, checkpoint
from backend.classifiers.cross_validation import FoldResults
from backend.classifiers.dataset import FOLDS, LabelledDataset
from backend.classifiers.logistic import logistic
from backend.classifiers.unimodal import encoded, learn
from backend.domain import KindredError, Modality, subset_name, subsets
from backend.metrics.bootstrap import MEASURES, interval
from backend.metrics.result import Measurement, ResultTable

if TYPE_CHECKING:
    from backend.classifiers.tasks import Fuse
    from backend.training.loop import Step

TABLE = "train"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a comparison is.

    Attributes
    ----------
    model : str
        Which is at work.
    done, total : int
        Trainings.
    run : int
        The fold that is tested.
    step : Step or None
        Within this training: epoch, loss, score, time left.
    reading : tuple of (str, int, int) or None
        While posts are encoded: the modality, how many are, how many there are.
    """

    model: str
    done: int
    total: int
    run: int = 0
    step: Step | None = None
    reading: tuple[str, int, int] | None = None


Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What a comparison found.

    Attributes
    ----------
    result : ResultTable
        The table.
    best : str or None
        The fusion model with the best F1, all modalities there; None without one.
    fused : Fuse or None
        It, trained in the first run.
    shares : tuple of numpy.ndarray, optional
        Rows ``(m,)`` and probabilities ``(m, classes)`` that it gave them, held out.
    """

    result: ResultTable
    best: str | None = None
    fused: Fuse | None = None
    shares: tuple[np.ndarray, np.ndarray] | None = None


class Comparison:
    """Trains and tests models on the same folds.

    Parameters
    ----------
    posts : LabelledDataset
    context : Context
    models : sequence of ModelInfo
    runs : int
        Folds that are tested, of ten.
    bundle : Bundle
        Whose joint space is the row of that name.
    tell : callable, optional
    """

    def __init__(
        self,
        posts: LabelledDataset,
        context: Context,
        models: Sequence[ModelInfo],
        runs: int,
        bundle: Bundle,
        tell: Tell | None = None,
    ) -> None:
        self.posts, self.models, self._bundle, self._tell = posts, models, bundle, tell
        self.runs = range(min(runs, FOLDS))
        self.gathered = FoldResults(posts)
        self._now = Progress("", 0, len(self.runs) * len(models))
        self._context = replace(context, tell=self._step, reading=self._reading)
        self._vectors: dict[Modality, np.ndarray] = {}
        self._fused: dict[str, Fuse] = {}

    def run(self) -> Compared:
        """Train and test everything.

        Raises
        ------
        KindredError
            ``few_labels`` when a fold is left with one class to learn.
        """
        for run in self.runs:
            for model in self.models:
                self._now = replace(self._now, model=model.name, run=run, step=None, reading=None)
                self._say()
                self._train(model, run)
                self._now = replace(self._now, done=self._now.done + 1)
        self._now = replace(self._now, step=None, reading=None)
        self._say()
        result = ResultTable(
            TABLE, f"models trained on {self.posts.name}", self._figures(), self._notes
        )
        return self._compared(result)

    def _train(self, model: ModelInfo, run: int) -> None:
        if model.group == "fusion":
            self._fuse(model, run)
        elif model.group == "joint":
            self._joint(model, run)
        else:
            vectors, _ = learn(model.name, self.posts, run, self._context)
            self._classify(f"{model.name}|{model.group}", vectors, vectors, run)

    def _fuse(self, model: ModelInfo, run: int) -> None:
        from backend.classifiers.multimodal import fuse, recipe

        seen, stop, test = self.posts.split(run)
        self._enough(seen)
        given = self._encoded()
        there = list(given)
        task = fuse(
            recipe(model.name),
            {m.value: rows for m, rows in given.items()},
            self.posts.labels,
            seen,
            stop,
            len(self.posts.classes),
            run=run,
            epochs=self._context.epochs,
            digest=f"{self.posts.digest()}|{dict(self._context.encoders)}",
            folder=checkpoint(self._context, self.posts, model.name, run),
            device=self._context.device,
            tell=self._step,
        )
        self._fused.setdefault(model.name, task)
        for subset in subsets(tuple(there)):
            shares, rows = task.shares(test, [there.index(m) for m in subset])
            if len(rows):
                self.gathered.add(f"{model.name}|{subset_name(subset)}", rows, shares, run)

    def _joint(self, model: ModelInfo, run: int) -> None:
        given = self._encoded()
        place = self._own(run) if model.name == "joint space, own" else self._shipped()
        whole = place(given)
        for subset in subsets(tuple(given)):
            some = whole if len(subset) == len(given) else place({m: given[m] for m in subset})
            self._classify(f"{model.name}|{subset_name(subset)}", whole, some, run)

    def _shipped(self) -> Callable[[Mapping[Modality, np.ndarray]], np.ndarray]:
        """Places posts in the bundle's joint space."""
        import torch

        from backend.joint_space import model as joint_space

        space = joint_space.load(
            self._bundle.tensors("joint_space"), self._bundle.config["joint_space"]
        )

        def place(given: Mapping[Modality, np.ndarray]) -> np.ndarray:
            total = np.zeros((len(self.posts), space.dim), dtype=np.float32)
            some = np.zeros(len(total), dtype=bool)
            for modality, rows in given.items():
                there = ~np.isnan(rows[:, 0])
                some |= there
                with torch.inference_mode():
                    total[there] += space(modality.value, torch.from_numpy(rows[there])).numpy()
            found = np.full_like(total, np.nan)
            found[some] = joint_space.join(space.split(torch.from_numpy(total[some]))).numpy()
            return found

        return place

    def _own(self, run: int) -> Callable[[Mapping[Modality, np.ndarray]], np.ndarray]:
        """Learns a space from the training posts and their users, and places posts in it."""
        from backend.joint_space import fit_users
        from backend.joint_space.authored_posts import AuthoredPosts

        seen, _, _ = self.posts.split(run)
        known = self._encoded()
        sizes = {m: rows.shape[1] for m, rows in known.items()}

        def whole(given: Mapping[Modality, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
            empty = np.full((len(rows), 1), np.nan, dtype=np.float32)
            return {
                m.value: given[m][rows] if m in given else np.repeat(empty, sizes.get(m, 2), axis=1)
                for m in Modality
            }

        everyone = np.arange(len(self.posts))
        some = np.any([~np.isnan(rows[seen, 0]) for rows in known.values()], axis=0)
        mine = seen[some]
        names, owners = np.unique(self.posts.groups[mine], return_inverse=True)
        authored = AuthoredPosts(
            names=tuple(names.tolist()),
            users=owners.astype(np.int64),
            groups=np.arange(len(mine)),
            sources=np.full(len(mine), "", dtype=object),
            features=whole(known, mine),
            tags=tuple(frozenset[str]() for _ in mine),
        )
        config = self._context.capped(fit_users.SCHEDULE)
        space = fit_users.train(authored, None, config=config, tell=self._step)

        def place(given: Mapping[Modality, np.ndarray]) -> np.ndarray:
            found = space.posts(whole(given, everyone))
            found[np.all([np.isnan(rows[:, 0]) for rows in given.values()], axis=0)] = np.nan
            return found

        return place

    def _classify(self, entry: str, learnt: np.ndarray, asked: np.ndarray, run: int) -> None:
        """Logistic regression on what was learnt (JTAV, sec. 4.1), asked about test posts."""
        seen, stop, test = self.posts.split(run)
        have = ~np.isnan(learnt).all(1)
        self._enough(seen[have[seen]])
        shares = logistic(
            learnt,
            self.posts.labels,
            seen[have[seen]],
            stop[have[stop]],
            len(self.posts.classes),
        )
        rows = test[~np.isnan(asked[test]).all(1)]
        if len(rows):
            self.gathered.add(entry, rows, shares(asked[rows]), run)

    def _enough(self, seen: np.ndarray) -> None:
        if len(np.unique(self.posts.labels[seen])) < 2:
            raise KindredError(
                "few_labels",
                f"Too few posts for {self._now.model}: once a tenth is held out to test on, "
                "one class is left to learn.",
            )

    def _encoded(self) -> dict[Modality, np.ndarray]:
        """Vectors of the frozen encoders, of those modalities that posts have."""
        for modality in self.posts.modalities:
            if modality not in self._vectors:
                self._vectors[modality] = encoded(self.posts, modality, self._context)
        return self._vectors

    def _figures(self) -> tuple[Measurement, ...]:
        task, whole, parts = self.posts.name, list[Measurement](), list[Measurement]()
        for model in self.models:
            mine = [e for e in self.gathered.systems if e.partition("|")[0] == model.name]
            mine.sort(key=lambda entry: -entry.count("+"))
            for place, entry in enumerate(mine):
                said = self.gathered.predictions(entry)
                subset = entry.partition("|")[2]
                for measure in MEASURES if place == 0 else ("F1",):
                    values = said.measure(measure)
                    if math.isnan(values[0]):
                        continue  # no area under a curve where one class was tested
                    value, low, high = interval(values)
                    name = measure if place == 0 else f"{measure}, {subset}"
                    figure = Measurement(task, model.name, name, value, low, high, len(said.labels))
                    (whole if place == 0 else parts).append(figure)
        # A column for each single modality and pair, the smaller first.
        order = [subset_name(s) for s in subsets(self.posts.modalities)]
        parts.sort(key=lambda f: order.index(f.metric.partition(", ")[2]))
        return (*whole, *parts)

    @property
    def _notes(self) -> tuple[str, ...]:
        own = (
            "The joint space as it is learnt from the posts that come with Kindred (not from their "
            "labels, but from their words and tags): on those its row is optimistic.",
        )
        shown = any(m.name == "joint space" for m in self.models)
        return (
            f"{self.posts.name}: {self.posts.note}.",
            f"{len(self.posts):,} posts; {len(self.runs)} of {FOLDS} folds tested, each by models "
            "that saw none of them. AUC, F1 and precision weighted by class.",
            "A model of one modality is tested on the posts that have it (n). 'F1, text': the same "
            "model when it may look at the text alone.",
            "Intervals: 95 %, bootstrap over users. Of several models compared on the same posts "
            "the best looks a little better than it is.",
            *(own if shown else ()),
        )

    def _compared(self, result: ResultTable) -> Compared:
        fusions = [m.name for m in self.models if m.name in self._fused]
        if not fusions:
            return Compared(result)
        whole = subset_name(self.posts.modalities)
        said = {m: self.gathered.predictions(f"{m}|{whole}") for m in fusions}
        best = max(fusions, key=lambda m: float(said[m].measure("F1")[0]))
        # As gathered: of the tested posts some cannot be encoded, whatever they hold.
        rows = np.concatenate([rows for rows, _, _ in self.gathered.parts[f"{best}|{whole}"]])
        return Compared(result, best, self._fused[best], (rows, said[best].shares))

    def _step(self, step: Step) -> None:
        self._now = replace(self._now, step=step, reading=None)
        self._say()

    def _reading(self, modality: Modality, done: int, total: int) -> None:
        self._now = replace(self._now, reading=(NAMES[modality], done, total))
        self._say()

    def _say(self) -> None:
        if self._tell is not None:
            self._tell(self._now)
