"""The page is current and names everything, and an outdated page is reported."""

import pytest

from data_schemas import dictionary, profiles
from data_schemas.codelists import load_codelists
from data_schemas.tables import TABLES


def test_the_page_in_docs_is_current():
    assert dictionary.main(["--check"]) == 0, "run python -m data_schemas.dictionary"


def test_every_table_column_profile_and_concept_is_there():
    page = dictionary.dictionary()
    wanted = [f"### {table}\n" for table in TABLES]
    wanted += [f"`{column}`" for schema in TABLES.values() for column in schema.column_names()]
    wanted += [f"### `{profile}`" for profile in profiles.names()]
    wanted += [f"| `{concept}` |" for concept in load_codelists()["concept"].unique()]
    assert [name for name in wanted if name not in page] == []


def test_every_row_of_every_grid_has_as_many_cells_as_its_header():
    width = 0
    for line in dictionary.dictionary().splitlines():
        cells = line.replace("\\|", "").count("|")
        if line.startswith("|"):
            width = width or cells
            assert cells == width, line
        else:
            width = 0


def test_an_outdated_page_is_reported_and_rewritten(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dictionary, "PATH", tmp_path / "data-dictionary.md")
    assert dictionary.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err
    assert dictionary.main([]) == 0
    assert dictionary.main(["--check"]) == 0
    (tmp_path / "data-dictionary.md").write_text("old")
    assert dictionary.main(["--check"]) == 1


def test_usage_is_refused_politely():
    with pytest.raises(SystemExit) as raised:
        dictionary.main(["--no-such-option"])
    assert raised.value.code == 2
