"""Quality on held-out data: one module for each table of `backend.evaluation.tables`."""

from __future__ import annotations

from collections.abc import Mapping

from backend.core.progress import Progress
from backend.domain import KindredError, Modality
from backend.evaluation.options import Options
from backend.evaluation.tables import OF_CORPUS, OF_DATA, REGISTRY, WITH_OPTIONS, Evaluation
from backend.metrics.result import Measurement, ResultTable

TABLES: dict[str, str] = {table.name: table.summary for table in REGISTRY.values()}


def run(
    name: str,
    *,
    encoders: Mapping[Modality, str],
    progress: Progress | None = None,
    options: Options | None = None,
) -> ResultTable:
    """Measure one table.

    Parameters
    ----------
    name : str
        A key of `TABLES`.
    encoders : mapping of Modality to str
        Registry names.
    progress : callable, optional
        Called with the steps done and the steps in all.
    options : Options, optional
        Runs, for any table; other data or networks, for the tables `WITH_OPTIONS`; another corpus
        or word vectors, for those `OF_CORPUS`; the data, for those `OF_DATA`.

    Returns
    -------
    ResultTable

    Raises
    ------
    KindredError
        ``no_table``, ``no_options``; ``no_data``, ``bad_data`` of the tables `OF_DATA`.
    """
    if name not in REGISTRY:
        known = ", ".join(TABLES)
        raise KindredError("no_table", f"There is no table {name!r}; there are {known}.")
    evaluation = Evaluation(encoders)
    if options is not None:
        REGISTRY[name].check(options)
        evaluation = Evaluation(encoders, options)
    if progress is not None:
        evaluation = Evaluation(encoders, evaluation.options, progress)
    return REGISTRY[name].measure(evaluation)


__all__ = [
    "OF_CORPUS",
    "OF_DATA",
    "TABLES",
    "WITH_OPTIONS",
    "Measurement",
    "Options",
    "ResultTable",
    "run",
]
