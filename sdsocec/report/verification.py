"""Verify: run again what a file is of, and compare.

The stamp says what was run. Hashes are compared first, so that a difference has a name: the model, its card, a scenario, a
version. Then the same is run, the same file is made, and the two are compared number by number.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sdsocec.api import ScenarioRuns, run_scenarios
from sdsocec.errors import ProjectError, SdsocecError, nearest_name
from sdsocec.model.project import LoadedModel, Project, find_project, load_model
from sdsocec.results.export import PROVENANCE
from sdsocec.results.provenance import stamp as stamp_line
from sdsocec.results.stamps import PICTURES, STAMPED, Stamp, read_stamp, read_stamps, stamp_in
from sdsocec.scenario.recipe import Recipe, read_recipe, scenarios_of

from .remade import OVERVIEW, Remade
from .saving import with_drawing, without_drawing
from .verification_changes import cannot_run, changes_between, hash_changes, hashes_changed
from .verification_export import is_export, verify_export
from .verification_files import compare_file, verify_file, verify_outcomes
from .verification_sweep import is_sweep, sweep_design, verify_sweep
from .verified import Change, Verification, Verified

Again = Callable[[str, str, Sequence[str]], Mapping[str, bytes]]
MOST_NAMED = 6  # folders in a message
TOLD = ("bits", "close", "digits", "differs")  # verdicts that say something of the numbers


def verify(
    path: str | Path,
    model: LoadedModel | str | Path | None = None,
    project: Project | None = None,
    scenarios: Sequence[str | Path] = (),
    *,
    made: dict[str, Remade] | None = None,
    again: Again | None = None,
) -> Verification:
    """Run again what a file or folder is of, and compare.

    Parameters
    ----------
    path : path
        A folder of results, or one of its files: provenance.json, .nc, .csv, .xlsx, .tab, .parquet, .png, .svg, .pdf; a folder
        of figures, each of which is verified; the folder of a sweep, of which a sample of rows is run again.
    model : LoadedModel, name or path, optional
        By default the model of the project that the stamp names.
    scenarios : paths, optional
        Where scenarios are that were files of their own (their names count); those in the working folder are found.
    made : dict, optional
        What was run again before, with the same model and scenarios: files of one result are run once.
    again : callable, optional
        Gives the files of the command that a stamp holds, by name, from the command, the model and the formats of figures.
        Without it the files of `plot`, `robust`, `sensitivity` and the like are not made again.

    Raises
    ------
    SdsocecError
        It is none of ours, it is damaged, or what it is of is gone: it cannot be run again.
    """
    path, place = Path(path), project or find_project()
    by = _By(model, place, tuple(Path(p) for p in scenarios), {} if made is None else made, again)
    if is_sweep(path):
        design = sweep_design(path)
        return verify_sweep(path, design, by.model_of(Path(design.model).name, path))
    if path.is_dir() and not (path / PROVENANCE).is_file():
        return _verify_figures(path, by)
    found = [_verify_stamp(stamp, by) for stamp in read_stamps(path)]
    return next((one for one in found if one.is_equal), found[0])


@dataclass(frozen=True)
class _By:
    """What files are verified by: the arguments of `verify`."""

    model: LoadedModel | str | Path | None
    project: Project
    scenarios: tuple[Path, ...]
    made: dict[str, Remade]
    again: Again | None

    def model_of(self, name: str, path: Path, file: str = "") -> LoadedModel:
        """The model given, or that of the project by the name that the stamp has: a name, never a path."""
        if isinstance(self.model, LoadedModel):
            return self.model
        if self.model is not None:
            return load_model(self.model, self.project)
        if name not in self.project.model_names:
            raise ProjectError(
                f"the model '{name[:100]}'{f' ({file})' if file else ''} is none of {self.project}", path=path, name=name,
                nearest=nearest_name(name, self.project.model_names), hint="Say where it is: --model PATH",
            )  # fmt: skip
        return load_model(name, self.project)


def _verify_stamp(stamp: Stamp, by: _By) -> Verification:
    """What a stamp speaks for, against what is made again."""
    file = str(stamp.attributes.get("model_file", ""))[:100]
    loaded = by.model_of(str(stamp.attributes["model"]), stamp.path, file)
    command = stamp.attributes.get("command")
    if is_export(stamp):
        found = verify_export(stamp, loaded)
    elif isinstance(command, str) and by.again is not None:
        named = str(loaded.equations.path) if isinstance(by.model, LoadedModel) else str(by.model or loaded.name)
        try:
            made_again = by.again(command, named, _formats(stamp))
        except SdsocecError as error:
            changed = [one for one in hashes_changed(stamp, loaded) if one.what in ("model", "card")]
            raise cannot_run(stamp.path, error, changed) from None
        found = _verify_command(stamp, made_again, loaded)
    elif "recipe" in stamp.attributes:
        found = _verify_recipe(stamp, loaded, by)
    else:
        told = (Verified(stamp.path.name, "unknown"),)
        found = Verification(stamp.path, stamp_line(stamp.attributes), hashes_changed(stamp, loaded), told)
    return found if stamp.kind != "folder" else replace(found, files=(*found.files, *_unlisted(stamp, by)))


def _formats(stamp: Stamp) -> tuple[str, ...]:
    """The formats of the figures of a stamp, for its command: those of a picture are made together."""
    if stamp.kind in ("folder", "json"):
        names = [Path(name) for name in stamp.files]
    else:
        names = [stamp.path.with_suffix(f".{kind}") for kind in PICTURES if stamp.kind in ("csv", *PICTURES)]
        names = [name for name in names if name == stamp.path or name.is_file()]
    kinds = {name.suffix.lower().lstrip(".") for name in names} | {stamp.kind}
    return tuple(kind for kind in PICTURES if kind in kinds)


def _verify_command(stamp: Stamp, files: Mapping[str, bytes], model: LoadedModel) -> Verification:
    """The files of a stamp against those that its command wrote when it was run again."""
    line = stamp_line(stamp.attributes)
    stem = stamp.attributes.get("picture", stamp.path.stem)  # it may have another name today
    if stamp.kind in PICTURES:
        names = [f"{stem}{end}.{stamp.kind}" for end in ("", "-grey")]
        found = [compare_file(stamp, stamp.path, files.get(name)) for name in names]
        checked = [next((one for one in found if one.verdict == "bits"), found[0])]
    elif "picture" in stamp.attributes:
        checked = [compare_file(stamp, stamp.path, files.get(f"{stem}.csv"))]
    else:
        folder = stamp.path if stamp.kind == "folder" else stamp.path.parent
        whole = stamp.kind in ("folder", "json")
        listed = list(read_stamp(stamp.path).files if whole else (stamp.path.name,))
        made = [name for name in files if not name.endswith(PROVENANCE)]
        names = made if len(made) == len(listed) == 1 else listed  # one whose name the user gave
        checked = [
            compare_file(stamp, folder / name, files.get(again)) for name, again in zip(listed, names, strict=True)
        ]
    own = _own_stamp(files, [f"{stem}.{kind}" for kind in PICTURES], stamp)
    changes = hashes_changed(stamp, model) if own is None else changes_between(stamp.attributes, own)
    return Verification(stamp.path, line, changes, tuple(checked))


def _own_stamp(files: Mapping[str, bytes], pictures: Sequence[str], stamp: Stamp) -> Mapping[str, object] | None:
    """The stamp of what was made again: that of the picture, or of all that the command wrote."""
    if "picture" in stamp.attributes:
        made = next(((files[name], name) for name in pictures if name in files), None)
        return None if made is None else stamp_in(made[0], made[1].rpartition(".")[2], stamp.path)
    listing = next((name for name in files if name.endswith(PROVENANCE)), None)
    return None if listing is None else stamp_in(files[listing], "json", stamp.path)


def _verify_recipe(stamp: Stamp, model: LoadedModel, by: _By) -> Verification:
    """The files of a stamp against those of the runs of its recipe."""
    behind = without_drawing({name: value for name, value in stamp.attributes.items() if name != "picture"})
    key = json.dumps(behind)
    if key not in by.made:
        by.made[key] = Remade(_run_again(stamp, _recipe_of(stamp), model, by.scenarios), behind)
    remade = by.made[key]
    names = stamp.files if stamp.kind == "folder" else () if stamp.kind == "json" else ("",)
    if stamp.attributes.get("picture", OVERVIEW) != OVERVIEW:
        names = ()  # of pictures, only the overview is drawn again here
    checked = [verify_file(stamp, stamp.path / name if name else stamp.path, remade) for name in names]
    if not any(file.verdict in TOLD for file in checked):
        checked.append(verify_outcomes(stamp, remade))
    own = with_drawing(remade.attributes) if stamp.kind in PICTURES else remade.attributes
    changes = changes_between(stamp.attributes, own)
    if any(file.verdict == "close" for file in checked):  # then what follows from the last bits differs too
        changes = tuple(one for one in changes if one.name not in ("outcomes_sha256", "time_step_error"))
    return Verification(stamp.path, stamp_line(stamp.attributes), changes, tuple(checked))


def _recipe_of(stamp: Stamp) -> Recipe:
    try:
        return read_recipe(str(stamp.attributes["recipe"]))
    except ProjectError as error:
        fault = error.faults[0]
        raise ProjectError(fault.what, path=stamp.path, hint=fault.hint) from None


def _run_again(stamp: Stamp, recipe: Recipe, model: LoadedModel, files: Sequence[Path]) -> ScenarioRuns:
    here = [path for path in sorted(Path().glob("*.toml")) if path.is_file()]
    try:
        chosen = scenarios_of(recipe, model, [*here, *files])
        return run_scenarios(
            model, chosen, recipe.settings, engine=recipe.engine, integrator=recipe.integrator,
            initial=recipe.initial if recipe.profile is None else None, profile=recipe.profile,
        )  # fmt: skip
    except SdsocecError as error:
        own = {"model_sha256": model.equations.file_sha256, "card_sha256": model.card_sha256}
        raise cannot_run(stamp.path, error, hash_changes(stamp.attributes, own)) from None


# ---- folders ----------------------------------------------------------------------------------------------------------


def _verify_figures(folder: Path, by: _By) -> Verification:
    """Every figure and table of a folder by its own stamp."""
    paths = _files_in(folder)
    if not paths:
        inside = [one for one in sorted(folder.iterdir()) if one.is_dir() and _can_be_verified(one)]
        raise ProjectError(
            f"the folder '{folder}' holds no {PROVENANCE}, no figure and no table of its own", path=folder,
            hint=_command_for(inside) if inside else "Name a folder of results or figures, or a file of one.",
        )  # fmt: skip
    return Verification(folder, "", (), tuple(_verify_in(path, by) for path in paths))


def _can_be_verified(folder: Path) -> bool:
    """Whether a folder itself holds something to verify."""
    try:
        return is_sweep(folder) or (folder / PROVENANCE).is_file() or bool(_files_in(folder))
    except OSError:
        return False


def _command_for(folders: Sequence[Path]) -> str:
    """How to verify the first folders of some."""
    named, more = folders[:MOST_NAMED], len(folders) - MOST_NAMED
    command = shlex.join(["sdsocec", "verify", *map(str, named)])
    return f"Folders in it can be verified{f' ({more} more)' if more > 0 else ''}: {command}"


def _unlisted(stamp: Stamp, by: _By) -> list[Verified]:
    """The files of a folder that its provenance does not speak for: each by its own stamp, if it has one."""
    others = [path for path in _files_in(stamp.path) if path.name not in stamp.files]
    found = [_verify_in(path, by) for path in others]
    return [Verified(one.name, "unlisted") if one.verdict == "unread" else one for one in found]


def _files_in(folder: Path) -> list[Path]:
    """The files of a folder that carry stamps, if sdsocec wrote them."""
    return [one for one in sorted(folder.iterdir()) if one.suffix.lower().lstrip(".") in STAMPED and one.is_file()]


def _verify_in(path: Path, by: _By) -> Verified:
    """One file among others: a line of a verification; what it says changed is its own."""
    try:
        found = verify(path, by.model, by.project, by.scenarios, made=by.made, again=by.again)
    except SdsocecError as error:
        return Verified(path.name, "unread", note=error.faults[0].what)
    file = next((one for one in found.files if not one.is_equal), found.files[0])
    changes: tuple[Change, ...] = (*found.changes, *file.changes)
    if file.verdict == "unknown" and found.is_known:
        return Verified(path.name, "differs", note=file.note, changes=changes)
    return replace(file, name=path.name, changes=changes)
