"""Every name in a plot is inside it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from models.documents import drawings, plots
from models.judging.drawn import Dependence, DependencePoint, FeatureImportance, Importance
from models.judging.figures import GroupResult, Interval
from models.judging.record import Drift, FeatureDrift
from models.learning.selection import Trial

MEANS = "visits to a major accident and emergency department, in the last five years"
RATIO = Interval(1.0, 0.9, 1.1)
GROUPS = (("ethnicity", "L"), ("deprivation_fifth", "1"), ("ethnicity", "P"), ("emergency_admissions_2y", "none"))
EVALUATION = SimpleNamespace(
    subgroups=[GroupResult(group=g, value=v, n=123_456, events=99, observed_expected=RATIO) for g, v in GROUPS],
    importance=[Importance("ae", 0.5, [FeatureImportance("ae", MEANS, 0.5)])],
    drift=Drift("2026-04-01", 1, [FeatureDrift("measure_clinical_frailty_scale_days_since_the_last", 0.5)], 0.1),
    selection=[Trial("prior_admissions", "", 0.2, 0.1, 0.3, 0.8, 0.7, 0.9, 0.0, 0.0, chosen=True)],
    dependence=[Dependence("ae", MEANS, [DependencePoint(1.0, 0.1, 0.4), DependencePoint(2.0, 0.2, 0.6)])] * 3,
)


@pytest.mark.parametrize(
    "draw_one", [drawings.subgroups, drawings.importance, drawings.drift, drawings.selection, drawings.dependence]
)
def test_names_lie_within_the_picture(draw_one):
    figure = plots.drawn(EVALUATION, draw_one)
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    for axes in figure.axes:
        for text in (*axes.get_yticklabels(), axes.title, axes.xaxis.label, axes.yaxis.label):
            box = text.get_window_extent()
            if text.get_visible() and text.get_text():
                assert box.x0 >= 0, text.get_text()
                assert box.x1 <= width, text.get_text()
                assert box.y0 >= 0, text.get_text()
                assert box.y1 <= height, text.get_text()


def test_a_group_keeps_its_value_and_its_count():
    figure = plots.drawn(EVALUATION, drawings.subgroups)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert "deprivation of the area, fifth (1: most deprived): 1 (n=123,456)" in names
