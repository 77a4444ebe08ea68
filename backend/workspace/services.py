"""The services of a `Workspace`, one per subject."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from backend.core.shared_property import shared_property

if TYPE_CHECKING:
    from backend.workspace.corpora import CorpusAdmin
    from backend.workspace.error_analysis import ErrorAnalysis
    from backend.workspace.families import FamilyFinder
    from backend.workspace.imports import Imports
    from backend.workspace.indexes import Indexes
    from backend.workspace.labelling import Labelling
    from backend.workspace.map_jobs import MapJobs
    from backend.workspace.maps import Maps
    from backend.workspace.model_setup import ModelSetup
    from backend.workspace.reactions import Reactions
    from backend.workspace.read_jobs import ReadJobs
    from backend.workspace.reindex_jobs import ReindexJobs
    from backend.workspace.selections import Selections
    from backend.workspace.set_aside import SetAside
    from backend.workspace.sides import Sides
    from backend.workspace.stories import Stories
    from backend.workspace.training import Training
    from backend.workspace.trends import Trends
    from backend.workspace.users import UserProfiles
    from backend.workspace.views import Views
    from backend.workspace.words import Words


def _service(module: str, name: str) -> Any:
    """Return a property that imports and creates a service when it is first used."""

    def create(workspace: Services) -> Any:
        return getattr(import_module(f"backend.workspace.{module}"), name)(workspace)

    return shared_property(create)


class Services:
    """Services, created when they are first used."""

    maps: Maps = _service("maps", "Maps")
    families: FamilyFinder = _service("families", "FamilyFinder")
    reactions: Reactions = _service("reactions", "Reactions")
    map_jobs: MapJobs = _service("map_jobs", "MapJobs")
    read_jobs: ReadJobs = _service("read_jobs", "ReadJobs")
    model_setup: ModelSetup = _service("model_setup", "ModelSetup")
    reindex_jobs: ReindexJobs = _service("reindex_jobs", "ReindexJobs")
    selections: Selections = _service("selections", "Selections")
    user_profiles: UserProfiles = _service("users", "UserProfiles")
    corpus_admin: CorpusAdmin = _service("corpora", "CorpusAdmin")
    imports: Imports = _service("imports", "Imports")
    indexes: Indexes = _service("indexes", "Indexes")
    views: Views = _service("views", "Views")
    labelling: Labelling = _service("labelling", "Labelling")
    words: Words = _service("words", "Words")
    error_analysis: ErrorAnalysis = _service("error_analysis", "ErrorAnalysis")
    sides: Sides = _service("sides", "Sides")
    stories: Stories = _service("stories", "Stories")
    training: Training = _service("training", "Training")
    trends: Trends = _service("trends", "Trends")
    set_aside: SetAside = _service("set_aside", "SetAside")
