"""Pages that people keep or send: one HTML file, no script, nothing fetched."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def environment(folder: Path) -> Environment:
    """Return the templates of a folder, which may extend those of this one.

    Parameters
    ----------
    folder : pathlib.Path
    """
    pages = Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"number": "{:,}".format, "decimal": "{:.3f}".format, "chance": chance}
    pages.globals |= {"percent": "{:.0%}".format, "signed_percent": "{:+.0%}".format}
    return pages


def chance(p: float) -> str:
    """Write a p-value.

    Examples
    --------
    >>> chance(0.671), chance(0.0312), chance(1.2e-9), chance(float("nan"))
    ('0.67', '0.031', '1e-09', '')
    """
    if p != p:
        return ""
    return f"{p:.2f}" if p >= 0.1 else f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"
