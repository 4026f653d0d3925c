"""Writes the model card's section on groups of people: where totals are wrong, who is missed, and who is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data_schemas.small_numbers import ROUND_TO, protect, shown
from models.documents.card_against import counted
from models.documents.words import GROUPS, in_group, number, percent, words
from models.judging.access import conclusion
from models.judging.figures import Access, Gap, GroupResult, Interval
from models.judging.record import Evaluation, ModelMetrics, WhoIsNew

WORST = 5
ADJUSTED = "false_omission_rate_gap_adjusted"
HEAD = (
    "## For whom\n\nThese are the groups whose total is furthest from the prediction. 1 means as often as predicted; above 1, the model"
    " predicts too few. Groups whose range excludes 1 come first. If a range includes 1, the difference may be chance. One group in"
    " twenty excludes it by chance alone.\n"
)
OF_HEALTH = ("age_band", "long_term_conditions", "emergency_admissions_2y")
"""Groupings by health itself. It is not unfair that risks, and so the share missed, differ between these groups."""


def for_whom(evaluation: Evaluation) -> str:
    """Write the section."""
    rows = [row for row in evaluation.subgroups if row.observed_expected.known]
    furthest = sorted(rows, key=_clearness)[:WORST]
    lines = [
        HEAD,
        "| group | people | with the outcome | times as often as predicted | AUROC |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {in_group(row)} | {_people(row.n)} | {_people(row.events)} | {number(row.observed_expected)} | {number(row.auroc)} |"
        for row in furthest
    ]
    small = sum(row.too_small for row in evaluation.subgroups)
    too_small = f"; {small} more were too small to say anything about" if small else ""
    lines.append(
        f"\n{len(rows)} groups were examined{too_small}. Counts of people are rounded to the nearest {ROUND_TO}."
    )
    return (
        "\n".join(lines)
        + "\n"
        + _rising(evaluation.metrics)
        + _missed(evaluation.gaps)
        + _access(evaluation.access)
        + _lonely(evaluation.subgroups)
        + _new(evaluation.metrics)
    )


def _people(count: int) -> str:
    """Protect a count: hide it if it is small and round it otherwise, so that nobody can work out a small group by
    subtraction."""
    return shown(protect(count))


def _clearness(row: GroupResult) -> tuple[bool, float]:
    """Sort key: groups that differ by more than chance come first, and of these, the largest difference."""
    return not row.observed_expected.leaves_out(1), -abs(row.observed_expected.value - 1)


def _missed(gaps: Mapping[str, Gap]) -> str:
    """Name the grouping in which the share missed differs most, beyond chance and with age and sex held equal."""
    known = {
        name: gap for name, gap in gaps.items() if gap.false_omission_rate_gap_adjusted.known and name not in OF_HEALTH
    }
    if not known:
        return ""
    widest = max(
        known, key=lambda name: (known[name].false_omission_rate_gap_adjusted.value - _by_chance(known[name]), name)
    )
    gap = known[widest]
    alike, plain = gap.false_omission_rate_gap_adjusted, gap.false_omission_rate_gap
    return (
        "\n**Missed**: of those not among the 5% at highest risk, some had the outcome all the same. After adjusting for age and sex,"
        f" that share differs most by {GROUPS.get(widest, words(widest))}: by {_in_100(alike)} in 100 between the groups furthest apart"
        f" ({100 * plain.value:.1f} without adjusting). For random groups it would exceed {100 * _by_chance(gap):.1f} one time in"
        f" twenty{_beyond(gap)}.\n"
    )


def _by_chance(gap: Gap) -> float:
    return gap.by_chance.get(ADJUSTED, 0.0)


def _beyond(gap: Gap) -> str:
    return "" if gap.false_omission_rate_gap_adjusted.value > _by_chance(gap) else ": this may be chance"


def _in_100(figure: Interval) -> str:
    ends = f" [{100 * figure.low:.1f} to {100 * figure.high:.1f}]" if figure.bounded else ""
    return f"{100 * figure.value:.1f}{ends}"


def _access(rows: Sequence[Access]) -> str:
    """State whether a group has more need at the same score, or fewer outcomes at the same need."""
    if not rows:
        return ""
    text = (
        "\n**Access**: people have a hospital stay or a visit only if they have the need and also get access to care, and the model"
        " is trained on those. Compared with everybody else, adjusted for age and sex, by ethnic group and deprivation: "
    )
    found = [row for row in rows if row.less_access]
    if not found:
        return f"{text}none of {len(rows)} groups has clearly fewer outcomes at the same recorded need.\n"
    sentences = (
        f"{in_group(row)} had {number(row.admissions_at_same_need)} times as many outcomes at the same recorded need. {conclusion(row)}"
        for row in found
    )
    return f"{text}{' '.join(sentences)} Ask whether access is harder for them before you rank them by score alone.\n"


def _lonely(rows: Sequence[GroupResult]) -> str:
    """State how many people are recorded as lonely, and how many of them a list by risk alone would leave out."""
    found = {row.value: row for row in rows if row.group == "recorded_lonely"}
    if set(found) != {"yes", "no"} or not found["yes"].flagged_share.known:
        return ""
    lonely, everybody = found["yes"], sum(row.n for row in found.values())
    return (
        f"\n**Loneliness**: {_people(lonely.n)} people ({percent(lonely.n / everybody)}) are recorded as lonely. By risk alone,"
        f" {counted(lonely.flagged_share, lonely.n)} of them are among the 5% at highest risk; without their records the"
        " others would be missed. Most lonely people are not recorded. `loneliness` in the report and the overview have the records of"
        " each practice.\n"
    )


def _rising(found: ModelMetrics) -> str:
    figures = found.rising_risk
    if figures is None or not figures.auroc.known:
        return ""
    harder = "They are harder to predict: among them" if figures.auroc.value < found.test.auroc.value else "Among them"
    return (
        f"\n**Rising risk**: {percent(figures.share_of_all_events)} of all outcomes fall on people with no emergency admission in the"
        f" last two years. {harder} the AUROC is {number(figures.auroc)}, and"
        f" {percent(figures.flagged_share)} of them are among the 5% at highest risk.\n"
    )


def _new(found: ModelMetrics) -> str:
    figures, share = found.new_people, found.test.share_also_trained_on
    text = f"\n{percent(share)} of those it was tested on had been in the training data too, at an earlier date. "
    if not figures.auroc.known:
        return text + "The others are too few to report separately.\n"
    total = figures.observed_expected
    off = f" Their risks are too {'low' if total.low > 1 else 'high'}." if total.leaves_out(1) else ""
    return (
        f"{text}**New people**: for the {_people(figures.n)} others{_aged(found.who_is_new)} the AUROC is {number(figures.auroc)}, and the"
        f" outcome happened {number(total)} times as often as predicted.{off}{_disjoint(found)}\n"
    )


def _aged(who: WhoIsNew | None) -> str:
    """State how old the new people are."""
    if who is None or who.median_age is None:
        return ""
    most = max(who.ages, key=lambda band: who.ages[band])
    share = who.ages[most] / sum(who.ages.values())
    return f" (median age {who.median_age:.0f}; {percent(share)} are aged {most})"


def _disjoint(found: ModelMetrics) -> str:
    """State whether the difference comes from being new or from the ages of new people."""
    apart, same = found.person_disjoint, found.person_disjoint_same_ages
    if apart is None or same is None or not (apart.auroc.known and same.observed_expected.known):
        return ""
    return (
        f" For models of the same kind that had not seen the people at any date, the AUROC of everybody is {number(apart.auroc, 3)},"
        f" and for people of the same ages as the new people the outcome happened {number(same.observed_expected)} times as often as"
        " predicted."
    )
