"""A post that was analysed, with all that its page shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.data import session
from backend.domain import Content, Explanation, Modality, Prediction
from backend.text.reading import Reading


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """A post, and what was predicted and read.

    Attributes
    ----------
    post : Content
    image, sound : str
        Keys of the uploads, empty without one.
    prediction : Prediction
    readings : mapping of Modality to Reading
    """

    post: Content
    image: str
    sound: str
    prediction: Prediction
    readings: Mapping[Modality, Reading]

    def explain(self, target: str) -> Explanation:
        """Explain the prediction of an emotion or a sentiment label.

        Raises
        ------
        backend.domain.KindredError
            As `backend.workspace.workspace.Workspace.explain`.
        """
        return session.explain(
            self.post, self.post.text, self.image, self.sound, target, self.prediction.bundle
        )
