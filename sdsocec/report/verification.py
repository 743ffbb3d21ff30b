"""Verify: run again what a file is of, and compare.

The stamp says what was run. Hashes are compared first, so that a difference has a name: the model, its card, a scenario, a
version. Then the same is run, the same file is made, and the two are compared number by number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sdsocec.api import ScenarioRuns, run_scenarios
from sdsocec.errors import Fault, ProjectError, SdsocecError, nearest_name
from sdsocec.model.project import LoadedModel, Project, find_project, load_model
from sdsocec.results.export import PROVENANCE
from sdsocec.results.provenance import stamp as stamp_line
from sdsocec.results.stamps import Stamp, read_stamp, stamp_in
from sdsocec.scenario.recipe import Recipe, read_recipe, scenarios_of

from .remade import OVERVIEW, Remade
from .verification_changes import changes_between, hash_changes, hashes_changed
from .verification_files import FIGURES, compare_file, verify_file, verify_outcomes
from .verification_sweep import is_sweep, sweep_design, verify_sweep
from .verified import Verification, Verified

Again = Callable[[str, str, str | None], Mapping[str, bytes]]
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
        A folder of results, or one of its files: provenance.json, .nc, .csv, .xlsx, .tab, .png, .svg, .pdf; the folder of a
        sweep, of which a sample of rows is run again.
    model : LoadedModel, name or path, optional
        By default the model of the project that the stamp names.
    scenarios : paths, optional
        Where scenarios are that were files of their own (their names count); those in the working folder are found.
    made : dict, optional
        What was run again before, with the same model and scenarios: files of one result are run once.
    again : callable, optional
        Gives the files of the command that a stamp holds, by name, from the command, the model and the format of a figure.
        Without it the files of `plot`, `robust` and `sensitivity` are not made again.

    Raises
    ------
    SdsocecError
        It is none of ours, it is damaged, or what it is of is gone: it cannot be run again.
    """
    path, place = Path(path), project or find_project()
    if is_sweep(path):
        design = sweep_design(path)
        return verify_sweep(path, design, _model_of(Path(design.model).name, model, place, path))
    stamp = read_stamp(path)
    file = str(stamp.attributes.get("model_file", ""))[:100]
    loaded = _model_of(str(stamp.attributes["model"]), model, place, path, file)
    command = stamp.attributes.get("command")
    if isinstance(command, str) and again is not None:
        named = str(loaded.equations.path) if isinstance(model, LoadedModel) else str(model or loaded.name)
        made_again = again(command, named, stamp.kind if stamp.kind in FIGURES else None)
        return _verify_command(stamp, made_again, loaded)
    if "recipe" in stamp.attributes:
        return _verify_recipe(stamp, loaded, [Path(p) for p in scenarios], {} if made is None else made)
    told = (Verified(path.name, "unknown"),)
    return Verification(path, stamp_line(stamp.attributes), hashes_changed(stamp, loaded), told)


def _model_of(
    name: str, given: LoadedModel | str | Path | None, project: Project, path: Path, file: str = ""
) -> LoadedModel:
    """The model given, or that of the project by the name that the stamp has: a name, never a path."""
    if isinstance(given, LoadedModel):
        return given
    if given is not None:
        return load_model(given, project)
    if name not in project.model_names:
        raise ProjectError(
            f"the model '{name[:100]}'{f' ({file})' if file else ''} is none of {project}", path=path, name=name,
            nearest=nearest_name(name, project.model_names), hint="Say where it is: --model PATH",
        )  # fmt: skip
    return load_model(name, project)


def _verify_command(stamp: Stamp, files: Mapping[str, bytes], model: LoadedModel) -> Verification:
    """The files of a stamp against those that its command wrote when it was run again."""
    line = stamp_line(stamp.attributes)
    if stamp.kind in FIGURES:
        stem = stamp.attributes.get("picture", stamp.path.stem)  # it may have another name today
        names = [f"{stem}{end}.{stamp.kind}" for end in ("", "-grey")]
        found = [compare_file(stamp.path, files.get(name)) for name in names]
        own = stamp_in(files[names[0]], stamp.kind, stamp.path) if names[0] in files else None
        checked = [next((one for one in found if one.verdict == "bits"), found[0])]
    else:
        folder = stamp.path if stamp.kind == "folder" else stamp.path.parent
        whole = stamp.kind in ("folder", "json")
        listed = read_stamp(folder).files if whole else (stamp.path.name,)
        checked = [compare_file(folder / name, files.get(name)) for name in listed]
        own = stamp_in(files[PROVENANCE], "json", stamp.path) if PROVENANCE in files else None
    changes = hashes_changed(stamp, model) if own is None else changes_between(stamp.attributes, own)
    return Verification(stamp.path, line, changes, tuple(checked))


def _verify_recipe(stamp: Stamp, model: LoadedModel, files: Sequence[Path], made: dict[str, Remade]) -> Verification:
    """The files of a stamp against those of the runs of its recipe."""
    key = json.dumps({name: value for name, value in stamp.attributes.items() if name != "picture"})
    if key not in made:
        made[key] = Remade(_run_again(stamp, _recipe_of(stamp), model, files), stamp.attributes)
    remade = made[key]
    names = stamp.files if stamp.kind == "folder" else () if stamp.kind == "json" else ("",)
    if stamp.attributes.get("picture", OVERVIEW) != OVERVIEW:
        names = ()  # of pictures, only the overview is drawn again here
    checked = [verify_file(stamp, stamp.path / name if name else stamp.path, remade) for name in names]
    if not any(file.verdict in TOLD for file in checked):
        checked.append(verify_outcomes(stamp, remade))
    changes = changes_between(stamp.attributes, remade.attributes)
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
        changed = hash_changes(stamp.attributes, own)
        first = error.faults[0]
        since = f"{' and '.join(c.name for c in changed)} changed since; " if changed else ""
        what = f"'{stamp.path}' cannot be run again: {since}{first.what}"
        again = Fault(what, first.path, first.line, first.excerpt, first.hint, first.name, first.nearest)
        raise SdsocecError([again, *error.faults[1:]]) from None
