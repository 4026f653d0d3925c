"""An evaluation that another release wrote in another form is named, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_schemas.errors import ConfigurationError
from models.judging import record


def test_an_evaluation_of_an_earlier_release_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "evaluation-0123456789ab.json"
    path.write_text(
        '{"model_version": "m", "metrics": {}, "curves": {"decision": [{"threshold": 0.1, "age_sex": 0.02}]}}'
    )
    with pytest.raises(ConfigurationError, match="run once without --no-train") as raised:
        record.read(path)
    assert raised.value.__context__ is None
