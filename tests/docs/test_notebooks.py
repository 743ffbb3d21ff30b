"""The notebooks of docs/notebooks run from top to bottom, and show what their text says."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "docs" / "notebooks"


def executed(name: str, folder: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    return NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()


def results(notebook: nbformat.NotebookNode) -> list[dict[str, str]]:
    """What each code cell gave, by MIME type."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [{kind: text for output in cell.outputs for kind, text in output.get("data", {}).items()} for cell in cells]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_notebook_on_tuning_shows_a_better_fit_to_vacancies_and_takes_it_back(tmp_path):
    values, fit, first, changed, misfits, compared, second, left = results(executed("tuning.ipynb", tmp_path))
    assert "matching elasticity" in values["text/plain"] and "covariation" in fit["text/plain"]
    assert "image/png" in first and "image/png" in second and first["image/png"] != second["image/png"]
    rows = {tuple(line.split()[:2]): line.split() for line in changed["text/plain"].splitlines()}
    assert float(rows["vacancies", "fit"][3]) < -0.01, "vacancies follow better, as the text says"
    assert float(rows["unemployed", "fit"][3]) > 0, "unemployed somewhat worse"
    before, after = map(float, misfits["text/plain"].strip("()").split(","))
    assert after < before
    assert "slow market and quick employers" in compared["text/html"]
    assert left["text/plain"] == "{}"
    assert list(tmp_path.iterdir()) == [], "nothing was written"


def test_notebooks_are_kept_without_results():
    paths = list(NOTEBOOKS.glob("*.ipynb"))
    assert paths
    for path in paths:
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells), path.name
