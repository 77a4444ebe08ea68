"""The services of a `Workspace`, one per subject."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from backend.workspace.context import WorkspaceContext
    from backend.workspace.corpora import CorpusAdmin
    from backend.workspace.error_analysis import ErrorAnalysis
    from backend.workspace.imports import Imports
    from backend.workspace.indexes import Indexes
    from backend.workspace.map_jobs import MapJobs
    from backend.workspace.maps import Maps
    from backend.workspace.selections import Selections
    from backend.workspace.training import Training
    from backend.workspace.users import UserProfiles
    from backend.workspace.words import Words


class Services:
    """Services, created when they are first used."""

    @property
    def _host(self) -> WorkspaceContext:
        return cast("WorkspaceContext", self)

    @cached_property
    def maps(self) -> Maps:
        """Maps of users and posts."""
        from backend.workspace.maps import Maps

        return Maps(self._host)

    @cached_property
    def map_jobs(self) -> MapJobs:
        """Making maps and word spaces."""
        from backend.workspace.map_jobs import MapJobs

        return MapJobs(self._host)

    @cached_property
    def selections(self) -> Selections:
        """Selections of posts or users."""
        from backend.workspace.selections import Selections

        return Selections(self._host)

    @cached_property
    def user_profiles(self) -> UserProfiles:
        """Single users: similar users, and their posts over time."""
        from backend.workspace.users import UserProfiles

        return UserProfiles(self._host)

    @cached_property
    def corpus_admin(self) -> CorpusAdmin:
        """Listing and deleting corpora."""
        from backend.workspace.corpora import CorpusAdmin

        return CorpusAdmin(self._host)

    @cached_property
    def imports(self) -> Imports:
        """Importing posts."""
        from backend.workspace.imports import Imports

        return Imports(self._host)

    @cached_property
    def indexes(self) -> Indexes:
        """Making search indexes ahead of the first search."""
        from backend.workspace.indexes import Indexes

        return Indexes(self._host)

    @cached_property
    def words(self) -> Words:
        """Words, images and sounds in word spaces."""
        from backend.workspace.words import Words

        return Words(self._host)

    @cached_property
    def error_analysis(self) -> ErrorAnalysis:
        """Where models fail on labelled posts, and why."""
        from backend.workspace.error_analysis import ErrorAnalysis

        return ErrorAnalysis(self._host)

    @cached_property
    def training(self) -> Training:
        """Training on the labels of a corpus."""
        from backend.workspace.training import Training

        return Training(self._host)
