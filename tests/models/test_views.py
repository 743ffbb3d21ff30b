"""The sketch views at the end of the .mdl files: what they show is the model, and people can read it."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from matplotlib import font_manager

import sdsocec
from sdsocec.model.names import name_key
from sdsocec.model.structure import causes

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "scripts" / "lay_out_views.py"
MODELS = ("social_economy", "first_steps")
MARK, END = "\\\\\\---///", "///---\\\\\\"
needs_graphviz = pytest.mark.skipif(
    shutil.which("dot") is None, reason="laying out takes Graphviz: no `dot` on the path"
)


@dataclass(frozen=True)
class Box:
    """A word, valve or cloud; x, y is its middle, w, h half its size."""

    kind: str
    key: str
    shadow: bool
    text: str
    x: int
    y: int
    w: int
    h: int

    def touches(self, other: Box) -> bool:
        return abs(self.x - other.x) < self.w + other.w and abs(self.y - other.y) < self.h + other.h

    def holds(self, x, y):
        return (np.abs(np.asarray(x) - self.x) < self.w) & (np.abs(np.asarray(y) - self.y) < self.h)


@dataclass(frozen=True)
class Arrow:
    source: int
    target: int
    shape: int
    pipe: bool
    x: int
    y: int


@dataclass(frozen=True)
class View:
    name: str
    font_size: int
    boxes: dict[int, Box]
    arrows: list[Arrow]

    def named(self, number: int) -> Box:
        """A word, or the name of a valve."""
        box = self.boxes[number]
        return self.boxes[number + 1] if box.kind == "valve" else box

    def shown(self) -> list[Box]:
        return [box for box in self.boxes.values() if box.kind in ("stock", "flow", "text")]


def views_of(path: Path) -> list[View]:
    """The views of a file, read by the manual: Vensim, Appendix, Files, Sketch Information."""
    _, *pages = path.read_text(encoding="utf-8").partition(END)[0].split(MARK)
    return [_view(page.splitlines()[1:]) for page in pages]


def _view(lines: list[str]) -> View:
    version, title, font, *objects = lines
    assert version.startswith("V300 ")
    assert title[0] == "*"
    assert font[0] == "$"
    boxes: dict[int, Box] = {}
    arrows = []
    for line in objects:
        fields = line.split(",")
        number = int(fields[1])
        if fields[0] == "1":
            x, y = re.fullmatch(r".*,1\|\((\d+),(\d+)\)\|", line).groups()
            arrows.append(Arrow(int(fields[2]), int(fields[3]), int(fields[4]), int(fields[7]) > 20, int(x), int(y)))
            continue
        x, y, w, h, shape, bits = map(int, fields[3:9])
        assert number not in boxes
        if fields[0] == "10":
            kind = {3: "stock", 8: "text", 40: "flow"}[shape]
            shadow = bits & 1 == 0
            text = f"<{fields[2]}>" if shadow else fields[2]
            boxes[number] = Box(kind, name_key(fields[2]), shadow, text, x, y, w, h)
        else:
            boxes[number] = Box({"11": "valve", "12": "cloud"}[fields[0]], "", False, "", x, y, w, h)
    return View(title[1:], int(font.split("|")[1]), boxes, arrows)


@pytest.fixture(scope="module", params=MODELS)
def drawn(request):
    """A model's equations and its views."""
    model = sdsocec.load_model(request.param).equations
    return model, views_of(Path(model.path))


# ---- what the views show -----------------------------------------------------------------------------------------------


def test_every_variable_is_defined_in_exactly_one_view(drawn):
    model, views = drawn
    defined = Counter(box.key for view in views for box in view.shown() if not box.shadow)
    assert set(defined) == set(model.variables)
    assert set(defined.values()) == {1}


def test_every_name_in_a_view_is_one_of_the_model(drawn):
    model, views = drawn
    names = {variable.name for variable in model.variables.values()} | {"Time"}
    assert {box.text.strip("<>") for view in views for box in view.shown()} <= names
    assert len({view.name for view in views}) == len(views)


def flows_of(model, stock: str) -> Counter:
    """How often a stock's INTEG adds (+) and subtracts (-) a flow, read from the text of its equations."""
    found = set()
    for equation in model.variables[stock].equations:
        text = re.sub(r"\\\s*\n", " ", equation.text)
        text = re.sub(r"\[[^\]]*\]", "", text)
        net = re.fullmatch(r".*?=\s*INTEG\s*\((.*),[^,]*\)\s*", " ".join(text.split()))[1]
        net = re.sub(r"SUM\(([^()]*)\)", r"\1", net)
        for sign, name in re.findall(r"([+-]?)\s*([^+-]+)", net):
            if name_key(name) in model.variables:  # a product is no flow of its own
                found.add((sign or "+", name_key(name)))
    return Counter(found)


def test_the_pipes_of_a_stock_are_the_flows_of_its_equation(drawn):
    model, views = drawn
    stocks = {key for key, variable in model.variables.items() if variable.kind == "stock"}
    pipes: dict[str, Counter] = {stock: Counter() for stock in stocks}
    for view in views:
        for arrow in view.arrows:
            end = view.boxes[arrow.target]
            if arrow.pipe and end.kind == "stock":
                assert view.boxes[arrow.source].kind == "valve"
                assert not end.shadow
                pipes[end.key]["-" if arrow.shape & 96 else "+", view.named(arrow.source).key] += 1
    assert stocks
    assert pipes == {stock: flows_of(model, stock) for stock in stocks}


def test_a_flow_has_no_more_pipes_in_a_view_than_it_has_sources_or_sinks_there(drawn):
    model, views = drawn
    for view in views:
        ends = Counter()
        for stock in (box.key for box in view.shown() if box.kind == "stock"):
            ends.update((flow, sign) for sign, flow in flows_of(model, stock))
        valves = [number for number, box in view.boxes.items() if box.kind == "valve"]
        for flow, number in Counter(view.named(valve).key for valve in valves).items():
            assert number == max(ends[flow, "+"], ends[flow, "-"]), f"{view.name}: {flow}"


def test_a_pipe_has_two_ends_and_a_cloud_only_where_the_view_has_no_stock(drawn):
    _, views = drawn
    for view in views:
        valves = [number for number, box in view.boxes.items() if box.kind == "valve"]
        for valve in valves:
            ends = {arrow.shape: view.boxes[arrow.target].kind for arrow in view.arrows if arrow.source == valve}
            assert set(ends) == {4, 100}, view.named(valve).key  # with and without an arrowhead
            assert set(ends.values()) in ({"stock"}, {"stock", "cloud"})


def links_of(view: View) -> set[tuple[str, str]]:
    return {(view.named(a.source).key, view.named(a.target).key) for a in view.arrows if not a.pipe}


def test_every_arrow_is_a_cause_in_the_equations_and_none_enters_a_shadow(drawn):
    model, views = drawn
    for view in views:
        for arrow in view.arrows:
            if not arrow.pipe:
                cause, user = view.named(arrow.source), view.named(arrow.target)
                assert not user.shadow, f"{view.name}: {user.text}"
                assert cause.key in causes(model, user.key), f"{view.name}: {cause.text} -> {user.text}"


def test_every_cause_of_a_variable_that_a_view_defines_has_an_arrow_or_a_pipe_to_it(drawn):
    model, views = drawn
    for view in views:
        piped = {(view.named(a.source).key, view.boxes[a.target].key) for a in view.arrows if a.pipe}
        joined = links_of(view) | piped
        for box in view.shown():
            if not box.shadow:
                missing = {cause for cause in causes(model, box.key) if (cause, box.key) not in joined}
                assert not missing - {box.key}, f"{view.name}: {box.text}"


# ---- whether people can read them --------------------------------------------------------------------------------------


def test_no_two_things_of_a_view_overlap(drawn):
    _, views = drawn
    for view in views:
        for a, b in itertools.combinations(view.boxes.values(), 2):
            assert not a.touches(b), f"{view.name}: {a} and {b}"


def test_a_box_is_as_large_as_its_text(drawn):
    # DejaVu Sans is wider than the Arial that Vensim writes in; Vensim breaks lines between words.
    _, views = drawn
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))

    def width(text: str) -> float:
        font.set_text(text)
        return font.get_width_height()[0] / 64

    for view in views:
        font.set_size(view.font_size, 96)
        line_height = 1.15 * view.font_size * 96 / 72
        for box in view.shown():
            lines = [""]
            for word in box.text.split():
                longer = f"{lines[-1]} {word}".strip()
                if lines[-1] and width(longer) > 2 * box.w:
                    lines.append(word)
                else:
                    lines[-1] = longer
            assert max(map(width, lines)) <= 2 * box.w, box.text
            assert line_height * len(lines) <= 2 * box.h, box.text


def path_of(view: View, arrow: Arrow):
    """x and y of points on a link: on the line, or on the circle through its ends and its middle."""
    a, b = view.boxes[arrow.source], view.boxes[arrow.target]
    t = np.linspace(0, 1, 400)
    if arrow.shape == 0:
        return a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)
    start, middle, end = complex(a.x, a.y), complex(arrow.x, arrow.y), complex(b.x, b.y)
    w = (end - start) / (middle - start)
    centre = (middle - start) * (w - abs(w) ** 2) / (2j * w.imag) + start
    turn = np.angle((end - centre) / (start - centre)) % (2 * np.pi)
    if np.angle((middle - centre) / (start - centre)) % (2 * np.pi) > turn:
        turn -= 2 * np.pi
    points = centre + (start - centre) * np.exp(1j * turn * t)
    return points.real, points.imag


def test_no_arrow_runs_over_a_word_a_valve_or_a_cloud(drawn):
    _, views = drawn
    for view in views:
        for arrow in view.arrows:
            if not arrow.pipe:
                ends = {number + d for number in (arrow.source, arrow.target) for d in (-1, 0, 1)}  # with name or valve
                x, y = path_of(view, arrow)
                over = [b.text or b.kind for n, b in view.boxes.items() if n not in ends and b.holds(x, y).any()]
                assert not over, f"{view.name}: {view.named(arrow.source).text} -> {view.named(arrow.target).text}"


def test_pipes_are_straight_or_right_angled_and_run_over_nothing(drawn):
    _, views = drawn
    for view in views:
        for arrow in view.arrows:
            if not arrow.pipe:
                continue
            valve, end = view.boxes[arrow.source], view.boxes[arrow.target]
            assert arrow.y == valve.y or arrow.x == valve.x
            assert abs(arrow.y - end.y) <= end.h, f"{view.named(arrow.source).text} misses {end.text or end.kind}"
            x = np.r_[np.linspace(valve.x, arrow.x, 200), np.linspace(arrow.x, end.x, 200)]
            y = np.r_[np.linspace(valve.y, arrow.y, 200), np.full(200, arrow.y)]
            ends = {arrow.source, arrow.target}
            over = [b.text or b.kind for n, b in view.boxes.items() if n not in ends and b.holds(x, y).any()]
            assert not over, f"{view.name}: {view.named(arrow.source).text}"


# ---- other readers of the file -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_the_views_leave_the_equations_alone(name, tmp_path):
    model = sdsocec.load_model(name).equations
    bare = tmp_path / "bare.mdl"
    bare.write_bytes(Path(model.path).read_bytes().partition(MARK.encode())[0])
    assert views_of(bare) == []
    assert sdsocec.load_model(str(bare)).equations.variables == model.variables


@pytest.mark.parametrize("name", MODELS)
def test_simlin_reads_the_views_without_a_warning_of_its_own(name, tmp_path):
    simlin = pytest.importorskip("simlin")
    path = Path(sdsocec.load_model(name).equations.path)
    bare = tmp_path / "bare.mdl"
    bare.write_bytes(path.read_bytes().partition(MARK.encode())[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = simlin.load(str(path))
    without = simlin.load(str(bare))
    assert not whole.check_units()
    assert [e.message for e in whole.project.get_errors()] == [e.message for e in without.project.get_errors()]
    drawing = whole.project.render_svg_string(whole.project.get_model_names()[0])
    assert all(f">{view.name}<" in drawing for view in views_of(path))


@pytest.mark.parametrize("name", MODELS)
def test_pysd_reads_the_same_equations_below_which_views_stand(name, tmp_path):
    from pysd.translators.vensim.vensim_file import VensimFile

    path = Path(sdsocec.load_model(name).equations.path)
    file = VensimFile(path)
    file.parse(parse_all=True)
    file.parse_sketch([])
    defined = {view.name: {box.key for box in view.shown() if not box.shadow} for view in views_of(path)}
    read = {name_key(n) for names in file.sections[0].views_dict.values() for n in names}
    assert read >= {key for keys in defined.values() for key in keys}


# ---- the tool ----------------------------------------------------------------------------------------------------------


def lay_out(path: Path, *options: str, graphviz: bool = True) -> subprocess.CompletedProcess:
    environment = dict(os.environ) if graphviz else {**os.environ, "PATH": ""}
    return subprocess.run(
        [sys.executable, str(TOOL), str(path), *options],
        capture_output=True,
        text=True,
        env=environment,
        cwd=path.parent,
    )


def copied(name: str, folder: Path) -> Path:
    """A model's .mdl and card in a folder of their own."""
    source = Path(sdsocec.load_model(name).equations.path)
    for file in ("model.mdl", "model.toml"):
        shutil.copy(source.parent / file, folder / file)
    return folder / "model.mdl"


@pytest.mark.parametrize("name", MODELS)
def test_the_tool_changes_no_byte_of_views_that_fit_the_equations(name, tmp_path):
    path = copied(name, tmp_path)
    before = path.read_bytes()
    moved = re.sub(rb"(?m)^(10,1,[^,]+),(\d+),", rb"\1,9\2,", before, count=1)  # as somebody does in Vensim
    assert moved != before
    for content in (before, moved):
        path.write_bytes(content)
        result = lay_out(path, graphviz=False)
        assert result.returncode == 0, result.stderr
        assert path.read_bytes() == content


def test_without_graphviz_the_tool_says_what_to_install_and_leaves_the_file(tmp_path):
    path = copied("first_steps", tmp_path)
    broken = re.sub(rb"(?m)^1,\d+,\d+,\d+,[01],.*\n", b"", path.read_bytes(), count=1)
    path.write_bytes(broken)
    result = lay_out(path, graphviz=False)
    assert result.returncode == 2
    assert "install graphviz" in result.stderr
    assert path.read_bytes() == broken


@needs_graphviz
@pytest.mark.parametrize("source", ["levers/model.mdl", pytest.param("age_sir.mdl", marks=pytest.mark.slow)])
def test_the_tool_lays_out_a_model_that_has_no_views(source, tmp_path):
    path = tmp_path / "model.mdl"
    shutil.copy(Path(__file__).parent / source, path)
    before = path.read_bytes()
    assert views_of(path) == []
    result = lay_out(path)
    assert result.returncode == 0, result.stderr
    assert path.read_bytes().startswith(before)
    laid = sdsocec.load_model(str(path)).equations, views_of(path)
    for check in CHECKS:
        check(laid)


@needs_graphviz
def test_the_tool_lays_out_anew_the_view_that_lacks_something_and_no_other(tmp_path):
    path = copied("first_steps", tmp_path)
    before = path.read_bytes()
    arrow = re.search(rb"(?m)^1,\d+,\d+,\d+,[01],.*\n", before[before.rindex(MARK.encode()) :])[0]
    at = before.rindex(arrow)
    path.write_bytes(before[:at] + before[at + len(arrow) :])
    result = lay_out(path)
    assert "1 laid out anew" in result.stdout, result.stdout + result.stderr
    pages, old_pages = (content.split(MARK.encode()) for content in (path.read_bytes(), before))
    assert pages[:-1] == old_pages[:-1]
    laid = sdsocec.load_model(str(path)).equations, views_of(path)
    for check in CHECKS:
        check(laid)


CHECKS = (
    test_every_variable_is_defined_in_exactly_one_view,
    test_every_name_in_a_view_is_one_of_the_model,
    test_the_pipes_of_a_stock_are_the_flows_of_its_equation,
    test_a_flow_has_no_more_pipes_in_a_view_than_it_has_sources_or_sinks_there,
    test_a_pipe_has_two_ends_and_a_cloud_only_where_the_view_has_no_stock,
    test_every_arrow_is_a_cause_in_the_equations_and_none_enters_a_shadow,
    test_every_cause_of_a_variable_that_a_view_defines_has_an_arrow_or_a_pipe_to_it,
    test_no_two_things_of_a_view_overlap,
    test_a_box_is_as_large_as_its_text,
    test_no_arrow_runs_over_a_word_a_valve_or_a_cloud,
    test_pipes_are_straight_or_right_angled_and_run_over_nothing,
)
