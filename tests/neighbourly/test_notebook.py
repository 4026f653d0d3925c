"""The notebook of the documentation runs from top to bottom and compares two models."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "notebooks" / "compare-two-models.ipynb"


def test_the_notebook_runs_and_holds_no_output_of_an_earlier_run(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (out.parent / "demo").symlink_to(out)
    executed(notebook, out.parent)
    text = "".join(output.get("text", "") for cell in code for output in cell.outputs)
    assert "logistic regression of seven features" in text
    assert "AUROC" in text


def executed(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run every cell in `folder`; the first error of a cell is raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Jupyter's own parts
        from nbclient import NotebookClient

        NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        ).execute()
