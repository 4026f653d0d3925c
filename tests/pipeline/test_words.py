from __future__ import annotations

import pytest

from pipeline import words


@pytest.mark.parametrize(
    ("risk", "said"),
    [(0.0004, "under 0.1%"), (0.004, "0.4%"), (0.01, "1%"), (0.345, "34%"), (0.996, "over 99%")],
)
def test_no_risk_is_said_to_be_none_or_certain(risk, said):
    assert words.percent(risk) == said
