"""A picture for print: a figure, what it shows in words, and its numbers; written as SVG, PDF, PNG and CSV.

new_sheet        a figure with title, subtitle and footer, and the area that is left (`sheet.py` fills it)
stamp            model, scenarios, seed, time step and version, for the footer
write_pictures   SVG, PDF, PNG and the data as CSV, all or nothing
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdsocec.results.export import write_files
from sdsocec.results.formats import DataTable, csv_table
from sdsocec.results.provenance import stamp as stamp_of
from sdsocec.results.shown import plain

from .conditions import MOST_SETTINGS, settings_line, settings_of
from .lettering import NO_BREAK, clean, fit
from .saving import figure_bytes
from .sheet import Area, new_sheet, place_panels, write_legend
from .style import HOUSE, Style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Area", "Picture", "new_sheet", "place_panels", "render_pictures", "settings_below", "stamp", "with_settings", "write_legend",
    "write_pictures",
]  # fmt: skip

PRINT_DOTS = 300  # per inch
LONGEST_NAME = 150.0  # points: of a model in the stamp


@dataclass(frozen=True)
class Picture:
    """A figure with what goes with it.

    Attributes
    ----------
    stem : str
        The name of its files without suffix; a plain one.
    alt : str
        What it shows, in words made from the data, for who cannot see it.
    table : DataTable
        The numbers that it shows.
    """

    stem: str
    figure: Figure
    alt: str
    table: DataTable


# ---- footer -----------------------------------------------------------------------------------------------------------


def stamp(attributes: Mapping[str, Any], style: Style) -> str:
    """What a figure is of, to stand in it: model, scenarios, seed, time step, version; a long name of a model is shortened."""
    name = fit(str(attributes.get("model", "?")), LONGEST_NAME, style.note_size, font=style.font)
    parts = stamp_of({**attributes, "model": name}).split(" | ")
    return " | ".join(part.replace(" ", NO_BREAK) for part in parts)


def with_settings(subtitle: str, attributes: Mapping[str, Any], language: str) -> str:
    """A subtitle after what was set by hand in every scenario; of many settings the first, as `settings_below` names all."""
    said = settings_line(attributes, language, most=MOST_SETTINGS)
    return f"{said} {subtitle}" if said else subtitle


def settings_below(attributes: Mapping[str, Any], language: str) -> str:
    """A note on all that was set by hand, where the subtitle names not all of it; else empty."""
    return settings_line(attributes, language) if len(settings_of(attributes, language)) > MOST_SETTINGS else ""


# ---- files ------------------------------------------------------------------------------------------------------------


def render_pictures(
    pictures: Sequence[Picture],
    formats: Sequence[str],
    attributes: Mapping[str, Any],
    language: str = "en",
    *,
    grey: bool = False,
) -> dict[str, bytes]:
    """The files of `write_pictures` by name, without writing them."""
    stems = [picture.stem for picture in pictures]
    assert len(set(stems)) == len(stems), "each picture has a name of its own"
    files: dict[str, bytes] = {}
    for picture in pictures:
        known = plain(attributes) | {"picture": picture.stem}
        alt = with_settings(picture.alt, attributes, language)
        title = clean(picture.figure.get_suptitle().replace("\n", " ")) or picture.stem
        for kind in dict.fromkeys(formats):
            made = figure_bytes(picture.figure, kind, title, alt, known, PRINT_DOTS, HOUSE)
            files[f"{picture.stem}.{kind}"] = made
        if grey:
            made = files.get(f"{picture.stem}.png") or figure_bytes(
                picture.figure, "png", title, alt, known, PRINT_DOTS, HOUSE
            )
            files[f"{picture.stem}-grey.png"] = in_grey(made)
        files[f"{picture.stem}.csv"] = csv_table(picture.table, language)
    return files


def write_pictures(
    folder: str | Path,
    pictures: Sequence[Picture],
    formats: Sequence[str],
    attributes: Mapping[str, Any],
    language: str = "en",
    *,
    grey: bool = False,
) -> list[Path]:
    """Write pictures and the data of each (`stem.csv`) into a folder, all or nothing.

    Parameters
    ----------
    formats : names from {"svg", "pdf", "png"}
        PNG has 300 dots per inch. The same pictures give the same bytes.
    attributes : dict
        The provenance, for the metadata of each.
    language : {"en", "nl"}
        Of the data: `nl` has `;` and a decimal comma.
    grey : bool
        Also `stem-grey.png`: how it looks printed without colour.

    Raises
    ------
    SdsocecError
        A format is none, or the folder cannot be written; it is as it was.
    """
    files = render_pictures(pictures, formats, attributes, language, grey=grey)
    written = write_files(folder, files)
    return [written / name for name in files]


def in_grey(png: bytes) -> bytes:
    """A PNG without its colours."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    with Image.open(io.BytesIO(png)) as image:
        texts = PngInfo()
        for key, value in image.info.items():
            if isinstance(key, str) and isinstance(value, str):
                texts.add_itxt(key, value)
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
        content = io.BytesIO()
        flat.convert("L").save(content, "PNG", dpi=image.info.get("dpi", (PRINT_DOTS, PRINT_DOTS)), pnginfo=texts)
    return content.getvalue()
