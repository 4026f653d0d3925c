"""The card's section on people whom lists reached."""

from __future__ import annotations

from dataclasses import replace

from models.documents.card_lists import on_lists
from models.judging import record
from models.judging.figures import GroupResult, Interval
from models.judging.record import Influence


def group(value: str, n: int, events: int) -> GroupResult:
    return GroupResult(group="influence", value=value, n=n, events=events, observed_expected=Interval(0.9, 0.8, 1.0))


def test_the_team_s_choices_are_compared_with_the_model_s_and_few_people_are_hidden():
    assert on_lists(None) == ""
    chosen = [
        group("chosen by the model", 200, 80),
        group("added by the team", 40, 20),
        group("taken off by the team", 12, 3),
    ]
    groups = [group("never listed", 5000, 400), group("listed, not reached", 0, 0), group("seen", 31, 12)]
    text = on_lists(Influence(groups=groups, chosen=chosen))
    assert "50% of those **added by the team**" in text
    assert "too few to say how many of those **taken off by the team**" in text
    assert "these had had the outcome: 40% of those **chosen by the model**" in text
    assert "| seen | 30 | 10 | 0.90 [0.80 to 1.00] |" in text
    assert "listed, not reached" not in text
    by_model = on_lists(Influence(groups=groups, chosen=chosen[:1]))
    assert "by the team" not in by_model


def test_the_team_s_choices_outlast_the_file(site, tmp_path):
    evaluation = record.read(site.model.evaluation_path)
    made = replace(
        evaluation, influence=Influence(groups=[group("seen", 31, 12)], chosen=[group("added by the team", 40, 20)])
    )
    record.write(tmp_path / "e.json", made)
    assert record.read(tmp_path / "e.json").influence == made.influence
