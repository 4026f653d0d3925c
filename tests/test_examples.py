"""The examples in README and the how-to pages are accepted as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data_schemas import profiles
from data_schemas.codelists import load_codelists
from pipeline.features.catalogue import load_features
from pipeline.settings import load_settings

ROOT = Path(__file__).parents[1]


def blocks(page: str, language: str) -> list[str]:
    """The code of one language on a page."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/feature.md"])
def test_the_features_of_a_page_can_be_declared(page: str, tmp_path: Path) -> None:
    (tmp_path / "site_features.py").write_text(blocks(page, "python")[0])
    (tmp_path / "falls.csv").write_text(blocks("docs/how-to/feature.md", "csv")[0])
    found = load_features(load_codelists((tmp_path / "falls.csv",)), ["site_features"], tmp_path)
    assert "falls_clinic_visits_1y" in found.names
    assert "site_falls_clinic_ever" in found.names


def test_the_site_toml_of_the_readme_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(blocks("README.md", "toml")[0])
    (tmp_path / "extracts").mkdir()
    for name in ("registrations.csv.gz", "hes_apc_2025.csv.gz", "practices.csv"):
        (tmp_path / "extracts" / name).touch()
    assert set(load_settings(tmp_path / "site.toml").extracts) == {"registrations", "admissions", "practices"}


def test_the_profile_of_the_page_is_accepted(tmp_path: Path) -> None:
    changed, named, ours = blocks("docs/how-to/profile.md", "toml")[:3]
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "ours.toml").write_text(ours)
    for name in ("apc_1.csv", "registrations.csv", "practices.csv"):
        (tmp_path / name).touch()
    head = '[site]\nname = "X"\nlegal_basis = ["gp", "sus"]\n'
    for section in (changed, named):
        (tmp_path / "site.toml").write_text(head + section)
        assert "admissions" in load_settings(tmp_path / "site.toml", require_tables=False).extracts
    assert "hes-apc" in profiles.names()
