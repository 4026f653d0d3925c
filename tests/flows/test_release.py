"""The release flow against a Prefect server: it suspends with a summary, a person decides, it starts from the top
and carries that out."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.flow_runs import resume_flow_run
from prefect.states import Pending, Scheduled

from flows.access import ensure, read
from flows.release import _done_in_words, in_words, release
from pipeline.ledger.history import LastTime
from pipeline.release import approve as releasing
from pipeline.release import audit, review
from pipeline.release.editions import Change

pytestmark = pytest.mark.usefixtures("prefect_harness")
AS_OF = dt.date(2026, 4, 1)
CHECKED = {"reason": "Checked with both practices"}
BY = "B. Lead"


Prepare = Callable[..., None]


class Waiting:
    """A flow run of a deployment, started as the deployment server does: from the beginning after each resumption."""

    def __init__(self, out: Path, **more: object) -> None:
        self.out = out
        ensure(out, {"approver": [BY]})
        deployment = release.to_deployment("lists", parameters={"parameters": more}).apply()
        with get_client(sync_client=True) as client:
            self.id = client.create_flow_run_from_deployment(deployment).id
        self.start()

    def start(self) -> None:
        """Run the flow until it suspends or ends."""
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(self.id, Pending())
            flow_run = client.read_flow_run(self.id)
        with contextlib.suppress(Pause), pytest.MonkeyPatch.context() as environment:
            environment.setenv("NEIGHBOURLY_OUT", str(self.out))
            self.result = run_flow(release, flow_run=flow_run)

    def answer(self, **filled_in: Any) -> None:
        """Fill in the form, signed in as the approver, and resume the flow run."""
        values = {"release": False, "accept": [], **filled_in}
        seal = read(self.out).seal(str(self.id), BY, **values)
        resume_flow_run(self.id, run_input={**values, "who": BY, "seal": seal})
        self.start()

    @property
    def state(self) -> str:
        with get_client(sync_client=True) as client:
            found = client.read_flow_run(self.id).state
        return str(found.name if found else "")

    @property
    def shown(self) -> str:
        """What the flow run's page shows about the decision."""
        wanted = ArtifactFilter(
            key=ArtifactFilterKey(any_=["release-summary-wigan"]), flow_run_id=ArtifactFilterFlowRunId(any_=[self.id])
        )
        with get_client(sync_client=True) as client:
            found = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC)
        return str(found[0].data)


def actions(out: Path) -> list[str]:
    """Actions in the audit log."""
    assert audit.verify(out / "audit") == []
    return [entry.action for entry in audit.read(out / "audit")]


def test_it_suspends_with_a_summary_and_delivers_when_released(out: Path) -> None:
    run = Waiting(out)
    assert run.state == "Suspended"
    assert actions(out) == []
    assert all(
        said in run.shown for said in ("2026-04-01", "5 people", "cluster C1: 3", "cluster C2: 2", "Alarms: none")
    )
    assert "p0" not in run.shown
    run.answer(release=True, **CHECKED)
    assert run.state == "Completed"
    assert actions(out) == ["approved", "delivered", "delivered", "released"]
    assert run.result["delivered"] == 18
    there = pl.read_parquet(out / "released" / "C1" / "2026-04-01" / "risk-list.parquet")
    assert there["person_id"].to_list() == ["p0", "p1", "p2"]


def test_what_others_may_read_says_nothing_of_one_person(out: Path) -> None:
    """Everybody with an account on the server can read the approver's form."""
    came = LastTime(dt.date(2026, 3, 2), listed=40, reached=38, seen=12, taken_up=1, resting=0)
    one = Change("the list of 1 March 2026", stayed=39, joined=1, left=21)
    seen = dataclasses.replace(
        review.summary(out, AS_OF),
        listed={"C1": 40},
        clusters={"C1": one},
        last_time=[str(came)],
        last_time_protected=[came.protected],
    )
    text = in_words(seen, [])
    assert "cluster C1: 40 people; added: *, taken off: 20, against the list of 1 March 2026" in text
    assert "Last list: * of 40 contacted, 10 seen, * took up support, 0 resting." in text
    assert "39" not in text
    assert "People taken off: 1." not in _done_in_words(
        AS_OF, {"released": True, "by": BY, "delivered": 1, "already_there": 0, "taken_off": {"C1": 1}}
    )


def test_held_back_nothing_leaves(out: Path) -> None:
    run = Waiting(out)
    run.answer(**CHECKED)
    assert run.state == "Completed"
    assert run.result == {"released": False, "by": "B. Lead"}
    assert actions(out) == ["rejected"]
    assert not (out / "released").exists()


@pytest.mark.parametrize(
    ("filled_in", "said"),
    [
        ({}, "'reason' is a required property"),
        ({"reason": ""}, "'reason'"),
        ({"reason": "            "}, "'reason'"),
        ({**CHECKED, "release": True, "accept": ["leakage"]}, "'leakage' is not one of"),
    ],
    ids=["nothing", "no reason", "blank reason", "no such alarm"],
)
def test_the_form_refuses(alarmed: Waiting, filled_in: dict[str, Any], said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        resume_flow_run(alarmed.id, run_input=filled_in)
    assert alarmed.state == "Suspended"


@pytest.mark.parametrize("who", ["", BY])
def test_an_answer_that_did_not_come_through_the_gate_does_not_count(out: Path, who: str) -> None:
    run = Waiting(out)
    resume_flow_run(run.id, run_input={"release": True, **CHECKED, "who": who})
    run.start()
    assert run.state == "Suspended"
    assert "it is not known who gave it" in run.shown
    assert actions(out) == []


def test_a_name_that_was_put_into_a_signed_answer_does_not_count(out: Path) -> None:
    run = Waiting(out)
    seal = read(out).seal(str(run.id), BY, release=True, accept=[], **CHECKED)
    resume_flow_run(run.id, run_input={"release": True, **CHECKED, "who": "A. Nother", "seal": seal})
    run.start()
    assert actions(out) == []


def test_an_alarm_that_is_not_accepted_is_asked_about_again(out: Path, prepare: Prepare) -> None:
    prepare(out, "calibration", "drift")
    run = Waiting(out)
    assert "drift: 0.7" in run.shown
    run.answer(release=True, accept=["drift"], **CHECKED)
    assert run.state == "Suspended"
    assert "alarm 'calibration' is not accepted" in run.shown
    assert actions(out) == []
    run.answer(release=True, accept=["drift", "calibration"], **CHECKED)
    assert run.state == "Completed"
    assert actions(out) == ["approved", "delivered", "delivered", "released"]


def test_started_again_after_the_decision_it_decides_and_sends_nothing_twice(out: Path) -> None:
    run = Waiting(out)
    run.answer(release=True, **CHECKED)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run.id, Scheduled(), force=True)
    run.start()
    assert actions(out) == ["approved", "delivered", "delivered", "released", "released"]
    assert (run.result["delivered"], run.result["already_there"]) == (0, 18)


def test_an_answer_does_not_count_for_lists_made_since(out: Path, prepare: Prepare) -> None:
    run = Waiting(out)
    prepare(out, model="n" * 16)
    run.answer(release=True, **CHECKED)
    assert run.state == "Suspended"
    assert "model nnnn" in run.shown
    assert actions(out) == []


def test_what_was_approved_on_the_command_line_is_delivered_without_a_question(out: Path) -> None:
    releasing.approve(out, AS_OF, who="A. Lead", why="Checked")
    run = Waiting(out)
    assert run.state == "Completed"
    assert run.result["by"] == "A. Lead"


def test_a_run_can_be_decided_again(out: Path) -> None:
    releasing.approve(out, AS_OF, who="A. Lead", why="Checked")
    run = Waiting(out, decide_again=True)
    assert run.state == "Suspended"
    run.answer(**CHECKED)
    assert run.state == "Completed"
    assert actions(out) == ["approved", "rejected"]


def test_the_answer_to_a_question_counts_though_another_decided_meanwhile(out: Path) -> None:
    run = Waiting(out)
    releasing.approve(out, AS_OF, who="A. Lead", why="Checked")
    run.answer(**CHECKED)
    assert actions(out) == ["approved", "rejected"]
    assert not (out / "released").exists()


@pytest.fixture(scope="module")
def alarmed(tmp_path_factory: pytest.TempPathFactory, prefect_harness: None, prepare: Prepare) -> Waiting:
    """A waiting release, with two alarms."""
    folder = tmp_path_factory.mktemp("alarmed")
    prepare(folder, "calibration", "drift")
    return Waiting(folder)
