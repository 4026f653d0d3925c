"""A whole run on a small synthetic borough: its output is correct, repeatable, and either complete or absent."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from data_schemas.disk import read_parquet
from flows.lock import LOCK
from tests.faults.test_sentinel import prefects

pytestmark = pytest.mark.usefixtures("prefect_harness")
METRICS = {
    "n", "events", "auroc", "auroc_low", "auroc_high", "average_precision", "brier",
    "calibration_slope", "calibration_intercept", "observed_expected", "ppv_at", "sensitivity_at",
}  # fmt: skip
SHARES = ["0.005", "0.01", "0.02", "0.05", "0.10"]


@pytest.fixture(scope="module")
def borough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site.toml with 3,000 invented people and two training dates, in a folder whose name has special characters of
    globs, addresses and formats."""
    from pipeline.synthetic import generate

    folder = tmp_path_factory.mktemp("borough") / "100%25 what?#ü [a]{b}"
    generate(3000, 7, folder)
    config = folder / "site.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("train_as_of = [2023-04-01, ", "train_as_of = ["), encoding="utf-8")
    return config


@pytest.fixture(scope="module")
def out(borough: Path, prefect_harness: None) -> Path:
    """The output of one run, which draws every picture and reports its heartbeat to Prefect."""
    from models.documents import plots
    from models.registry import runs

    folder = borough.parent / "out"
    with pytest.MonkeyPatch.context() as patch, temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 180}):
        patch.setattr(runs, "plots", plots)
        refresh(borough, folder)
    return folder


def refresh(site: Path, out: Path, **more: Any) -> dict[str, Any]:
    """Run everything."""
    from flows.parameters import RunParameters
    from flows.refresh import refresh as flow

    return flow(RunParameters(config=str(site), out=str(out), **more))


def published(out: Path) -> Path:
    """The one complete output folder."""
    return next(out.glob("????-??-??"))


def report(out: Path) -> dict[str, Any]:
    """report.json of the run."""
    return dict(json.loads((published(out) / "report.json").read_text()))


def test_the_manifest_names_every_file_with_its_hash(out: Path) -> None:
    folder = published(out)
    manifest = json.loads((folder / "manifest.json").read_text())
    named = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    there = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json"}
    assert named.keys() == there.keys()
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == named[name] for name, path in there.items())


def test_scores_hold_the_whole_cohort_once(out: Path) -> None:
    scores = read_parquet(published(out) / "scores.parquet")
    assert {
        "person_id",
        "practice_code",
        "cluster_code",
        "as_of",
        "risk",
        "band",
        "rank_in_cluster",
        "model_version",
    } <= set(scores.columns)
    assert scores["person_id"].is_unique().all()
    assert scores["risk"].is_between(0, 1).all()
    assert scores.height == report(out)["counts"]["score"]["people_out"]
    ranks = scores.sort("cluster_code", "rank_in_cluster")
    assert ranks.group_by("cluster_code").agg((pl.col("risk").diff().drop_nulls() <= 0).all())["risk"].all()


def test_the_lists_have_the_columns_of_the_contract_highest_risk_first(out: Path) -> None:
    lists = sorted(published(out).glob("lists/*/risk-list.parquet"))
    assert lists
    wanted = [
        "rank",
        "person_id",
        "practice_code",
        "age_band",
        "sex",
        "risk",
        "band",
        "reason_1",
        "reason_2",
        "reason_3",
    ]
    for path in lists:
        rows = read_parquet(path)
        assert set(wanted) <= set(rows.columns)
        assert rows["risk"].is_sorted(descending=True)
        assert all((path.parent / f"risk-list.{ending}").exists() for ending in ("csv", "xlsx", "html"))


def test_the_report_has_the_metrics_of_the_contract_for_model_and_baselines(out: Path) -> None:
    found = report(out)
    for judged in (found["metrics"]["test"], *found["baselines"].values()):
        assert judged.keys() >= METRICS
        assert list(judged["ppv_at"]) == list(judged["sensitivity_at"]) == SHARES
    simple, published = {"age_sex", "prior_admissions", "parr30"}, {"parr30_published", "frailty_index", "charlson_age"}
    assert set(found["baselines"]) == set(found["differences"]) == simple | published
    assert all(rival["auroc"] < found["metrics"]["test"]["auroc"] for rival in found["baselines"].values())
    assert 0.5 < found["metrics"]["oracle"]["auroc"] < 1


def test_the_reported_auroc_is_that_of_the_published_model(out: Path, borough: Path) -> None:
    """An independent calculation: concordant pairs counted from the model's own test risks."""
    from flows.parameters import RunParameters
    from flows.run import Run
    from models.score import score

    run = Run(RunParameters(config=str(borough), out=str(out)))
    snapshot = run.testing[0]
    risks = read_parquet(score(run.model, snapshot, run.store))
    outcome = read_parquet(snapshot.folder / "outcomes" / "unplanned_admission-365.parquet").filter(~pl.col("left"))
    both = outcome.join(risks, on="person")
    yes, no = both.filter("event")["risk"].to_numpy(), both.filter(~pl.col("event"))["risk"].to_numpy()
    auroc = ((yes[:, None] > no).mean() + 0.5 * (yes[:, None] == no).mean()).item()
    assert report(out)["metrics"]["test"]["n"] == both.height
    assert report(out)["metrics"]["test"]["auroc"] == pytest.approx(auroc, abs=1e-9)


def test_nothing_published_names_a_place_of_this_machine(out: Path, borough: Path) -> None:
    places = [str(borough.parent), borough.parent.as_uri()]
    for path in (path for path in published(out).rglob("*") if path.is_file()):
        assert not any(place.encode() in path.read_bytes() for place in places), path.name
    models = [path.read_text() for path in (out / "mlartifacts").rglob("MLmodel")]
    assert models
    assert not any(place in text for place in places for text in models)


def test_every_step_says_what_it_took(out: Path) -> None:
    steps = {step["step"]: step for step in report(out)["steps"]}
    assert {"ingest", "event log", "train", "score"} <= steps.keys()
    assert all(step["seconds"] >= 0 and "peak_memory_mb" in step for step in steps.values())


def test_the_same_inputs_give_the_same_scores_in_another_folder(out: Path, borough: Path, tmp_path: Path) -> None:
    refresh(borough, tmp_path)
    for name in ("scores.parquet", "borough.html"):
        assert (published(tmp_path) / name).read_bytes() == (published(out) / name).read_bytes()


def contents(out: Path) -> dict[Path, bytes]:
    """Content of every file except the lock, which names its last holder. A backup has the lock too."""
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != ".run.lock"}


def test_a_restored_backup_on_another_path_scores_the_same_bytes_and_leaves_the_original(
    out: Path, borough: Path, tmp_path: Path
) -> None:
    from flows.backup import backup, restore

    before = contents(out)
    backup(out, tmp_path / "out.tar")
    copy = tmp_path / "elsewhere" / "out"
    restore(tmp_path / "out.tar", copy)
    for path in [*(copy / "store" / "scores").iterdir(), *(copy / "store" / "receipts").glob("score-*")]:
        path.unlink()
    refresh(borough, copy)
    scored = next(step for step in report(copy)["steps"] if step["step"] == "score")
    assert not scored["reused"]
    assert (published(copy) / "scores.parquet").read_bytes() == before[published(out) / "scores.parquet"]
    assert contents(out) == before


def test_a_second_run_reuses_what_is_done_and_gives_the_same_scores(out: Path, borough: Path) -> None:
    before = (published(out) / "scores.parquet").read_bytes()
    refresh(borough, out)
    assert (published(out) / "scores.parquet").read_bytes() == before
    assert all(step["reused"] for step in report(out)["steps"] if step["step"] in {"ingest", "event log"})


def test_no_persons_pseudonym_reaches_prefect_or_mlflow(out: Path, borough: Path) -> None:
    ids = read_parquet(published(out) / "scores.parquet")["person_id"].head(50).to_list()
    places = [
        out / "mlflow.db",
        *(p for p in (out / "mlartifacts").rglob("*") if p.is_file()),
        *(out / "store" / "receipts").rglob("*"),
    ]
    databases = list(prefects())
    assert databases
    for place in [*places, *databases]:
        if place.is_file():
            content = place.read_bytes()
            assert not any(person.encode() in content for person in ids), place.name


@pytest.mark.parametrize("step", ["it has just begun", "it writes the lists"])
def test_a_killed_run_leaves_the_old_output_whole_and_starts_again(
    out: Path, borough: Path, step: str, tmp_path: Path, prefect_database: Path
) -> None:
    folder = published(out)
    before = {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    shutil.copyfile(prefect_database, tmp_path / "prefect.db")
    with_own, with_ours = {"PREFECT_HOME": str(tmp_path)}, {"PREFECT_API_URL": str(PREFECT_API_URL.value())}
    server = with_ours if step == "it has just begun" else with_own
    program = Path(sys.executable).with_name("neighbourly")
    run = subprocess.Popen(
        [str(program), "run", "--config", str(borough), "--out", str(out)], env={**os.environ, **server},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    give_up = time.monotonic() + 600
    while not has_come_to(step, out, run.pid):
        assert run.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    manifest = json.loads((folder / "manifest.json").read_text())
    assert all(hashlib.sha256((folder / e["path"]).read_bytes()).hexdigest() == e["sha256"] for e in manifest["files"])
    assert (folder / "scores.parquet").read_bytes() == before[folder / "scores.parquet"]
    refresh(borough, out)
    assert (published(out) / "scores.parquet").read_bytes() == before[folder / "scores.parquet"]


def has_come_to(step: str, out: Path, process: int) -> bool:
    """Whether the run of a process is this far."""
    if step == "it has just begun":
        return f"(process {process}," in (out / LOCK).read_text(encoding="utf-8")
    return any(out.glob(".????-??-??.*/lists/*/*"))


def test_expected_bed_days_are_summed_for_everybody_and_for_those_a_list_has_places_for(out: Path) -> None:
    found = report(out)["expected_bed_days"]
    (path,) = (out / "store" / "bed-days").glob(f"*-{report(out)['model_version']}.parquet")
    days = read_parquet(path)
    assert found["everybody"] == pytest.approx(days["expected_bed_days"].sum(), abs=0.1)
    assert found["clusters"].keys() == report(out)["counts"]["clusters"].keys()
    assert all(0 < row["in_places"] <= row["everybody"] for row in found["clusters"].values())


def test_training_can_look_over_time(out: Path, borough: Path) -> None:
    from flows.parameters import RunParameters
    from flows.train import train

    found = train(RunParameters(config=str(borough), out=str(out), rolling=True))
    newest = max(report(out)["test_as_of"])
    assert found["rolling"][-1]["judged at"] == newest
    assert all(row["trained at"] < row["judged at"] for row in found["rolling"])
    assert found["staleness"]
    card = (Path(found["path"]) / "model-card.md").read_text()
    assert f"Tested at {newest}, trained on" in card
    refresh(borough, out)
    assert f"Tested at {newest}, trained on" in (published(out) / "model-card.md").read_text()


def test_the_champion_scores_the_same_without_training(out: Path, borough: Path) -> None:
    if report(out)["model"]["alias"] != "champion":
        pytest.skip("alarms have held the model of this borough back")
    before = (published(out) / "scores.parquet").read_bytes()
    refresh(borough, out, train=False)
    assert (published(out) / "scores.parquet").read_bytes() == before
    assert "train" not in {step["step"] for step in report(out)["steps"]}


def test_recalibration_is_reported_and_leaves_ranking_and_alarms(out: Path, borough: Path) -> None:
    before, alarms = read_parquet(published(out) / "scores.parquet"), report(out)["alarms"]
    refresh(borough, out, recalibrate=True)
    after, reported = read_parquet(published(out) / "scores.parquet"), report(out)
    (notice,) = (n["name"] for n in reported["notices"] if n["name"] in {"recalibrated", "not_recalibrated"})
    assert after["person_id"].to_list() == before["person_id"].to_list()
    assert set(after["model_version"]) == {reported["model_version"]}
    assert (after["risk"].to_list() == before["risk"].to_list()) == (notice == "not_recalibrated")
    assert reported["alarms"] == alarms
