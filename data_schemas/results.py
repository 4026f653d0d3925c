"""What a run leaves, as tables."""

from __future__ import annotations

import dataframely as dy

from data_schemas.columns import day, number, person_id, text, whole
from data_schemas.gp import PRACTICE_CODE, SEX

AGE_BANDS = ("0-17", "18-39", "40-64", "65-74", "75-84", "85+")
_MODEL = "The model"


class Scores(dy.Schema):
    """`scores.parquet`: one row per person in the cohort of the as-of date."""

    person_id = person_id()
    practice_code = text("Practice at the as-of date.", "registrations", required=True, pattern=PRACTICE_CODE)
    cluster_code = text("Cluster of that practice; empty where the practice is in none.", "practices")
    as_of = day("Nothing recorded on or after this day was used.", "Configuration", required=True)
    risk = number("Probability of the outcome within the horizon.", _MODEL, required=True, low=0, high=1)
    band = text("Risk in words.", _MODEL, required=True)
    rank_in_cluster = whole("Place in the cluster, 1 = highest risk.", _MODEL, low=1)
    model_version = text("Hash of the model's content.", _MODEL, required=True)


class RiskList(dy.Schema):
    """`risk-list.parquet` and its CSV, XLSX and HTML forms: the highest risks of one cluster, highest first."""

    rank = whole("Place in the list, 1 = highest risk.", _MODEL, required=True, low=1)
    person_id = person_id()
    practice_code = text("Practice at the as-of date.", "registrations", required=True, pattern=PRACTICE_CODE)
    age_band = text(
        "Age at the as-of date.", "registrations", required=True, values={band: f"{band} years" for band in AGE_BANDS}
    )
    sex = text("Sex as registered.", "registrations", required=True, values=SEX)
    risk = number("Probability of the outcome within the horizon.", _MODEL, required=True, low=0, high=1)
    band = text("Risk in words.", _MODEL, required=True)
    reason_1 = text("What raises this person's risk most, in plain words.", _MODEL)
    reason_2 = text("The next reason.", _MODEL)
    reason_3 = text("The reason after that.", _MODEL)


class Quarantine(dy.Schema):
    """`store/quarantine/<table>.parquet`: rows as they were read, and the rule each broke."""

    rule = text("Name of the rule that the row broke.", "Ingest", required=True)
