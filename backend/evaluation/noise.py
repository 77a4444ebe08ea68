"""What networks add to a text must not change what it says: mentions, links, tags, counters."""

from __future__ import annotations

import numpy as np

from backend.encoders import lexicons
from backend.evaluation import people
from backend.evaluation.people import OURS, Predicted, vader_labels
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics.result import Measurement

NOTES = (
    "Fifteen complaints written for this project, each once as it is and once with each kind of",
    "noise. Flipped: sentiment labels that differ from those without noise. Change: mean absolute",
    "change of the probability of positive; VADER's is of its compound rating, halved to the same",
    "range. Intervals: bootstrap over the noisy texts.",
)
SENTENCES = (
    "The train was cancelled again and nobody told us why.",
    "My order arrived broken and the shop will not answer.",
    "Third week without hot water and the landlord ignores me.",
    "I failed the exam by one point and I could cry.",
    "The staff were rude and the food was cold.",
    "They cut my hours again, no idea how to pay the rent.",
    "Waited four hours at the hospital to be sent home.",
    "This update deleted all my notes.",
    "I hate how empty the house feels since she left.",
    "Another phone call, another lie from this company.",
    "So tired of being talked over in every single meeting.",
    "The new season is a boring mess.",
    "Schon wieder 40 Minuten Verspätung und keine Durchsage.",
    "Otra vez sin luz y nadie responde al teléfono.",
    "Le service client raccroche au nez, c'est honteux.",
)
KINDS = {
    "mention": ("@anna_k {}", "{} @CityNews", ".@VerkehrsInfo {}"),
    "link": (
        "{} https://t.co/Ab3dE9xYz1",
        "https://example.org/a/77?s=20 {}",
        "{} www.example.org",
    ),
    "hashtag": ("{} #monday", "{} #news", "{} #MondayThoughts"),
    "thread counter": ("{} (1/3)", "2/ {}", "{} 3/12"),
}


def measure(evaluation: Evaluation) -> Measured:
    """Measure the active bundle and VADER."""
    noisy = {
        kind: [patterns[i % len(patterns)].format(text) for i, text in enumerate(SENTENCES)]
        for kind, patterns in KINDS.items()
    }
    texts = [*SENTENCES, *(text for some in noisy.values() for text in some)]
    predicted = people.predict_texts(texts, evaluation.on_progress)
    compound = lexicons.vader(texts)[:, 0].astype(np.float64)
    systems = {
        OURS: predicted,
        "VADER": Predicted(
            np.zeros((len(texts), 9)), (compound + 1) / 2, vader_labels(compound), compound
        ),
    }
    measurements: list[Measurement] = []
    count = len(SENTENCES)
    for system, of in systems.items():
        flipped = of.label[count:].reshape(-1, count) != of.label[:count]
        change = np.abs(of.positive[count:].reshape(-1, count) - of.positive[:count])
        for i, kind in enumerate((*KINDS, "all")):
            rows = slice(i, i + 1) if kind != "all" else slice(None)
            for metric, values in (("flipped", flipped[rows]), ("change", change[rows])):
                measurements.append(
                    Measurement.of_mean(kind, system, metric, values.ravel().astype(np.float64))
                )
    return measurements, NOTES
