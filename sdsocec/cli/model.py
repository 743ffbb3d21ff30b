"""`sdsocec model`: read a model: its variables, equations, causes and uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sdsocec.errors import SdsocecError, nearest_name

from .common import ModelOption, ProjectOption, load, note, one_of, print_table
from .groups import Group

if TYPE_CHECKING:
    from sdsocec.model import Variable
    from sdsocec.model.project import LoadedModel

app = typer.Typer(
    cls=Group,
    help="Read a model: variables, equations, causes and uses (English only).\n\nExample: sdsocec model variables --kind stock",
    no_args_is_help=True,
)
KINDS = ("stock", "flow", "auxiliary", "constant", "lookup")
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A variable, an alias, or a lever; names: sdsocec model variables")
]
Depth = Annotated[int, typer.Option("--depth", "-d", metavar="N", min=1, max=20, help="How many steps to follow.")]


@app.command("variables")
def variables(
    model: ModelOption = None,
    project: ProjectOption = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="|".join(KINDS), help="Only this kind.")] = None,
) -> None:
    """List the variables of a model with kind, unit, value or range, and documentation.

    Example: sdsocec model variables --kind stock
    """
    if kind is not None:
        one_of("kind", kind, KINDS)
    loaded = load(model, project)
    rows = [
        (_full_name(loaded, v), v.kind, v.unit, _value(v), _range(v), v.documentation)
        for v in loaded.equations.variables.values()
        if kind in (None, v.kind)
    ]
    print_table(("variable", "kind", "unit", "value", "range", "documentation"), rows, f"Variables of {loaded.name}")
    note(f"{len(rows)} variables in {loaded.equations.path}")


@app.command("equation")
def equation(name: Name, model: ModelOption = None, project: ProjectOption = None) -> None:
    """Print the equation of a variable as it stands in the .mdl, with unit, range and documentation.

    Example: sdsocec model equation unemployed
    """
    loaded = load(model, project)
    variable = find(loaded, name)
    for item in variable.equations:
        note(f"{loaded.equations.path}:{item.line}")
        print("\n".join(line.rstrip() for line in item.text.replace("\r", "").splitlines()))
    limits = f" {_range(variable)}" if _range(variable) else ""
    print(f"  unit: {variable.unit or 'none given'}{limits}")
    print(f"  {variable.kind}: {variable.documentation or 'no documentation'}")


@app.command("causes")
def causes(name: Name, depth: Depth = 2, model: ModelOption = None, project: ProjectOption = None) -> None:
    """Show what a variable is made of, as a tree.

    Example: sdsocec model causes "unemployed" --depth 2
    """
    _tree(load(model, project), name, "causes", depth)


@app.command("uses")
def uses(name: Name, depth: Depth = 2, model: ModelOption = None, project: ProjectOption = None) -> None:
    """Show which variables use a variable, as a tree.

    Example: sdsocec model uses vacancies
    """
    _tree(load(model, project), name, "uses", depth)


@app.command("supports")
def supports() -> None:
    """List the Vensim functions and subscript forms that run, and on which engine.

    Example: sdsocec model supports
    """
    from sdsocec.engine.supported import PYSD_ONLY, REFUSED, SUPPORTED

    rows = [(row.group, row.form, "native", row.remark) for row in SUPPORTED]
    rows += [("other", form, "PySD", "seconds to minutes a run") for form in PYSD_ONLY]
    rows += [("other", form, "no", "write the numbers into the .mdl") for form in REFUSED]
    print_table(("group", "form", "engine", "remark"), rows, "Vensim functions and subscript forms")


def find(loaded: LoadedModel, name: str) -> Variable:
    """The variable that a name, an alias or an element means."""
    from sdsocec.model.names import name_key, split_element_name

    variables = loaded.equations.variables
    base = name if name_key(name) in variables else split_element_name(name)[0]
    aliases = {name_key(a): n for a, n in loaded.card.aliases.items()}
    key = name_key(base)
    if key not in variables:
        key = name_key(split_element_name(aliases.get(key, base))[0])
    if key in variables:
        return variables[key]
    names = [v.name for v in variables.values()]
    raise SdsocecError(
        f"the model '{loaded.name}' has no variable '{base}'",
        name=base,
        nearest=nearest_name(base, [*names, *loaded.card.aliases]),
        hint="All names: sdsocec model variables",
    )


def _tree(loaded: LoadedModel, name: str, step: str, depth: int) -> None:
    from sdsocec.model.names import name_key
    from sdsocec.model.structure import tree

    variable = find(loaded, name)
    variables = loaded.equations.variables
    print(variable.name)
    for level, key in tree(loaded.equations, name_key(variable.name), step, depth):
        other = variables.get(key)
        shown = f"{other.name} ({other.kind}{', ' + other.unit if other.unit else ''})" if other else "Time"
        print(f"{'    ' * level}{shown}")


def _full_name(loaded: LoadedModel, variable: Variable) -> str:
    ranges = ",".join(loaded.equations.shown[d] for d in variable.dimensions)
    return f"{variable.name}[{ranges}]" if ranges else variable.name


def _value(variable: Variable) -> str:
    from sdsocec.model.ir import Number

    expression = variable.equations[0].expression
    if variable.kind == "constant" and len(variable.equations) == 1 and isinstance(expression, Number):
        return f"{expression.value:.10g}"
    return ""


def _range(variable: Variable) -> str:
    low, high = variable.range
    if low is None and high is None:
        return ""
    return f"[{'?' if low is None else f'{low:g}'}, {'?' if high is None else f'{high:g}'}]"
