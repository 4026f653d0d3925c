"""Every name in a picture lies within it."""

from __future__ import annotations

import pytest

from models.documents import drawings, plots

FIGURES = {"n": 123_456, "observed_expected": 1.0, "observed_expected_low": 0.9, "observed_expected_high": 1.1}
MEANS = "visits to a major accident and emergency department, in the last five years"
EVALUATION = {
    "subgroups": [
        {"group": group, "value": value} | FIGURES
        for group, value in (("ethnicity", "L"), ("deprivation_fifth", "1"), ("ethnicity", "P"), ("emergency_admissions_2y", "none"))
    ],
    "importance": [{"features": [{"means": MEANS}], "importance": 0.5}],
    "drift": {"as_of": "2026-04-01", "features": [{"feature": "measure_clinical_frailty_scale_days_since_the_last", "psi": 0.5}]},
    "selection": [
        {"candidate": "prior_admissions", "auroc": 0.8, "auroc_low": 0.7, "auroc_high": 0.9, "chosen": True},
    ],
    "dependence": [
        {"means": MEANS, "values": [{"value": 1.0, "risk": 0.1, "share": 0.4}, {"value": 2.0, "risk": 0.2, "share": 0.6}]}
    ] * 3,
}  # fmt: skip


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
