"""Shows what follows a run in the demo: holds back and releases lists, looks up names at an invented practice, verifies
the log and then tampers with a copy."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

from data_schemas.disk import read_csv
from data_schemas.errors import RunFailed
from flows.deliver import deliver
from flows.places import typed
from pipeline.words import counted, people

CAUTIOUS, LEAD, NURSE = "B. Cautious (demo)", "A. Lead (demo)", "C. Nurse (demo)"
BROKEN = "broken-by-hand"
PROGRAM = ".venv/bin/neighbourly"


def walk(out: Path, as_of: dt.date) -> Iterator[str]:
    """Do what people would do with the prepared lists, and print one line per step."""
    yield from _held_back_and_released(out, as_of)
    yield from _names_at_the_practice(out, as_of)
    yield from _verified_and_broken(out)


def _held_back_and_released(out: Path, as_of: dt.date) -> Iterator[str]:
    from pipeline.release import approve, review

    seen = review.summary(out, as_of)
    approve.reject(out, as_of, who=CAUTIOUS, why="Demo: two lists were still to be looked at")
    try:
        deliver(out, as_of, None, CAUTIOUS)
    except RunFailed as refused:
        yield f"Held back by {CAUTIOUS}. A release is then refused: {refused.problems[0].partition(';')[0]}."
    why = "Demo: lists looked at, alarms understood"
    approve.approve(out, as_of, who=LEAD, why=why, accept=seen.alarms)
    done = deliver(out, as_of, None, LEAD)
    alarms = f", with the {' and '.join(seen.alarms)} alarm accepted by name" if seen.alarms else ""
    off = sum(done["taken_off"].values())
    yield (
        f"Released by {LEAD}{alarms}: {counted(done['delivered'], 'file')} to {counted(len(seen.listed), 'cluster')}. "
        f"Taken off, because they died, moved or opted out since: {people(off)}."
    )
    again = deliver(out, as_of, None, LEAD)
    yield f"Delivered once more: {counted(again['delivered'], 'file')} sent, {again['already_there']} there already."


def _names_at_the_practice(out: Path, as_of: dt.date) -> Iterator[str]:
    from pipeline.publish import tabular
    from pipeline.release import reidentify
    from pipeline.synthetic.key_file import write_key_file

    released, practice = first_practice(out, as_of)
    folder = out / "practice" / practice
    key = folder / "key.csv"
    patients = write_key_file(out / "store" / "tables" / "registrations.parquet", practice, as_of, key)
    why = "Demo: link worker's monthly list"
    joined = reidentify.reidentify(released, key, who=NURSE, why=why, log=folder / "reidentification-log")
    target = folder / "risk-list-identified.csv"
    target.touch(mode=0o600)
    target.write_bytes(tabular.csv(joined.rows))
    yield (
        f"At the invented practice {practice} ({counted(patients, 'patient')} in its key file): {people(joined.rows.height)} of the list "
        f"named for {NURSE}, {joined.elsewhere} of other practices not looked up, {joined.unknown} refused."
    )


def _verified_and_broken(out: Path) -> Iterator[str]:
    from pipeline.release import audit
    from pipeline.release.review import AUDIT

    problems = audit.verify(out / AUDIT)
    if problems:
        raise RunFailed(problems)
    yield f"The audit log is unbroken: {counted(len(audit.read(out / AUDIT)), 'entry', 'entries')}."
    broken = out / BROKEN / AUDIT
    shutil.rmtree(broken, ignore_errors=True)
    shutil.copytree(out / AUDIT, broken)
    log = broken / audit.ENTRIES
    log.write_text(log.read_text(encoding="utf-8").replace(CAUTIOUS, "Nobody"))
    problem = audit.verify(broken)[0]
    yield f"In a copy of it, the name of the person who held the lists back was changed by hand. The check finds it: {problem}."


def ledger_in_short(out: Path) -> str:
    """State who is in the ledger after the release."""
    from pipeline.ledger import entries

    totals = entries.totals(out / "store")
    return f"In the ledger: {people(totals['listed'])} listed, {totals['reached']:,} reached, {totals['seen']:,} seen."


def impact_pages(out: Path) -> list[str]:
    """Find the pages on what programmes changed."""
    return [str(path) for path in sorted((out / "impact").glob("*/impact.html"))]


def first_practice(out: Path, as_of: dt.date) -> tuple[Path, str]:
    """A released list and the practice with most people on it."""
    released = min((out / "released").glob(f"*/{as_of}/risk-list.csv"))
    counted = read_csv(released, infer_schema=False).group_by("practice_code").len()
    return released, str(counted.sort("len", "practice_code", descending=[True, False])["practice_code"][0])


def to_look_at(out: Path, folder: Path) -> list[tuple[str, list[str]]]:
    """List, under headings, the files to open and the commands to type."""
    packs = sorted(folder.glob("lists/*"))[:2]
    pages = [str(pack / name) for pack in packs for name in ("risk-list.html", "profile.html")]
    names = ("borough.html", "community.html", "monitor.html", "model-card.md", "report.json")
    whole = [str(folder / name) for name in names]
    return [
        (
            "Two cluster packs, each a list and its community (.xlsx, .csv and .fhir.json are in the same folder):",
            pages,
        ),
        ("The borough, the model and the run:", whole),
        ("What an invented programme changed (nothing, and the page says so first):", impact_pages(out)),
        *_to_try(out, dt.date.fromisoformat(folder.name)),
    ]


def _to_try(out: Path, as_of: dt.date) -> list[tuple[str, list[str]]]:
    from pipeline.release import review

    released, practice = first_practice(out, as_of)
    here = typed(out)
    files = f"{typed(released)} --key {typed(out / 'practice' / practice / 'key.csv')}"
    reason = '--reason "WHY"'
    accept = "".join(f" --accept {alarm}" for alarm in review.summary(out, as_of).alarms)
    page = str(released.with_name("reidentify.html"))
    served = f"--config {typed(out / 'borough' / 'site.toml')} --out {here}"
    tried = {
        "To hold back or release lists yourself:": [
            f"reject {as_of} --out {here} {reason}",
            f"approve {as_of} --out {here} {reason}{accept}",
        ],
        "The same by command:": [f'reidentify {files} --as "YOUR NAME" {reason}'],
        "Who did what, and whether anybody changed the log:": [
            f"audit --verify --out {here}",
            f"audit --verify --out {typed(out / BROKEN)}",
        ],
        "Prefect and MLflow (the release form: Deployments, release/lists, Custom run, Decide again, then Resume):": [
            f"serve {served}"
        ],
    }
    commands = [(heading, [f"{PROGRAM} {command}" for command in each]) for heading, each in tried.items()]
    by_page = "Who is on the list, in a browser at the invented practice (choose the two files of the next command):"
    return [commands[0], (by_page, [page]), *commands[1:]]
