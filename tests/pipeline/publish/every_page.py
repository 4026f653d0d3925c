"""Writes every kind of page, with small invented content, to a folder from which a reader could open them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pipeline import quality
from pipeline.community import site
from pipeline.community.contents import Place
from pipeline.ingest import check
from pipeline.programme.page import page as impact_page
from pipeline.programme.plan_page import plan_page
from pipeline.release.at_practice import letters
from tests.pipeline.community.sites import days, person, records, stay
from tests.pipeline.ingest.extracts_on_disk import Extracts
from tests.pipeline.programme.test_page import PROTOCOL, impact

CLUSTERS = {"N01": "North", "N02": "Central", "N03": "South"}
PLAN: dict[str, Any] = {
    "site": "Wigan", "design": "stepped", "outcome": "unplanned_admission", "order": {"N01": 1, "N02": 2}, "step_months": 3, "months": 9,
    "level": 12.3, "intra_cluster_correlation": 0.012, "month_error": 1.4, "power": {"-10": 0.31, "-20": 0.84}, "seed": 1,
}  # fmt: skip


def write(folder: Path) -> list[Path]:
    """Write pages that are not in a publication: community and monitor of borough and cluster, impact, roll-out plan,
    letters."""
    made = {
        **_community(folder / "site"),
        **_programme(),
        "letters.html": _letters(),
        "data-quality.html": _quality(folder / "door"),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in sorted(made)]


def _community(folder: Path) -> dict[str, bytes]:
    people = [
        person(n, 1 + (n * 7) % 94, "12"[n % 2], f"P1000{1 + n % 3}", 1 + n % 10, household_id=f"h{n // 3}")
        for n in range(1500)
    ]
    conditions = ("hypertension", "diabetes", "copd", "af", "chd", "dementia", "learning_disability")
    events = [(n, f"condition.{conditions[n % 7]}", days(900 if n % 4 else 100), None) for n in range(1, 700)]
    events += [(n, "social.money_problem", days(60), None) for n in range(1, 300, 3)]
    for name, every in (("measure.systolic", 2), ("measure.diastolic", 2), ("rx.statin", 5), ("rx.anticoagulant", 7)):
        events += [(n, name, days(30 + n % 300), 150.0) for n in range(0, 1500, every)]
    events += [
        (n, name, days(200), None)
        for n in range(0, 1500, 3)
        for name in ("strength.flu_vaccination", "strength.health_check")
    ]
    stays = [stay(n, days(20 + n % 700)) for n in range(600)]
    known = records(folder, people, events, stays, [(n, days(30 + n % 200)) for n in range(500)])
    seen, watched = site.community(known, "Wigan", CLUSTERS, [1, 2, 3]), site.monitored(known)
    places = {"borough": Place("", "Wigan"), "cluster": Place("N01", "North")}
    pages = {f"community-{name}.html": site.community_page(seen, place) for name, place in places.items()}
    return pages | {f"monitor-{n}.html": site.monitor_page(watched, "Wigan", p, CLUSTERS) for n, p in places.items()}


def _programme() -> dict[str, bytes]:
    control = {"name": "admissions_month_before", "measure": "risk_difference_per_100", **_figures(0.1)}
    months = [{"month": "April 2026", "people": 400, "difference": 0.2, "low": -1.0, "high": 1.4}]
    result = impact(design="matched", negative_controls=[control])
    return {
        "impact.html": impact_page("Wigan", result, PROTOCOL, {"death"}, months),
        "rollout-plan.html": plan_page(PLAN),
    }


def _figures(difference: float) -> dict[str, float]:
    return {"difference": difference, "low": difference - 1, "high": difference + 1}


def _quality(folder: Path) -> bytes:
    folder.mkdir()
    quality.write(check(Extracts(folder).settings()), folder / "report")
    return (folder / "report" / "data-quality.html").read_bytes()


def _letters() -> bytes:
    row = {
        "band": "Very high",
        "reason_1": "4 A&E visits in the last year (usual at their age: 1)",
        "reason_2": "",
        "reason_3": "",
    }
    rows = pl.DataFrame(
        [{"name": "Ann Example", "person_id": "p1", **row}, {"name": "Bo Example", "person_id": "p2", **row}]
    )
    return letters(rows, ["name"], "01632 960001")
