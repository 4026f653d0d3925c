"""Declares `neighbourly synth`, which makes a synthetic borough, with optional errors and changes."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data_schemas.errors import ConfigurationError
from flows.cli.options import Json, app, print_result
from flows.places import folder

if TYPE_CHECKING:
    from pipeline.synthetic import Mess

People = Annotated[int, typer.Option(min=100, help="People on the lists on any day.")]
Folder = Annotated[
    Path, typer.Option("--out", "-o", callback=folder, help="Folder for the extracts, their site.toml and the truth.")
]
Seed = Annotated[int, typer.Option(help="Same seed, same bytes.")]
Years = Annotated[int, typer.Option(min=3, max=20, help="Years of extracts before the as-of date.")]
FirstOfMonth = Annotated[
    dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of a month; if left out: 2026-04-01.")
]
Messes = Annotated[
    list[str] | None,
    typer.Option(
        help="How often something goes wrong, such as `duplicates=0.01`; `none` for nothing at all. May be repeated."
    ),
]
LevelShift = Annotated[
    float, typer.Option(help="Emergency admissions change by this share from --shift-from on, such as 0.3 or -0.3.")
]
Day = Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which --level-shift begins.")]
Areas = Annotated[Path | None, typer.Option(help="areas.csv of another borough (docs: synthetic-borough).")]
Ages = Annotated[Path | None, typer.Option(help="ages.csv of another borough.")]
Council = Annotated[
    bool, typer.Option("--council", help="Council and social-care records too, with `council` in the legal basis.")
]
Months = Annotated[
    int,
    typer.Option(
        min=0,
        max=240,
        help="Instead: a world of so many months whose lists change what they predict (docs: feedback).",
    ),
]
SeenHazard = Annotated[
    float,
    typer.Option("--seen-hazard", min=0, max=3, help="With --months: the hazard of people seen, as a multiple."),
]


@app.command()
def synth(
    people: People,
    out: Folder,
    seed: Seed = 1,
    years: Years = 6,
    as_of: FirstOfMonth = None,
    mess: Messes = None,
    level_shift: LevelShift = 0.0,
    shift_from: Day = None,
    areas: Areas = None,
    ages: Ages = None,
    council: Council = False,
    months: Months = 0,
    seen_hazard: SeenHazard = 0.7,
    as_json: Json = False,
) -> None:
    """Make synthetic extracts with their site.toml, and the true risks in a separate file."""
    if months:
        print_result(feedback_world(people, months, seen_hazard, seed, out), as_json=as_json)
        return
    places = {name: path for name, path in (("areas", areas), ("ages", ages)) if path}
    days = {name: day.date() for name, day in (("as_of", as_of), ("shift_from", shift_from)) if day}
    chosen = {
        "years": years,
        "mess": mess_of(mess or []),
        "level_shift": level_shift,
        "council": council,
        **days,
        **places,
    }
    made = make_borough(people, seed, out, **chosen)
    print_result(made if as_json else made | {"mess": f"counted in {out / 'mess.json'}"}, as_json=as_json)


def feedback_world(people: int, months: int, seen_hazard: float, seed: int, out: Path) -> dict[str, Any]:
    """Compare naive training with ours in a world where lists work. Also writes the results to
    `feedback-world.json`."""
    from data_schemas.disk import write
    from pipeline.publish.files import as_json
    from pipeline.synthetic.feedback_world import World, compared

    results = compared(World(people=people, months=months, seen_hazard=seen_hazard), seed)
    write(out / "feedback-world.json", as_json(results))
    return results


def make_borough(people: int, seed: int, out: Path, **choices: Any) -> dict[str, Any]:
    """Make synthetic extracts, their site.toml and the true risks. `choices` are those of
    `pipeline.synthetic.Options`."""
    from pipeline.synthetic import generate

    return dataclasses.asdict(generate(people, seed, out, **choices))


def demo_borough(people: int, out: Path) -> None:
    """Make the borough of the demo, with its invented programme."""
    from pipeline.synthetic.programme import add_programme

    make_borough(people, 1, out)
    add_programme(out / "site.toml", seed=1)


def mess_of(given: list[str]) -> Mess:
    """Read rates from `name=rate`. All others keep their default, or are 0 after `none`. A `ConfigurationError` names
    all wrong ones."""
    from pipeline.synthetic import Mess

    known = [field.name for field in dataclasses.fields(Mess)]
    rates = dict.fromkeys(known, 0.0) if "none" in given else {}
    problems = []
    for entry in given:
        name, _, rate = entry.partition("=")
        if entry != "none" and not (problem := _wrong(name, rate, known)):
            rates[name] = float(rate)
        elif entry != "none":
            problems.append(problem)
    if problems:
        raise ConfigurationError(problems)
    return Mess(**rates)


def _wrong(name: str, rate: str, known: list[str]) -> str:
    if name not in known:
        return f"--mess {name}: this kind of mess does not exist; accepted: {', '.join(known)} and none"
    try:
        fits = 0 <= float(rate) <= 1
    except ValueError:
        fits = False
    return "" if fits else f"--mess {name}: the rate must be a number from 0 to 1, as in {name}=0.01"
