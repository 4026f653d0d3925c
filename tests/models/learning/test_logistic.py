from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model._glm._newton_solver import NewtonCholeskySolver

from models.learning.logistic import Logistic

X = np.random.default_rng(0).normal(size=(400, 6))
Y = (X[:, 0] + np.random.default_rng(1).normal(size=400) > 0).astype(int)


def test_is_scikit_learns_own():
    ours, theirs = (kind(C=0.02, solver="newton-cholesky").fit(X, Y) for kind in (Logistic, LogisticRegression))
    assert (ours.coef_ == theirs.coef_).all()
    assert (ours.predict_proba(X) == theirs.predict_proba(X)).all()


def test_flags_that_a_processor_leaves_set_are_not_seen(monkeypatch):
    solve = NewtonCholeskySolver.inner_solve

    def noisy(self, **given):
        np.array(np.inf) - np.array(np.inf)  # sets the flag of an invalid value, as a matmul does on some processors
        return solve(self, **given)

    monkeypatch.setattr(NewtonCholeskySolver, "inner_solve", noisy)
    with pytest.raises(RuntimeWarning):
        LogisticRegression(solver="newton-cholesky").fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Logistic(solver="newton-cholesky").fit(X, Y)


def test_numbers_that_are_not_finite_are_an_error():
    model = Logistic().fit(X, Y)
    model.coef_ = model.coef_ * np.inf
    with pytest.raises(FloatingPointError, match="log-odds are not finite"):
        model.predict_proba(X)
