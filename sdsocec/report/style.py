"""How figures look: colours, dashes, markers, letters, a logo. The house style, or a municipality's own changes to it.

    colours     of lines by the order of scenarios, of areas by the order of categories, of bands from the widest to the narrowest
    sizes       two widths of A4; letters have their size in print, so a figure is never scaled

A style file changes any part of the house style:

    font = "Open Sans"
    logo = "logo.png"
    [colours]
    scenarios = ["#004488", "#9e0000"]
    categories = ["#004488", "#ddaa33"]
    bands = ["#dce6f1", "#a9c4df", "#6b9ac4"]
    median = "#0b2f55"
    text = "#222222"
    notes = "#595959"
    rules = "#8c8c8c"
    grid = "#d9d9d9"
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from sdsocec.errors import Fault, ProjectError, SdsocecError, nearest_name
from sdsocec.model.toml import FileModel, Location, TomlFile

FONT = "DejaVu Sans"  # comes with matplotlib, so it is on every machine
DARK, GREY, RULE, PALE = "#222222", "#595959", "#8c8c8c", "#d9d9d9"
SIZES = {"column": 8.1, "full": 16.6}  # the width of a figure in cm: a column of A4, and its whole text
TALLEST = 24.0  # cm: the height of a page of A4 between its margins
MOST_NAMED = 12
LINE = 1.3  # the height of a line of text, as a share of its size
GRAPHICS, LETTERS = 3.0, 4.5  # the least contrasts with white (WCAG 2.1, 1.4.11 and 1.4.3)
APART = 0.05  # the least difference of luminance between neighbouring bands
LARGEST_LOGO = 4_000_000  # pixels


@dataclass(frozen=True)
class Look:
    """How a line looks. Colour, dashes and marker each differ from the neighbours', so that it holds in grey."""

    colour: str
    dashes: Any
    marker: str
    width: float = 1.6


@dataclass(frozen=True)
class Fill:
    """How an area looks: its colour, and a hatch so that it holds in grey."""

    colour: str
    hatch: str


@dataclass(frozen=True)
class Style:
    """How figures look. Sizes are in points, and are those of the printed figure.

    Attributes
    ----------
    colours : tuple of str
        Of lines, by the order of scenarios.
    dashes, markers : tuples
        Of lines, by the same order.
    categories, hatches : tuples of str
        Of areas, by the order of categories; the second half of the hatches is for colours that begin again.
    bands : tuple of str
        Of uncertainty bands, the widest (lightest) first.
    median : str
        Of the line in the middle of the bands.
    text, notes, rules, grid : str
        Colours of letters, of notes and what is secondary, of axes, of lines behind the data.
    logo : Path or None
        A picture for the top right corner.
    """

    colours: tuple[str, ...]
    dashes: tuple[Any, ...]
    markers: tuple[str, ...]
    categories: tuple[str, ...]
    hatches: tuple[str, ...]
    bands: tuple[str, ...]
    median: str
    text: str = DARK
    notes: str = GREY
    rules: str = RULE
    grid: str = PALE
    font: str = FONT
    title_size: float = 9.0
    subtitle_size: float = 8.0
    panel_size: float = 8.0
    label_size: float = 7.5
    tick_size: float = 7.5
    note_size: float = 7.0
    line_width: float = 1.3
    marker_size: float = 3.4
    logo: Path | None = None

    @property
    def fonts(self) -> list[str]:
        """The font, and the one that has the letters that it lacks."""
        return list(dict.fromkeys([self.font, FONT]))

    @property
    def history(self) -> Look:
        """Of the line that all scenarios have in common."""
        return Look(self.notes, "-", "", self.line_width + 0.2)

    def look(self, position: int, n_runs: int = 1) -> Look:
        """The look of a line by its position; the first is plain, many are all alike."""
        if n_runs > MOST_NAMED:
            return Look(self.colours[1 % len(self.colours)], "-", "", self.line_width / 3)
        return Look(
            self.colours[position % len(self.colours)], self.dashes[position % len(self.dashes)],
            self.markers[position % len(self.markers)], self.line_width,
        )  # fmt: skip

    def fill(self, position: int) -> Fill:
        """The look of an area by its position."""
        n, half = len(self.categories), len(self.hatches) // 2
        # Colours that begin again have the hatches of the second half, so that fewer colours are enough too.
        again = half if position >= n else 0
        return Fill(self.categories[position % n], self.hatches[again + position % half])


# Okabe and Ito (2008), "Color universal design", without its two colours that are too light for lines on white.
_COLOURS = ("#000000", "#0072b2", "#d55e00", "#009e73", "#b65a8f", "#7a4a12", "#5e4fa2")
_DASHES = ("-", (0, (6, 1.5)), (0, (1.2, 1.2)), (0, (7, 1.5, 1.2, 1.5)), (0, (3, 1.2)))
_MARKERS = ("", "o", "s", "^", "D", "v", "P", "X")
# Areas: the first five differ in luminance, so that a legend holds in grey; later ones have a hatch, another second time round.
_CATEGORIES = ("#0b4f7d", "#7fc4e8", "#008c64", "#f0e442", "#c66f9f", "#f3b57a", "#595959", "#d9d9d9")
_HATCHES = ("", "", "", "", "", "////", "....", "\\\\\\\\", "////", "....", "\\\\\\\\", "xx", "----", "oo", "++", "**")
_BANDS = ("#d3e4f0", "#93bfdd", "#4c91c2")
HOUSE = Style(_COLOURS, _DASHES, _MARKERS, _CATEGORIES, _HATCHES, _BANDS, "#0b2f55")


# ---- a style file ---------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb` (WCAG 2.1): 0 for black, 1 for white.

    >>> luminance("#000000"), luminance("#ffffff")
    (0.0, 1.0)
    """
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(round(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2], 12))


def _colour(value: str) -> str:
    digits = value[1:]
    if not (value.startswith("#") and len(digits) == 6 and all(c in "0123456789abcdefABCDEF" for c in digits)):
        raise PydanticCustomError("colour", "a colour of six hexadecimal digits, as in #0072b2")
    return value.lower()


Colour = Annotated[str, AfterValidator(_colour)]
Colours = Annotated[tuple[Colour, ...], Field(strict=False, min_length=1, max_length=24)]


class StyleColours(FileModel):
    """The colours that a style file changes."""

    scenarios: Colours | None = None
    categories: Colours | None = None
    bands: Annotated[tuple[Colour, ...], Field(strict=False, min_length=3, max_length=3)] | None = None
    median: Colour | None = None
    text: Colour | None = None
    notes: Colour | None = None
    rules: Colour | None = None
    grid: Colour | None = None


class StyleFile(FileModel):
    """A style file."""

    font: Annotated[str, Field(min_length=1)] | None = None
    logo: Annotated[str, Field(min_length=1)] | None = None
    colours: StyleColours = StyleColours()


def load_style(path: Path | None = None) -> Style:
    """The house style, with what a style file changes.

    Parameters
    ----------
    path : Path, optional
        A TOML file; a logo in it is a file beside it, or a whole path.

    Raises
    ------
    SdsocecError
        A key is unknown, a colour is none or too light, the font is not on this machine, the logo is missing or no picture; all
        faults come together.
    """
    if path is None:
        return HOUSE
    path = Path(path)
    file = TomlFile(path, SdsocecError)
    given = file.read(StyleFile)
    faults = [*_too_light(file, given.colours), *_not_stepped(file, given.colours)]
    changes: dict[str, Any] = given.colours.model_dump(exclude_none=True)
    if "scenarios" in changes:
        changes["colours"] = changes.pop("scenarios")
    if given.font is not None:
        changes["font"] = given.font
        faults += _unknown_font(file, given.font)
    if given.logo is not None:
        changes["logo"] = path.parent / given.logo
        faults += _bad_logo(file, path.parent / given.logo)
    if faults:
        raise SdsocecError(faults)
    return replace(HOUSE, **changes)


def _too_light(file: TomlFile, colours: StyleColours) -> list[Fault]:
    """Lines and letters that do not stand out from the paper."""
    lines: list[tuple[Location, str]] = [
        (("colours", "scenarios", i), colour) for i, colour in enumerate(colours.scenarios or ())
    ]
    lines += [(("colours", "median"), colours.median)] if colours.median else []
    letters: list[tuple[Location, str]] = [
        (("colours", key), value)
        for key, value in (("text", colours.text), ("notes", colours.notes))
        if value is not None
    ]
    found = []
    for what, least, given in (("lines", GRAPHICS, lines), ("letters", LETTERS, letters)):
        for location, colour in given:
            contrast = 1.05 / (luminance(colour) + 0.05)
            if contrast < least:
                said = f"'{colour}' is too light for {what}: its contrast with white is {contrast:.1f}, not {least:g}"
                found.append(_fault(file, said, location, "Take a darker shade. (WCAG 2.1 asks this contrast.)"))
    return found


def _not_stepped(file: TomlFile, colours: StyleColours) -> list[Fault]:
    """Bands that would look alike in grey."""
    shades = [luminance(colour) for colour in colours.bands or ()]
    if all(a - b >= APART for a, b in zip(shades, shades[1:], strict=False)):
        return []
    said = f"the bands {', '.join(colours.bands or ())} do not go from light to dark"
    return [_fault(file, said, ("colours", "bands"), "Give the lightest first: 90, 60 and 30 %.")]


def _unknown_font(file: TomlFile, font: str) -> list[Fault]:
    from matplotlib.font_manager import get_font_names

    known = sorted(get_font_names())
    if font in known:
        return []
    return [
        file.fault(
            f"the font '{font}' is not on this machine", ("font",), name=font, nearest=nearest_name(font, known),
            hint="Install it, or leave 'font' out.",
        )
    ]  # fmt: skip


def _bad_logo(file: TomlFile, logo: Path) -> list[Fault]:
    try:
        read_logo(logo)
    except ProjectError as error:
        return [file.fault(error.faults[0].what, ("logo",), name=str(logo), hint=error.faults[0].hint)]
    return []


def read_logo(path: Path) -> Any:
    """The logo as an array, shape (height, width, 4): red, green, blue, opacity, of 255.

    Raises ProjectError if it is missing or no picture.
    """
    import numpy as np
    from PIL import Image

    if not path.is_file():
        raise ProjectError(
            f"the logo '{path}' is missing", path=path, hint="Name a .png or .jpg file beside the style."
        )
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > LARGEST_LOGO:
                size = f"{image.width} x {image.height}"
                what, hint = f"the logo '{path}' has {size} pixels", f"Save it with {LARGEST_LOGO:,} pixels at most."
                raise ProjectError(what, path=path, hint=hint)
            return np.asarray(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ProjectError(
            f"the logo '{path}' is no picture that can be read", path=path, hint="Save it as .png or .jpg."
        ) from None


def _fault(file: TomlFile, what: str, location: Location, hint: str) -> Fault:
    return file.fault(what, location, hint=hint)
