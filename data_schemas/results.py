"""The tables that a run leaves."""

from __future__ import annotations

import dataframely as dy

from data_schemas.columns import day, number, person_id, text, whole
from data_schemas.gp import PRACTICE_CODE

AGE_BANDS = ("Under 18", "18 to 39", "40 to 64", "65 to 74", "75 to 84", "85 and over")
SEXES = ("Male", "Female", "Not specified", "Not known")
BANDS = {
    "Very high": "the highest 0.5% of the borough",
    "High": "the rest of the highest 5%",
    "Moderate": "the rest of the highest 20%",
    "Lower": "everyone else",
}
_MODEL = "The model"
_LEDGER = "Ledger"
_BOOK = "community_assets"


class Scores(dy.Schema):
    """`scores.parquet`: one row per person in the cohort of the as-of date."""

    person_id = person_id()
    practice_code = text("Practice at the as-of date.", "registrations", required=True, pattern=PRACTICE_CODE)
    cluster_code = text("Cluster of that practice; empty if the practice is not in a cluster.", "practices")
    as_of = day("Nothing recorded on or after this day was used.", "Configuration", required=True)
    risk = number("Probability of the outcome within the horizon.", _MODEL, required=True, low=0, high=1)
    band = text(
        "How high the risk is compared with the rest of the borough, in words.", _MODEL, required=True, values=BANDS
    )
    rank_in_cluster = whole("Position in the cluster, 1 = highest risk.", _MODEL, low=1)
    model_version = text("Hash of the model's content.", _MODEL, required=True)


class RiskList(dy.Schema):
    """`risk-list.parquet` and its CSV, XLSX, HTML and FHIR forms: the highest risks in one cluster, highest first, in
    words for people.

    `also-consider` has the same columns: people who are on another list but not on the main one.
    """

    rank = whole("Position in the list, 1 = highest risk.", _MODEL, required=True, low=1)
    person_id = person_id()
    practice_code = text("Practice at the as-of date.", "registrations", required=True, pattern=PRACTICE_CODE)
    practice_name = text("Name of the practice, if the site gives it.", "practices")
    age_band = text("Age at the as-of date.", "registrations", required=True, values={band: band for band in AGE_BANDS})
    sex = text("Sex as registered.", "registrations", required=True, values={sex: sex for sex in SEXES})
    group = text("Their health in short: their segment of the whole population.", "Event log")
    risk = number("Probability of the outcome within the horizon.", _MODEL, required=True, low=0, high=1)
    chance = text("The risk in everyday words, such as about 3 in 10.", _MODEL, required=True)
    band = text(
        "How high the risk is compared with the rest of the borough, in words.", _MODEL, required=True, values=BANDS
    )
    lists = text("All lists that the person is on or qualifies for, by priority.", "Features", required=True)
    segment = text("The first of the person's other lists, or the main list.", "Features", required=True)
    months = text("New this month, or how many months in a row on the list.", _LEDGER)
    contact = text("What happened at the last contact, and when.", _LEDGER)
    change = text("How the risk has changed since the last run, and why.", _MODEL)
    reason_1 = text("What raises this person's risk most, in plain words.", _MODEL)
    reason_2 = text("The next reason.", _MODEL)
    reason_3 = text("The reason after that.", _MODEL)
    strength_1 = text("What is going well for the person, according to the record.", "Features")
    strength_2 = text("Another strength.", "Features")
    strength_3 = text("Another strength.", "Features")
    prompt_1 = text("A question to open the conversation with.", "Neighbourly")
    prompt_2 = text("The next question: from a strength, an offer or the first list.", "Neighbourly")
    offer_1 = text("An offer near the person that fits something on their record.", _BOOK)
    offer_2 = text("Another offer.", _BOOK)
    offer_3 = text("Another offer.", _BOOK)
    cluster_code = text("The cluster that the list belongs to.", "practices", required=True)
    as_of = day("As-of date of the list.", _MODEL, required=True)
    edition = whole("Edition of the list for this as-of date, from 1.", "Release", required=True, low=1)


class Quarantine(dy.Schema):
    """`store/quarantine/<table>.parquet`: rows as they were read, and the rule each broke."""

    rule = text("Name of the rule that the row broke.", "Ingest", required=True)
