"""How often the audit of need and access finds a group whose access is harder: `python -m tests.benchmarks.access`
writes the page.

Each seed makes two simulated sites of the same kind. A logistic regression trains on the admissions of one and scores
the other. Where access is harder for a group, 30% of its admissions do not happen, both past ones (features) and those
to be predicted. Need differs between groups in every seed: more deprived fifths have more of it. Deprivation is a
feature, ethnic group is not.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from data_schemas.disk import write
from models.judging import access
from models.judging.figures import Access
from models.metrics import expit

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "access.md"
SEEDS, PEOPLE, HARDER = 100, 20_000, 0.7
FIRST = 1001
"""First seed of the page. The rule was developed on other seeds."""
GROUPS = ("White", "Asian", "Black", "Mixed or multiple", "Other")
SHARES = (0.60, 0.15, 0.12, 0.08, 0.05)
PLANTED = {
    "nothing": None,
    "ethnic group, 15% of people": ("ethnic_group", "Asian"),
    "most deprived fifth": ("deprivation_fifth", "1"),
}
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """People of one simulated site: groups, features of a model, need, and what happened."""

    groups: dict[str, NDArray[np.object_]]
    features: Array
    need: dict[str, Array]
    age: Array
    female: Array
    y: NDArray[np.int8]
    died: Array


def site(rng: np.random.Generator, people: int, harder: tuple[str, str] | None) -> Simulated:
    """Simulate a site where access is the same for all, or harder for the named group."""
    fifth, ethnic = rng.integers(1, 6, people), rng.choice(GROUPS, people, p=SHARES)
    groups = {"ethnic_group": ethnic.astype(object), "deprivation_fifth": fifth.astype(str).astype(object)}
    age, female = rng.uniform(18, 95, people), (rng.random(people) < 0.5).astype(float)
    older, ill = (age - 50) / 10, rng.normal(0, 1, people) + 0.075 * (3 - fifth)
    reach = np.ones(people) if harder is None else np.where(groups[harder[0]] == harder[1], HARDER, 1.0)
    conditions = rng.poisson(np.exp(-0.6 + 0.25 * older + 0.5 * ill)).astype(float)
    frailty = np.clip(rng.normal(0.05 + 0.02 * older + 0.03 * ill, 0.03), 0, 1)
    past = rng.binomial(rng.poisson(np.exp(-2.3 + 0.2 * older + 0.6 * ill)), reach)
    y = (rng.random(people) < expit(-2.9 + 0.25 * older + 0.8 * ill) * reach).astype(np.int8)
    died = ((rng.random(people) < expit(-6 + 0.6 * older + 0.6 * ill)) & (y == 0)).astype(float)
    features = np.column_stack(
        [older, older**2, female, np.log1p(conditions), 10 * frailty, np.log1p(past), fifth / 5, fifth == 1]
    )
    need = {"long_term_conditions": conditions, "frailty_index": frailty}
    return Simulated(groups, features, need, age, female, y, died)


def audited(seed: int, harder: tuple[str, str] | None, people: int = PEOPLE) -> list[Access]:
    """Audit one site with the model of another."""
    rng = np.random.default_rng([seed, 17])
    trained, judged = site(rng, people, harder), site(rng, people, harder)
    model = LogisticRegression(C=10, max_iter=300).fit(trained.features, trained.y)
    p = model.predict_proba(judged.features)[:, 1]
    facts = (judged.y, p, judged.need, judged.died, judged.age, judged.female)
    return [row for name, group in judged.groups.items() for row in access.unequal(name, group, *facts)]


def counted(harder: tuple[str, str] | None, seeds: Sequence[int]) -> tuple[int, int, int, float]:
    """Count seeds in which the audit names the planted group, names any other group, and reports the score as too low
    for it. Also the mean admissions at the same need."""
    named, others, low, ratios = 0, 0, 0, []
    for seed in seeds:
        rows = audited(seed, harder)
        planted = [row for row in rows if (row.group, row.value) == harder]
        named += any(row.less_access for row in planted)
        low += any(row.less_access and row.more_need for row in planted)
        others += any(row.less_access for row in rows if row not in planted)
        ratios += [row.admissions_at_same_need.value for row in planted]
    return named, others, low, float(np.mean(ratios)) if ratios else 1.0


def page(seeds: int) -> str:
    """Write the page of the docs."""
    rows = []
    for name, harder in PLANTED.items():
        named, others, low, ratio = counted(harder, range(FIRST, FIRST + seeds))
        shown = ("", "", "") if harder is None else (f"{named}", f"{ratio:.2f}", f"{low}")
        rows.append(f"| {name} | {shown[0]} | {others} | {shown[1]} | {shown[2]} |")
    return "\n".join([TEXT.format(seeds=seeds, people=PEOPLE), *rows, ""])


TEXT = f"""# Need and access: what the audit finds

<!-- written by `python -m tests.benchmarks.access` -->

A model is trained on admissions, but people are admitted only if they have the need and also get access to care. If
access is harder for a group, its admissions show less than its need, and a score trained on them may repeat this. So
every evaluation compares each ethnic group and each fifth of deprivation with everybody else, adjusted for age and sex
(`access` in the report):

- **Admissions at the same need**: outcomes divided by those expected from long-term conditions, frailty, age and sex,
  compared with the same ratio for everybody else. *Less access* means {access.FEWER} or below, by more than chance
  among the groups of one kind.
- **Need at the same score**: long-term conditions, frailty and later death without the outcome, each on its own scale
  and as the mean of the three in standard deviations, after adjusting for the score, age and sex. *More need* means
  {access.MORE} or more, by more than chance. The score is then too low for what the group needs.

Each difference has its 95% interval, and the chance of a difference like it between random groups. The level of
{access.LEVEL} is shared by the groups of one kind (Bonferroni). Need means need on record: if a group's illness is rarely written
down, the group seems to have less need, and more access. What is recorded of one person's need is partly chance; of a
whole group's it hardly is. So of what sets a person apart from their group, only the part counts that both measures of
need have in common.

The table counts seeds, from {FIRST} on, out of {{seeds}} simulated sites of {{people:,}} people for each row. The rule
was made on other seeds. 30% of the admissions of one group did not happen, or nothing was planted. Need differs between
fifths of deprivation in all of them. A score that does not use a group cannot pick up its lack of access from the
outcome, only from what the record shows (here, fewer earlier admissions).

Until November 2026 each measure counted as it was. A group with less need than others then seemed to have less access:
where nothing was planted, a group was named in 6 of 100 sites, in five of them the least deprived fifth.

| planted | group named | another group named | admissions at the same need | score too low for it |
| --- | ---: | ---: | ---: | ---: |"""


def main() -> None:
    """Write the page, with the given number of seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    write(PAGE, page(parser.parse_args().seeds))


if __name__ == "__main__":
    main()
