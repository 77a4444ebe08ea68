"""Streamlit's test runner looks through all that is installed each time that a page runs; import
this to let it look once."""

from __future__ import annotations

from functools import cache

from streamlit.components.v2 import manifest_scanner

manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
