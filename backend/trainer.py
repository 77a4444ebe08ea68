"""Training on a corpus's own labels: the part of the facade behind ``train`` and its page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.bundle import Bundle, write_bundle
from backend.posts import KindredError, Modality, subset_name, subsets

if TYPE_CHECKING:
    from backend.evaluation import Result
    from backend.evaluation.papers import Gathered
    from backend.parts import Host
    from backend.training.classify import Fuse
    from backend.training.labelled import Labelled
    from backend.training.loop import Step
    from backend.training.systems import Context

RUNS = 3
TASKS = ("fusion", "text", "image", "audio")
# What trains without asking for a backbone's weights.
DEFAULTS = {
    "text": ("n-grams", "BiGRU", "attBiGRU", "lyricsHAN"),
    "image": ("image encoder", "F-Lite0"),
    "audio": ("MFCC", "convnet", "DCRNN-MelS", "DCRNN-CQT"),
}
STEM = "classifier"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job is.

    Attributes
    ----------
    model : str
        Which is being trained.
    done, total : int
        Trainings.
    step : Step
        Within this one: epoch, loss, score, time left.
    """

    model: str
    done: int
    total: int
    step: Step


Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """What a job came to.

    Attributes
    ----------
    result : Result
        The table.
    bundle : Bundle or None
        Of the best fusion model, trained on all folds but one; None for tasks
        of one modality, whose networks stay in the folder of checkpoints.
    """

    result: Result
    bundle: Bundle | None


class Trainer:
    """Trains the papers' models on labelled posts.

    Parameters
    ----------
    workspace : Host
    """

    def __init__(self, workspace: Host) -> None:
        self._workspace = workspace

    def models(self, task: str) -> tuple[str, ...]:
        """Names of a task's models.

        Raises
        ------
        KindredError
            ``no_task``.
        """
        if task not in TASKS:
            raise KindredError("no_task", f"There is no task {task!r}; there are {_list(TASKS)}.")
        if task == "fusion":
            from backend.training.fusing import FUSIONS

            return tuple(FUSIONS)
        from backend.training.systems import SYSTEMS

        return SYSTEMS[Modality(task)]

    def train(
        self,
        task: str,
        *,
        corpus: str | None = None,
        label: str | None = None,
        models: Sequence[str] = (),
        runs: int = RUNS,
        name: str | None = None,
        tell: Tell | None = None,
    ) -> Trained:
        """Train models, compare them on held-out posts, and keep the best as a bundle.

        Killed and asked again it goes on from the last epoch, and ends the same.

        Parameters
        ----------
        task : str
            One of `TASKS`.
        corpus, label : str, optional
            The default corpus; its first label.
        models : sequence of str, optional
            Of `models`; a sensible few when not given.
        runs : int
            Folds that are tested, of ten.
        name : str, optional
            Of the bundle.
        tell : callable, optional

        Returns
        -------
        Trained

        Raises
        ------
        KindredError
            ``no_task``, ``no_system``, ``no_label``, ``few_labels``.
        """
        known = self.models(task)
        chosen = tuple(models) or DEFAULTS.get(task, known)
        if unknown := [m for m in chosen if m not in known]:
            raise KindredError(
                "no_system", f"There is no {task} model {unknown[0]!r}; there are {_list(known)}."
            )
        from backend.training import from_corpus
        from backend.training.systems import Context

        opened = self._workspace.corpus(corpus)
        posts = from_corpus.read(opened, label)
        bundle = self._workspace.bundle
        context = Context(bundle.encoders, folder=self._workspace.home / "trainings")
        job = _Job(posts, context, chosen, runs, tell)
        if task == "fusion":
            return job.fusion(self._workspace.home / "bundles", bundle, name)
        return Trained(job.alone(Modality(task)), None)


class _Job:
    """One call of `Trainer.train`."""

    def __init__(
        self,
        posts: Labelled,
        context: Context,
        models: Sequence[str],
        runs: int,
        tell: Tell | None,
    ) -> None:
        from backend.evaluation.papers import Gathered, runs_of

        self.posts, self.context, self.models, self._tell = posts, context, models, tell
        self.runs = runs_of(runs, RUNS)
        self.gathered: Gathered = Gathered(posts)
        self._done, self._total = 0, len(self.runs) * len(models)

    def alone(self, modality: Modality) -> Result:
        """Compare models of one modality."""
        from dataclasses import replace

        from backend.training.systems import learn, logistic

        if modality not in self.posts.modalities:
            raise KindredError("no_modality", f"No labelled post has {modality}.")
        for run in self.runs:
            seen, stop, test = self.posts.split(run)
            for model in self.models:
                context = replace(self.context, tell=self._step(model))
                vectors, _ = learn(model, self.posts, run, context)
                have = ~np.isnan(vectors).all(1)
                shares = logistic(
                    vectors,
                    self.posts.labels,
                    seen[have[seen]],
                    stop[have[stop]],
                    len(self.posts.classes),
                )
                rows = test[have[test]]
                self.gathered.add(model, rows, shares(vectors[rows]), run)
                self._done += 1
        return self._result(self.gathered.figures(self.posts.name))

    def fusion(self, folder: Any, base: Bundle, name: str | None) -> Trained:
        """Compare fusion models over every subset of modalities; keep the best."""
        from backend.training.systems import encoded

        there = self.posts.modalities
        vectors = {m.value: encoded(self.posts, m, self.context) for m in there}
        kept: dict[str, Fuse] = {}
        for run in self.runs:
            _, _, test = self.posts.split(run)
            for model in self.models:
                task = self._fuse(model, vectors, run)
                kept.setdefault(model, task)
                for subset in subsets(there):
                    shares, rows = task.shares(test, [there.index(m) for m in subset])
                    if len(rows):
                        self.gathered.add(f"{model}|{subset_name(subset)}", rows, shares, run)
                self._done += 1
        whole = subset_name(there)
        f1 = {
            m: float(self.gathered.predictions(f"{m}|{whole}").measure("F1")[0])
            for m in self.models
        }
        best = max(f1, key=lambda m: f1[m])
        result = self._result(self._subsets())
        bundle = self._bundle(folder, base, name, best, kept[best], result)
        return Trained(result, bundle)

    def _fuse(self, model: str, vectors: dict[str, np.ndarray], run: int) -> Fuse:
        from backend.training.fusing import fuse, recipe
        from backend.training.systems import checkpoint

        seen, stop, _ = self.posts.split(run)
        return fuse(
            recipe(model),
            vectors,
            self.posts.labels,
            seen,
            stop,
            len(self.posts.classes),
            run=run,
            digest=f"{self.posts.digest()}|{dict(self.context.encoders)}",
            folder=checkpoint(self.context, self.posts, model, run),
            device=self.context.device,
            tell=self._step(model),
        )

    def _subsets(self) -> list[Any]:
        from backend.evaluation.intervals import interval
        from backend.evaluation.result import Figure

        found = []
        for entry in self.gathered.systems:
            model, _, subset = entry.partition("|")
            said = self.gathered.predictions(entry)
            value, low, high = interval(said.measure("F1"))
            metric = f"F1, {subset}"
            found.append(Figure(self.posts.name, model, metric, value, low, high))
        return found

    def _result(self, figures: list[Any]) -> Result:
        from backend.evaluation.result import Result

        notes = (
            f"{self.posts.name}: {self.posts.note}.",
            f"{len(self.posts):,} posts; {len(self.runs)} of ten folds tested, each by models that",
            "saw none of its users. F1 weighted by class. Intervals: bootstrap over users.",
        )
        return Result("train", f"models trained on {self.posts.name}", tuple(figures), notes)

    def _bundle(
        self, folder: Any, base: Bundle, name: str | None, model: str, task: Fuse, result: Result
    ) -> Bundle:
        """The active bundle with the trained classifier beside its heads."""
        from dataclasses import asdict

        tensors = {k: v.detach().cpu().numpy() for k, v in task.module.state_dict().items()}
        shape = asdict(task.module.config)
        trained = {
            "model": model,
            "kind": type(task.module).__name__,
            "shape": {**shape, "inputs": dict(shape["inputs"])},
            "classes": list(self.posts.classes),
            "posts": self.posts.name,
        }
        digest = hashlib.sha256(f"{self.posts.digest()}{model}".encode()).hexdigest()[:8]
        name = name or f"trained-{digest}"
        stems = [file.stem for file in base.path.glob("*.safetensors") if file.stem != STEM]
        return write_bundle(
            folder / name,
            name=name,
            encoders=base.encoders,
            tensors={stem: base.tensors(stem) for stem in stems} | {STEM: tensors},
            config={**base.config, STEM: trained},
            metrics={**base.metrics, STEM: result.as_json()},
            card=f"{base.card}\n\n## Classifier: {self.posts.name}\n\n{model}, trained on "
            f"{self.posts.note}.\n\n{result.as_text()}\n",
        )

    def _step(self, model: str) -> Callable[[Step], None] | None:
        tell = self._tell
        if tell is None:
            return None
        return lambda step: tell(Progress(model, self._done, self._total, step))


def classify(
    bundle: Bundle, vectors: dict[Modality, np.ndarray]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Ask a trained bundle's classifier.

    Parameters
    ----------
    bundle : Bundle
    vectors : dict of Modality to numpy.ndarray
        ``(n, d)`` float32 of the bundle's encoders; rows of NaN where a post lacks it.

    Returns
    -------
    classes : tuple of str
    shares : numpy.ndarray
        ``(n, classes)`` float32 probabilities.

    Raises
    ------
    KindredError
        ``no_classifier`` when the bundle has none.
    """
    if STEM not in bundle.config:
        raise KindredError("no_classifier", f"The bundle {bundle.name} has no trained classifier.")
    import torch

    from backend.models.fusion import FusionConfig
    from backend.training.fusing import recipe

    trained = bundle.config[STEM]
    module = recipe(trained["model"]).kind(FusionConfig(**trained["shape"]))
    module.load_state_dict({k: torch.from_numpy(v) for k, v in bundle.tensors(STEM).items()})
    module.eval()
    count = max(len(rows) for rows in vectors.values())
    given = {
        name: vectors.get(Modality(name), np.full((count, size), np.nan, dtype=np.float32))
        for name, size in module.config.inputs.items()
    }
    present = np.stack([~np.isnan(rows[:, 0]) for rows in given.values()], axis=1)
    with torch.inference_mode():
        scores = module(
            {k: torch.from_numpy(v) for k, v in given.items()}, torch.from_numpy(present)
        )
    return tuple(trained["classes"]), scores.softmax(-1).numpy()


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
