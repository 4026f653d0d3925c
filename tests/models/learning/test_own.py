"""A user's own classifier gives the same risks from a frame, in any order of columns, and from a matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from models.learning.own import OwnModel


@pytest.mark.parametrize("named", [True, False])
def test_frames_and_matrices_give_the_same_risks(named: bool) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(200, 2)).astype(np.float32)
    frame = pd.DataFrame(values, columns=["age", "visits"])
    y = (values[:, 0] > 0).astype(int)
    model = OwnModel(LogisticRegression().fit(frame if named else values, y), ("age", "visits"))
    shuffled = frame[["visits", "age"]].assign(other=1.0)
    assert (model.predict_proba(values) == model.predict_proba(shuffled)).all()
    assert model.predict_proba(values).shape == (200, 2)
