from __future__ import annotations

import pytest

from data_schemas.receipts import Feature
from pipeline.publish import restricted


@pytest.mark.parametrize(
    "said",
    [
        "domestic abuse ever recorded",
        "Safeguarding concern",
        "victim of sexual assault",
        "days since the last termination of pregnancy",
        "HIV positive",
        "STI screen",
        "contraception advice in the last year",
        "in prison",
        "female genital mutilation",
        "maternity admissions in the last year",
        "alcohol abuse",
        "pelvic inflammatory disease (hospital diagnosis): recorded",
        "vasectomy",
        "HRT items in the last year",
        "postnatal depression",
        "gynaecology clinic visits",
        "palliative or end of life care in the last year",
        "terminal care",
    ],
)
def test_hidden(said):
    assert restricted.mentions(said)
    assert restricted.is_restricted(Feature("f", said, "social", "ever"))


@pytest.mark.parametrize(
    "said",
    [
        "still in work",
        "hearing aids",
        "emergency admissions in the last year",
        "Middlesex",
        "bus terminal",
        "grapes",
        "cervical spondylosis",
        "thyroid hormone items",
        "sterile dressing items",
        "COPD",
    ],
)
def test_shown(said):
    assert not restricted.mentions(said)


def test_name_concept_group_and_declaration_each_hide():
    assert restricted.is_restricted(Feature("ever_domestic_abuse", "recorded", "social", "ever"))
    assert restricted.is_restricted(Feature("f", "recorded", "social", "ever", concept="social.safeguarding_adult"))
    assert restricted.is_restricted(Feature("f", "recorded", "social", "ever", group="sexual_health"))
    assert restricted.is_restricted(Feature("f", "recorded", "social", "ever", restricted=True))
    assert not restricted.is_restricted(Feature("f", "recorded", "social", "ever"))


SEXUAL_AND_REPRODUCTIVE = (
    "A5",
    "A60",
    "A61",
    "A62",
    "A63",
    "A64",
    "B20",
    "B21",
    "B22",
    "B23",
    "B24",
    "N7",
    "Z21",
    "Z3",
)
"""ICD-10: infections passed on by sex, HIV, inflammation of the female pelvis, contraception and pregnancy."""


def test_no_built_in_code_list_on_these_subjects_is_shown():
    import csv
    from pathlib import Path

    import data_schemas

    lists = (Path(data_schemas.__file__).parent / "codelists").glob("*.csv")
    rows = [row for path in lists for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]
    about = {
        (row["concept"], row["term"])
        for row in rows
        if row["system"] == "icd10" and row["code"].startswith(SEXUAL_AND_REPRODUCTIVE)
    }
    assert {concept for concept, _ in about} >= {"charlson.hiv_aids", "acsc.pelvic_inflammation"}
    assert [concept for concept, term in about if not restricted.mentions(f"{concept} {term}")] == []
