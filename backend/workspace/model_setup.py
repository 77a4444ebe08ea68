"""Other models in one step: fetch, check, encode the default corpus, fit, switch.

The active bundle changes last. What was downloaded and encoded before a run was killed is not done
again, and until the switch everything goes on with the bundle before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backend.bundles.active import bundle_path, choose_bundle, fitted_name
from backend.bundles.bundle import Bundle, open_bundle
from backend.core.progress import Steps, Tally, about, unheard
from backend.core.writable import check_writable
from backend.domain import Kind, KindredError, Modality, Picture, Sound
from backend.encoders.presets import PRESETS, Preset, check_packages, named
from backend.settings import settings
from backend.workspace.context import WorkspaceContext

if TYPE_CHECKING:
    from backend.encoders import Encoder

DEFAULT = "default"
_TRIES = 4  # items encoded to see that an encoder works, and how fast it is


@dataclass(frozen=True, slots=True)
class Estimate:
    """What setting up models costs.

    Attributes
    ----------
    megabytes : int
        To download; 0 where that is not known, or all is here.
    seconds : float
        To encode what the fit learns from, and was not encoded before.
    """

    megabytes: int
    seconds: float


class ModelSetup:
    """Sets up other encoders for a workspace.

    Parameters
    ----------
    context : WorkspaceContext
    """

    def __init__(self, context: WorkspaceContext) -> None:
        self._workspace = context

    @property
    def presets(self) -> Mapping[str, Preset]:
        """Presets by name."""
        return PRESETS

    def encoders(self, name: str) -> dict[Modality, str]:
        """Return the encoder of each modality for a preset or a name of encoders."""
        base = open_bundle(bundle_path(self._workspace.home, settings().bundle))
        return {**base.encoders, **(named(name).encoders if name != DEFAULT else {})}

    def ready(self, name: str) -> bool:
        """Whether a bundle for these models is fitted."""
        if name == DEFAULT:
            return True
        home = self._workspace.home
        path = bundle_path(home, fitted_name(home, self.encoders(name)))
        try:
            open_bundle(path)
        except KindredError:
            return False
        return True

    def use(
        self,
        name: str,
        *,
        sample: int | None = None,
        tell: Callable[[str], None] = lambda sentence: None,
        steps: Steps = unheard,
    ) -> Bundle:
        """Set up models and switch to them; at once where that was done before.

        Parameters
        ----------
        name : str
            One of `presets`, ``default``, or the name of an encoder.
        sample : int, optional
            Train on only this many posts, for a trial.
        tell : callable
            Called with a sentence before each part.
        steps : callable
            Called with what each part does; returns what takes its steps and all of them.

        Raises
        ------
        KindredError
            ``unknown_encoder``, ``no_library``, ``no_weights``, ``bad_weights``, ``bad_vectors``;
            the active bundle is then as before.
        """
        check_writable()
        workspace = self._workspace
        if name == DEFAULT:
            choose_bundle(workspace.home, None)
            workspace.reload()
            return workspace.bundle
        encoders = self.encoders(name)
        bundle = fitted_name(workspace.home, encoders)
        if not self.ready(name):
            estimate = self.check(name, sample=sample, tell=tell, steps=steps)
            tell(
                "Encoding the shipped posts, drawings and labelled texts; about "
                f"{about(estimate.seconds)}. Then the fit, some minutes."
            )
            from backend.workspace import bundle_recipe

            bundle_recipe.fit(
                workspace.corpus(),
                encoders,
                name=bundle,
                folder=workspace.home / "bundles",
                sample=sample,
                tell=tell,
                steps=steps,
            )
        choose_bundle(workspace.home, bundle)
        workspace.reload()
        self._lay_out(tell, steps)
        tell(f"{name} is in use: bundle {bundle}.")
        return workspace.bundle

    def _lay_out(self, tell: Callable[[str], None], steps: Steps) -> None:
        """Build the maps of the default corpus, which has them under the default bundle, too."""
        from backend.maps.compiled import is_compiled

        maps = self._workspace.maps
        for kind in (Kind.USER, Kind.POST):
            if maps.has(kind):
                continue
            first = (
                "" if is_compiled() else " The first on a machine is compiled: some minutes more."
            )
            tell(f"Building the map of {kind}s.{first}")
            try:
                maps.make(kind, progress=steps(f"Map of {kind}s, steps"))
            except KindredError as error:
                if error.code != "too_few":
                    raise

    def check(
        self,
        name: str,
        *,
        sample: int | None = None,
        tell: Callable[[str], None] = lambda sentence: None,
        steps: Steps = unheard,
    ) -> Estimate:
        """Load the encoders, downloading them first, and encode something with each."""
        from backend.encoders import registry
        from backend.training.feature_cache import FeatureCache
        from backend.workspace import fit_items

        preset = named(name)
        check_packages(preset.packages, name)
        size = f", about {preset.megabytes:,} MB if not here yet" if preset.megabytes else ""

        tell(f"Loading {preset.title}{size}.")
        loaded, each, encoders = {}, {}, self.encoders(name)
        step = Tally(len(encoders), steps("Tried encoders"))
        for modality, encoder_name in encoders.items():
            loaded[modality] = registry.get(
                encoder_name, modality=modality, device=settings().device
            )
            each[modality] = _try(loaded[modality], encoder_name)
            step()
        tell("Counting what is left to encode.")
        rows, corpus = fit_items.rows(sample), self._workspace.corpus()
        left = fit_items.missing(corpus, rows, loaded, FeatureCache())
        seconds = sum(each[m] * n for m, n in fit_items.counts(left).items())
        return Estimate(preset.megabytes, seconds)


def _try(encoder: Encoder, name: str) -> float:
    """Return the seconds that an encoder takes for an item; refuse one that does not work."""
    from backend.encoders import registry

    items = [_ITEMS[encoder.modality]] * _TRIES
    try:
        encoder.encode(items[:1])  # the first one takes longer
        start = time.monotonic()
        encoded = encoder.encode(items)
    except (KindredError, MemoryError):
        raise
    except Exception as error:  # as in `registry.get`: its layers raise what they like
        raise registry.broken(name, error) from error
    seconds = (time.monotonic() - start) / _TRIES
    vector = encoded.vectors[0]
    if vector is None or vector.shape != (encoder.dim,) or not np.isfinite(vector).all():
        reason = encoded.reasons[0] or "its vectors are not finite numbers"
        raise KindredError("bad_weights", f"{name} does not work: {reason}.")
    return seconds


_ITEMS = {
    Modality.TEXT: "A dog in the rain",
    Modality.IMAGE: Picture((np.full((64, 64, 3), 128, dtype=np.uint8),)),
    Modality.AUDIO: Sound(
        np.sin(np.arange(44_100) / 16).astype(np.float32) / 2, rate=44_100, duration=1.0
    ),
}
