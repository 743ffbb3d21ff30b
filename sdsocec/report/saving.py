"""Figures as files: the same figure gives the same bytes, and each carries its provenance and its alternative text."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdsocec.errors import SdsocecError, nearest_name
from sdsocec.results.export import write_files
from sdsocec.results.shown import plain_attributes

from .lettering import clean
from .style import DARK, FONT, PALE, RULE, Style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
FORMATS = ("png", "svg", "pdf")
TICK_SIZE = 8.5
# As settings rather than calls: matplotlib makes each tick in its final look, which halves the time of making axes.
AXES: dict[Any, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": RULE,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    **{
        f"{axis}tick.{key}": value
        for axis in "xy"
        for key, value in {
            "labelsize": TICK_SIZE, "major.size": 2.5, "major.pad": 2.5, "color": RULE, "labelcolor": DARK,
        }.items()
    },
}  # fmt: skip


@contextmanager
def house_style(style: Style | None = None) -> Iterator[None]:
    """A context in which matplotlib has its own defaults and ours, whatever a matplotlibrc on this machine says.

    With a style, its letters and rules; without, those of the figures that are drawn for a screen. A letter that no font has is
    drawn as a box, without a warning.
    """
    import matplotlib

    own: dict[Any, Any] = {
        "font.family": FONT, "svg.hashsalt": "sdsocec", "svg.fonttype": "path", "pdf.fonttype": 42, "hatch.linewidth": 0.5,
        **AXES,
    }  # fmt: skip
    if style is not None:
        # Hinted letters are a few per cent wider or narrower, by the resolution; in print they have their own width.
        own |= {"text.hinting": "no_hinting"}
        own |= {
            "font.family": style.fonts,
            "axes.edgecolor": style.rules,
            "grid.color": style.grid,
            "grid.linewidth": 0.5,
        }
        own |= {
            "text.color": style.text,
            "axes.labelcolor": style.text,
            "axes.linewidth": 0.6,
            "font.size": style.label_size,
        }
        for axis in "xy":
            own |= {f"{axis}tick.labelsize": style.tick_size, f"{axis}tick.color": style.rules}
            own |= {f"{axis}tick.labelcolor": style.text, f"{axis}tick.major.width": 0.6}
    left = ("backend", "interactive", "toolbar", "timezone")
    defaults: dict[Any, Any] = {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith(left)}
    with matplotlib.rc_context(defaults | own), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def render(figure: Figure, stem: str, dataset: xr.Dataset, formats: Sequence[str] = FORMATS[:2]) -> dict[str, bytes]:
    """A figure as files by name (`stem.png`, `stem.svg`), for `write_files`.

    The figure's label is its alternative text, the attributes of the dataset the provenance; `figure_bytes` says where they
    are.
    """
    title = clean(figure.get_suptitle().replace("\n", " ")) or stem
    described = str(figure.get_label() or title)
    attributes = {"picture": stem} | plain_attributes(dataset)
    return {f"{stem}.{kind}": figure_bytes(figure, kind, title, described, attributes) for kind in formats}


LIBRARIES = "library_versions"


def with_drawing(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance of numbers as that of a figure of them: another matplotlib draws other pixels."""
    known = without_drawing(attributes)
    listed = [str(known[LIBRARIES])] if known.get(LIBRARIES) else []
    return known | {LIBRARIES: ", ".join([*listed, f"matplotlib {version('matplotlib')}"])}


def without_drawing(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance of the numbers behind a figure."""
    listed = str(attributes.get(LIBRARIES, "")).split(", ")
    kept = ", ".join(one for one in listed if not one.startswith("matplotlib "))
    return {key: kept if key == LIBRARIES else value for key, value in attributes.items()}


def figure_bytes(
    figure: Figure,
    kind: str,
    title: str,
    described: str,
    attributes: Mapping[str, Any],
    dots_per_inch: int = DOTS_PER_INCH,
    style: Style | None = None,
) -> bytes:
    """A figure as one file: the same figure, the same bytes.

    The title is in the metadata; so is the alternative text (PNG: Description; SVG: description and `desc`; PDF: Subject) and,
    as JSON, the provenance (Source in all three).

    Raises SdsocecError for a format that is none.
    """
    if kind not in FORMATS:
        raise SdsocecError(
            f"there is no figure format '{kind}'", name=kind, nearest=nearest_name(kind, FORMATS),
            hint=f"Valid: {', '.join(FORMATS)}.",
        )  # fmt: skip
    described = clean(described)
    metadata: dict[str, Any] = {
        "Title": clean(title),
        "Source": json.dumps(with_drawing(attributes), ensure_ascii=True),
    }
    named: dict[str, dict[str, Any]] = {
        "png": {"Description": described, "Software": "sdsocec"},
        "svg": {"Description": described, "Creator": "sdsocec", "Date": None},
        "pdf": {"Subject": described, "Creator": "sdsocec", "CreationDate": None},
    }
    metadata |= named[kind]
    # The least compression: a fifth of the time, for a file that is 7 % larger.
    options: dict[str, Any] = {"pil_kwargs": {"compress_level": 1}} if kind == "png" else {}
    content = io.BytesIO()
    with house_style(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Unknown infodict keyword: 'Source'")  # PDF allows keys of one's own
        figure.savefig(content, format=kind, dpi=dots_per_inch, metadata=metadata, **options)
    made = content.getvalue()
    return _with_description(made, described) if kind == "svg" else made


def _with_description(svg: bytes, described: str) -> bytes:
    """Screen readers take `desc` beside `title`, and want to be told that the drawing is one picture."""
    description = f"</title>\n <desc>{escape(described)}</desc>".encode()
    return svg.replace(b"</title>", description, 1).replace(b"<svg ", b'<svg role="img" ', 1)


def save_figure(
    figure: Figure, stem: str | Path, dataset: xr.Dataset, formats: Sequence[str] = FORMATS[:2]
) -> list[Path]:
    """Write `stem.png` and `stem.svg`, all or none; the folder of the stem is made if it is not there."""
    stem = Path(stem)
    files: Mapping[str, bytes] = render(figure, stem.name, dataset, formats)
    folder = write_files(stem.parent, files)
    return [folder / name for name in files]
