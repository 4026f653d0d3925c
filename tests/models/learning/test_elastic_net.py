"""The elastic net is the one that scikit-learn's slow solver finds."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from models.learning.elastic_net import ElasticNetLogistic, largest_eigenvalue, shrunk

RNG = np.random.default_rng(5)
X = RNG.normal(size=(1500, 8)) @ (np.eye(8) + 0.3)
Y = (RNG.random(1500) < 1 / (1 + np.exp(1 - X[:, 0] + 0.5 * X[:, 1]))).astype(int)


@pytest.mark.filterwarnings("default")
@parametrize_with_checks([ElasticNetLogistic()])
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("alpha", "ratio"), [(0.02, 0.5), (0.05, 0.9), (0.01, 0.0)])
def test_it_finds_what_saga_finds(alpha, ratio):
    ours = ElasticNetLogistic(alpha, ratio, max_iter=5000, tol=1e-9).fit(X, Y)
    theirs = LogisticRegression(C=1 / (alpha * len(Y)), l1_ratio=ratio, solver="saga", max_iter=20_000, tol=1e-9).fit(
        X, Y
    )
    assert ours.coef_ == pytest.approx(theirs.coef_, abs=2e-3)
    assert ours.intercept_ == pytest.approx(theirs.intercept_, abs=2e-3)
    assert ((ours.coef_ == 0) == (np.abs(theirs.coef_) < 1e-4)).all()


def test_weights_count_as_repeated_rows():
    weight = RNG.integers(0, 3, len(Y))
    rows = np.repeat(np.arange(len(Y)), weight)
    weighted = ElasticNetLogistic(0.01, max_iter=3000, tol=1e-9).fit(X, Y, weight)
    repeated = ElasticNetLogistic(0.01, max_iter=3000, tol=1e-9).fit(X[rows], Y[rows])
    assert weighted.coef_ == pytest.approx(repeated.coef_, abs=1e-5)


def test_shrinking_by_hand():
    assert shrunk(np.array([0.5, -0.2, -1.0]), 0.3) == pytest.approx([0.2, 0.0, -0.7])


def test_the_eigenvalue_bounds_the_true_one():
    weight = np.full(len(Y), 1 / len(Y))
    with_constant = np.column_stack([X, np.ones(len(Y))])
    true = np.linalg.eigvalsh(with_constant.T @ with_constant / len(Y))[-1]
    assert true <= largest_eigenvalue(X, weight) <= 1.1 * true
