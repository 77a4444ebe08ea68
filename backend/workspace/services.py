"""The services of a `Workspace`, one per subject."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from backend.core.shared_property import shared_property

if TYPE_CHECKING:
    from backend.workspace.corpora import CorpusAdmin
    from backend.workspace.error_analysis import ErrorAnalysis
    from backend.workspace.imports import Imports
    from backend.workspace.indexes import Indexes
    from backend.workspace.map_jobs import MapJobs
    from backend.workspace.maps import Maps
    from backend.workspace.read_jobs import ReadJobs
    from backend.workspace.selections import Selections
    from backend.workspace.training import Training
    from backend.workspace.users import UserProfiles
    from backend.workspace.words import Words


def _service(module: str, name: str) -> Any:
    """Return a property that imports and creates a service when it is first used."""

    def create(workspace: Services) -> Any:
        return getattr(import_module(f"backend.workspace.{module}"), name)(workspace)

    return shared_property(create)


class Services:
    """Services, created when they are first used."""

    maps: Maps = _service("maps", "Maps")
    map_jobs: MapJobs = _service("map_jobs", "MapJobs")
    read_jobs: ReadJobs = _service("read_jobs", "ReadJobs")
    selections: Selections = _service("selections", "Selections")
    user_profiles: UserProfiles = _service("users", "UserProfiles")
    corpus_admin: CorpusAdmin = _service("corpora", "CorpusAdmin")
    imports: Imports = _service("imports", "Imports")
    indexes: Indexes = _service("indexes", "Indexes")
    words: Words = _service("words", "Words")
    error_analysis: ErrorAnalysis = _service("error_analysis", "ErrorAnalysis")
    training: Training = _service("training", "Training")
