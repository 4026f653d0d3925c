"""Provides the types of saved models under a name that a user's own folder `models` does not hide.

MLflow and skops import this module when they open a model, wherever Python was started.
"""

import logging

from neighbourly.packages import ours_first

with ours_first():
    from models.learning.calibrate import Calibrator
    from models.learning.estimators import RiskModel
    from models.learning.logistic import Logistic
    from models.learning.newcomers import Newcomers
    from models.learning.own import OwnModel
    from models.learning.terms import LinearTerms

__all__ = ["Calibrator", "LinearTerms", "Logistic", "Newcomers", "OwnModel", "RiskModel"]


def _is_passed_on(record: logging.LogRecord) -> bool:
    """Whether to pass on a warning of MLflow. Models take frames with more columns than they use, and it would list
    them all.
    """
    return not record.getMessage().startswith("Found extra inputs")


logging.getLogger("mlflow.models.utils").addFilter(_is_passed_on)
