"""Flow: prepared lists wait for a person, who releases them or holds them back."""

from __future__ import annotations

import datetime as dt
import hmac
import itertools
from functools import partial
from pathlib import Path
from typing import Any, Literal

from prefect import runtime
from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import BaseModel, ConfigDict, Field, create_model

from data_schemas.errors import ConfigurationError, RunFailed
from flows import access
from flows.artifacts import key_of
from flows.deliver import deliver
from flows.flow import flow
from flows.guard import guarded
from flows.parameters import pinned
from flows.places import OUT
from pipeline.disclosure import protect, shown
from pipeline.release import approve as releasing
from pipeline.release import review
from pipeline.words import counted, people

WAIT_SECONDS = 14 * 24 * 3600
"""How long a flow run waits: two weeks. Then it fails, and the lists stay where they are."""

SAID = r"\S+"
"""Pattern of text that is not only spaces."""


UNSIGNED = "it is not known who gave it; sign in to the server of `neighbourly serve` as an approver, or use `neighbourly approve`"


class ReleaseParameters(BaseModel):
    """Which prepared run is to be released."""

    model_config = ConfigDict(extra="forbid")

    as_of: dt.date | None = Field(None, title="As-of date", description="The prepared run; left out: the newest.")
    decide_again: bool = Field(
        default=False, title="Decide again", description="Ask although the run was released or held back before."
    )


def _without_names(schema: dict[str, Any]) -> None:
    """Remove the question of who decides from the form. The server's gate writes and signs that."""
    for name in ("who", "seal"):
        schema["properties"].pop(name)
    schema["additionalProperties"] = True


class Decision(RunInput):
    """The form that a person fills in, and who it was, by the account with which they signed in."""

    model_config = ConfigDict(json_schema_extra=_without_names)

    release: bool = Field(False, title="Release the lists", description="Off: hold them back.")
    reason: str = Field(min_length=10, max_length=1000, pattern=SAID, title="Why", description="In a sentence.")
    accept: list[str] = Field(default_factory=list, title="Alarms that you accept", description="Each by its name.")
    who: str = ""
    seal: str = ""


@flow(name="release", persist_result=True)
def release(parameters: ReleaseParameters) -> dict[str, Any]:
    """Suspend with a summary until somebody decides, here or with `neighbourly approve`. Then deliver, or hold back.

    A suspended flow run starts again from the beginning when it is resumed, with its form filled in. A form is valid
    only for the files that it was shown with, and is written to the audit log once, however often the flow run starts.
    """
    out = Path(pinned(OUT)).expanduser().resolve()
    as_of = parameters.as_of or newest(out)
    problems: list[str] = []
    for attempt in itertools.count(1):
        seen = guarded("release", lambda: review.summary(out, as_of))
        key = f"{seen.manifest[:16]}-{attempt}"
        if seen.decision and not parameters.decide_again and not _was_asked(key):
            break
        decided = ask(seen, problems, key)
        problems = record(out, as_of, decided, form=f"{runtime.flow_run.id} {key}")
        if not problems:
            break
    done = guarded("release", lambda: carried_out(out, as_of))
    create_markdown_artifact(
        _done_in_words(as_of, done), key=key_of(seen.site, "release-done"), description="The result of the release"
    )
    return done


def ask(seen: review.Summary, problems: list[str], key: str) -> Decision:
    """Suspend the flow run until somebody fills in the form, and return the form."""
    summary = in_words(seen, problems)
    if not _was_asked(key):
        create_markdown_artifact(
            summary, key=key_of(seen.site, "release-summary"), description="What there is to decide on"
        )
    return suspend_flow_run(wait_for_input=form(seen.alarms, summary), timeout=WAIT_SECONDS, key=key)


def form(alarms: list[str], summary: str) -> type[Decision]:
    """Make the form, with the alarms to choose from."""
    names: Any = Literal[tuple(alarms)] if alarms else str
    accept: Any = Field(
        default_factory=list,
        title="Alarms that you accept",
        max_length=len(alarms),
        description=", ".join(alarms) or "There are none.",
    )
    made: type[Decision] = create_model("Decision", __base__=Decision, accept=(list[names], accept))
    return made.with_initial_data(description=summary)


def _was_asked(key: str) -> bool:
    """Whether this flow run was suspended under a key before."""
    context = FlowRunContext.get()
    policy = context.flow_run.empirical_policy if context and context.flow_run else None
    return key in ((policy.pause_keys if policy else None) or set())


def newest(out: Path) -> dt.date:
    """The as-of date of the newest complete run."""
    runs = sorted(path.parent.name for path in out.glob("????-??-??/manifest.json"))
    if not runs:
        raise RunFailed(f"{out}: no run is prepared there; run `neighbourly run` first")
    return dt.date.fromisoformat(runs[-1])


def record(out: Path, as_of: dt.date, decided: Decision, *, form: str) -> list[str]:
    """Write the decision to the audit log unless this form is already there. Returns why it cannot be accepted."""
    if form in releasing.forms(out):
        return []
    if not is_signed(out, decided, form.partition(" ")[0]):
        return [UNSIGNED]
    decision: dict[str, Any] = {"who": decided.who, "why": decided.reason, "form": form}
    approve = partial(releasing.approve, out, as_of, accept=decided.accept, **decision)
    try:
        guarded("release", approve if decided.release else partial(releasing.reject, out, as_of, **decision))
    except ConfigurationError as error:
        return error.problems
    return []


def is_signed(out: Path, decided: Decision, flow_run: str) -> bool:
    """Whether the gate of `neighbourly serve` has checked who gave the answer (`flows.access.gate`)."""
    decision: dict[str, Any] = {"release": decided.release, "reason": decided.reason, "accept": decided.accept}
    return hmac.compare_digest(access.read(access.place(out)).seal(flow_run, decided.who, **decision), decided.seal)


def carried_out(out: Path, as_of: dt.date) -> dict[str, Any]:
    """Deliver if the last decision says so."""
    last = review.decision(out, as_of)
    by = last.who if last else ""
    if last and last.action == review.REJECTED:
        return {"released": False, "by": by}
    return {"released": True, "by": by, **deliver(out, as_of, None, by)}


def in_words(seen: review.Summary, problems: list[str]) -> str:
    """Text of the form: protected counts, alarms and changes, but nothing about a person."""
    parts = ["**The last answer could not be taken:**\n\n" + _bullets(problems)] if problems else []
    parts.append(
        f"Lists of **{seen.site}, {seen.as_of}**, model {seen.model_version[:12]}, for {people(sum(seen.listed.values()))}:"
    )
    parts.append(
        _bullets(
            [
                f"cluster {code}: {people(listed)}; {seen.clusters[code].protected}"
                for code, listed in sorted(seen.listed.items())
            ]
        )
    )
    if seen.last_time_protected:
        parts.append(f"What happened after the last lists:\n\n{_bullets(seen.last_time_protected)}")
    if seen.earlier:
        parts.append(f"Decided before: {seen.earlier}.")
    if seen.alarms:
        parts.append("**Alarms**; to release, accept each by its name:\n\n" + _bullets(seen.details))
    else:
        parts.append("Alarms: none.")
    parts.append(
        f"Notices: {', '.join(seen.notices) or 'none'}. Details are in report.json in the folder of the lists. Small numbers of people are "
        f"protected here; `neighbourly approve {seen.as_of}` shows them as they are."
    )
    return "\n\n".join(parts)


def _done_in_words(as_of: dt.date, done: dict[str, Any]) -> str:
    if not done["released"]:
        return f"The lists of **{as_of}** are held back by {done['by']}. Nothing more is delivered."
    off = shown(protect(sum(done["taken_off"].values())))
    return (
        f"The lists of **{as_of}** are released, by {done['by']}: {counted(done['delivered'], 'file')} delivered, "
        f"{done['already_there']} there already. People taken off: {off}."
    )


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
