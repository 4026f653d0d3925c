"""Impact on real people: the randomised plan of the RAND experiment, and programmes that do nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_schemas.errors import ConfigurationError
from flows.impact import impact
from flows.parameters import ImpactParameters
from models.impact.fields import RAND_LESSON
from pipeline.release import audit
from tests.rand_trial import PROGRAMME, SHAM, often_admitted, sham, write_site, years_followed_by_another


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, shared: Path, prefect_harness: None) -> Path:
    config = write_site(shared / "data" / "rand", tmp_path_factory.mktemp("rand") / "site")
    extracts = config.parent / "extracts"
    often_admitted(extracts).with_columns(programme=pl.lit("everyone often admitted")).write_csv(
        extracts / "interventions-often.csv"
    )
    sham(extracts, 7).write_csv(extracts / "interventions-sham.csv")
    return config


def asked(site: Path, programme: str, **more: Any) -> dict[str, Any]:
    out = site.parent / "out"
    impact(ImpactParameters(config=str(site), out=str(out), programme=programme, design="randomised", **more))
    found: dict[str, Any] = json.loads((out / "impact" / programme / "impact.json").read_bytes())
    return found


def test_free_care_raised_admissions(site: Path) -> None:
    found = asked(site, PROGRAMME, outcome="any_admission", horizon=1830)
    headline = found["headline"]
    assert (found["n_offered"], found["n_control"], found["verdict"]) == (3255, 2657, "more")
    assert [headline[name] for name in ("difference", "low", "high")] == pytest.approx([1.96, 1.04, 2.88], abs=0.05)
    assert 1.6 < found["adjusted"]["difference"] < 2.2
    admissions = next(one for one in found["outcomes"] if one["name"] == "admissions")
    assert [admissions[name] for name in ("difference", "low", "high")] == pytest.approx([2.26, 0.89, 3.64], abs=0.05)
    assert found["largest_imbalance"] < 0.1
    page = (site.parent / "out" / "impact" / PROGRAMME / "impact.html").read_text()
    assert page.index("Among those who were offered it, more went into hospital") < page.index("3,255")


def test_the_protocol_is_in_the_log_before_any_outcome(site: Path) -> None:
    asked(site, PROGRAMME, outcome="any_admission", horizon=1830)
    out = site.parent / "out"
    protocol = json.loads((out / "impact" / PROGRAMME / "protocol.json").read_bytes())
    logged = [entry.facts["sha256"] for entry in audit.checked(out / "audit") if entry.action == "protocol"]
    assert len(logged) == len(set(logged))
    assert protocol["outcome"] == "any_admission"


@pytest.mark.parametrize("column", ["outpdol", "kind", "bed_days"])
def test_what_is_dated_after_assignment_is_not_adjusted_for(site: Path, column: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"{column}.*dated after assignment"):
        asked(site, PROGRAMME, adjust=[column])


def test_what_was_recorded_at_enrolment_may_be(site: Path) -> None:
    found = asked(site, PROGRAMME, outcome="any_admission", horizon=1830, adjust=["mhi", "ghindx"])
    assert found["adjusted"]["for"] == ["age", "sex_male", "mhi", "ghindx"]
    assert 1.6 < found["adjusted"]["difference"] < 2.2


def test_after_a_year_with_two_admissions_they_fall_by_71_per_cent_with_nothing_done(shared: Path) -> None:
    found = years_followed_by_another(shared / "data" / "rand" / "extracts")
    before, after = found["stays"].sum(), found["stays_next_year"].sum()
    assert (found.height, before, after) == (201, 481, 138)
    assert f"{100 * (1 - after / before):.0f}%" in RAND_LESSON


def test_a_programme_that_does_nothing_looks_splendid_before_and_after(site: Path) -> None:
    found = asked(site, SHAM, outcome="any_admission", horizon=365)
    assert found["before_after"]["change_percent"] == pytest.approx(-75, abs=8)
    assert found["headline"]["low"] < 0 < found["headline"]["high"]
    assert found["verdict"] == "not shown"


def test_groups_are_fixed_in_the_protocol_and_shown_on_the_page(site: Path) -> None:
    asked(site, PROGRAMME, outcome="any_admission", horizon=1830)
    folder = site.parent / "out" / "impact" / PROGRAMME
    assert json.loads((folder / "protocol.json").read_bytes())["subgroups"] == ["age", "sex"]
    page = (folder / "impact.html").read_text()
    assert "Age: under 65" in page
    assert "Sex: male" in page
