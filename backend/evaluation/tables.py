"""The tables of measured quality: their names, what each reads, and how one is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING

from backend.core.progress import Progress
from backend.domain import KindredError, Modality
from backend.evaluation.options import Options
from backend.metrics.result import Measurement, ResultTable
from backend.settings import SHIPPED_CORPUS, settings

if TYPE_CHECKING:
    from backend.corpus import Corpus
    from backend.encoders import Encoder

Measured = tuple[Sequence[Measurement], Sequence[str]]  # with the notes below the table


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The encoders that are evaluated, and on which data.

    Attributes
    ----------
    encoders : mapping of Modality to str
        Registry names.
    options : Options
    on_progress : callable
        Called with the steps done and the steps in all.
    """

    encoders: Mapping[Modality, str]
    options: Options = field(default_factory=Options)
    on_progress: Progress = lambda done, total: None

    def encoder(self, modality: Modality) -> Encoder:
        """Load the encoder of a modality."""
        from backend import encoders

        return encoders.get(self.encoders[modality], modality=modality, device=settings().device)

    def load_encoders(self) -> dict[Modality, Encoder]:
        """Load the encoders of all modalities."""
        return {modality: self.encoder(modality) for modality in Modality}

    def corpus(self) -> Corpus | None:
        """Open the corpus of the options or the settings; None for the shipped one."""
        from backend.corpus import Corpus

        path = self.options.corpus
        if path is None and settings().corpus != SHIPPED_CORPUS:
            path = settings().home / "corpora" / settings().corpus
        return None if path is None else Corpus.open(path)


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``measure`` of the module of its name, with _ for -, measures it.

    Attributes
    ----------
    name, summary : str
    takes_options : bool
        Whether it can be measured on the papers' data, with other networks or fewer runs.
    takes_corpus : bool
        Whether it can be measured on an imported corpus.
    needs_data : bool
        Whether it is measured on a folder of data that the user has.
    """

    name: str
    summary: str
    takes_options: bool = False
    takes_corpus: bool = False
    needs_data: bool = False

    def check(self, options: Options) -> None:
        """Raise ``no_options`` where the table does not take an option.

        All take `runs`: it limits the runs of those that have several.
        """
        if replace(options, runs=None) == Options():
            return
        if options.corpus is not None and not self.takes_corpus:
            raise KindredError(
                "no_options",
                f"The table {self.name} has its own data; --corpus is for {', '.join(OF_CORPUS)}.",
            )
        if self.needs_data:
            if options.backbones or options.words:
                raise KindredError("no_options", f"The table {self.name} takes --data alone.")
            return
        if not (self.takes_options or self.takes_corpus):
            known = ", ".join((*WITH_OPTIONS, *OF_CORPUS, *OF_DATA))
            raise KindredError(
                "no_options", f"The table {self.name} takes no data; these do: {known}."
            )
        if self.takes_corpus and (options.data or options.backbones):
            raise KindredError(
                "no_options",
                f"The table {self.name} reads a corpus: import the data (python -m backend ingest "
                "DATA --corpus NAME), then pass --corpus NAME.",
            )

    def measure(self, evaluation: Evaluation) -> ResultTable:
        """Measure the table."""
        module = import_module(f"backend.evaluation.{self.name.replace('-', '_')}")
        measurements, notes = module.measure(evaluation)
        return ResultTable(self.name, self.summary, tuple(measurements), tuple(notes))


REGISTRY: dict[str, Table] = {
    table.name: table
    for table in (
        Table("tweeteval", "sentiment and emotion of tweets labelled by people", needs_data=True),
        Table("goemotions", "emotions of Reddit comments labelled by people", needs_data=True),
        Table("meld", "emotion and sentiment of spoken lines labelled by people", needs_data=True),
        Table("noise", "what mentions, links, hashtags and counters change in a prediction"),
        Table("sentiment", "tweets rated by people; other domains and languages, never trained on"),
        Table("emotion", "the strongest of eight emotions in implicit texts"),
        Table("faces", "polarity of face emoji, unseen style and unseen emoji"),
        Table("arousal", "lively against calm music"),
        Table("calibration", "calibration of confidence, by modality"),
        Table("retrieval", "retrieval between text, images and sounds, on held-out data"),
        Table(
            "emotion-fusion",
            "fusion models, with all modalities and with each missing",
            takes_options=True,
        ),
        Table(
            "jtav-sentiment",
            "JTAV's Table 1: every modality's models, every pair, all three",
            takes_options=True,
        ),
        Table(
            "jtav-image2song",
            "JTAV's image2song: the song that goes with an image",
            takes_options=True,
        ),
        Table(
            "user-space",
            "users and their posts in one space: authors, interests and retrieval",
            takes_corpus=True,
        ),
        Table(
            "reactions",
            "who reacts to a post next: users trained with reactions and without",
            takes_corpus=True,
        ),
        Table(
            "word-image",
            "words and images in one space: neighbours and analogies",
            takes_corpus=True,
        ),
        Table("clusters", "clusters of posts against source folders; shared tags of nearest users"),
    )
}
WITH_OPTIONS = tuple(table.name for table in REGISTRY.values() if table.takes_options)
OF_DATA = tuple(table.name for table in REGISTRY.values() if table.needs_data)
OF_CORPUS = tuple(table.name for table in REGISTRY.values() if table.takes_corpus)
