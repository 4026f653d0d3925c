"""Flow: prepared lists wait for a person, who releases them or holds them back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import BaseModel, ConfigDict, Field

from data_schemas.errors import RunFailed
from flows.deliver import deliver
from flows.guard import guarded
from pipeline.publish import release as releasing

WAIT_SECONDS = 14 * 24 * 3600
"""Two weeks; then the flow run fails and the lists stay where they are."""


class ReleaseParameters(BaseModel):
    """Which prepared run is to be released."""

    model_config = ConfigDict(extra="forbid")

    out: str = Field("out", min_length=1, title="Output folder")
    as_of: dt.date | None = Field(None, title="As-of date", description="The prepared run; left out: the newest.")
    to: str | None = Field(
        None, title="Deliver to", description="Folder that receives a folder per cluster; left out: <out>/released."
    )


class Decision(RunInput):
    """The form that a person fills in."""

    release: bool = Field(False, description="Off: hold the lists back.")
    who: str = Field(min_length=2, max_length=100, description="Your name.")
    reason: str = Field(min_length=10, max_length=1000, description="Why, in a sentence.")
    accept: list[str] = Field(default_factory=list, description="Alarms that you accept, by name.")


@flow(name="release", persist_result=True)
def release(parameters: ReleaseParameters) -> dict[str, Any]:
    """Suspend with a summary until somebody decides, here or with `neighbourly approve`; then deliver, or hold back."""
    out = Path(parameters.out).expanduser().resolve()
    as_of = parameters.as_of or newest(out)
    seen = guarded("release", lambda: releasing.summary(out, as_of))
    if not seen.decision:
        form = Decision.with_initial_data(description=in_words(seen))
        decided = suspend_flow_run(wait_for_input=form, timeout=WAIT_SECONDS)
        return guarded("release", lambda: carried_out(out, as_of, decided, _target(parameters)))
    if seen.decision == releasing.REJECTED:
        return {"released": False, "decision": seen.decision}
    return guarded("release", lambda: deliver(out, as_of, _target(parameters), "release flow"))


def newest(out: Path) -> dt.date:
    """The as-of date of the newest complete run."""
    runs = sorted(path.parent.name for path in out.glob("????-??-??/manifest.json"))
    if not runs:
        raise RunFailed(f"{out}: no run is prepared there; run `neighbourly run` first")
    return dt.date.fromisoformat(runs[-1])


def carried_out(out: Path, as_of: dt.date, decided: Decision, target: Path | None) -> dict[str, Any]:
    """Write the decision into the audit log, and deliver where it says so."""
    if not decided.release:
        releasing.reject(out, as_of, who=decided.who, why=decided.reason)
        return {"released": False, "decision": releasing.REJECTED}
    releasing.approve(out, as_of, who=decided.who, why=decided.reason, accept=decided.accept)
    return deliver(out, as_of, target, decided.who)


def _target(parameters: ReleaseParameters) -> Path | None:
    return Path(parameters.to).expanduser().resolve() if parameters.to else None


def in_words(seen: releasing.Summary) -> str:
    """What there is to decide on, for the form: counts, alarms and changes, nothing about a person."""
    listed = "\n".join(f"- cluster {code}: {people} people" for code, people in sorted(seen.listed.items()))
    alarms = ", ".join(seen.alarms) or "none"
    changes = (
        f"{seen.stayed} stayed, {seen.joined} joined, {seen.left} left since {seen.previous}"
        if seen.previous
        else "first release"
    )
    return (
        f"Lists of {seen.as_of}, model {seen.model_version}\n\n{listed}\n\nAlarms: {alarms}\n\nAgainst the last release: {changes}.\n\n"
        "Every alarm has to be accepted by its name, or the lists stay here."
    )
