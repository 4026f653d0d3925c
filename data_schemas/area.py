"""Public tables of places: small areas, practices, clusters."""

from __future__ import annotations

import dataframely as dy

from data_schemas.columns import number, row_id, text, whole
from data_schemas.gp import AREA_CODE, AREA_FORM, PRACTICE_CODE, PRACTICE_FORM

_IOD = "English Indices of Deprivation, File 7 (MHCLG, OGL v3)"


def _decile(domain: str) -> dy.Int64:
    return whole(f"{domain}: decile, 1 = most deprived tenth of England.", _IOD, low=1, high=10)


class Areas(dy.Schema):
    """One row per small area. Further numeric columns are allowed."""

    lsoa_code = text("Small area (LSOA).", "ONS", required=True, pattern=AREA_CODE, form=AREA_FORM, key=True)
    imd_rank = whole("Index of Multiple Deprivation: rank, 1 = most deprived.", _IOD, low=1)
    imd_decile = _decile("Index of Multiple Deprivation")
    income_decile = _decile("Income")
    employment_decile = _decile("Employment")
    education_decile = _decile("Education, skills and training")
    health_decile = _decile("Health deprivation and disability")
    crime_decile = _decile("Crime")
    barriers_decile = _decile("Barriers to housing and services")
    environment_decile = _decile("Living environment")
    loneliness_percent = number(
        "Adults who feel lonely often or always, percent.", "Community Life Survey, modelled", low=0, high=100
    )
    row_id = row_id()


class Practices(dy.Schema):
    """One row per practice: which cluster it belongs to."""

    practice_code = text("Practice.", "ODS", required=True, pattern=PRACTICE_CODE, form=PRACTICE_FORM, key=True)
    practice_name = text("Name of the practice.", "ODS")
    pcn_code = text("Primary care network.", "ODS")
    cluster_code = text(
        "Cluster (neighbourhood team) that works with the practice's patients.", "The borough", required=True
    )
    list_size = whole("Registered people.", "NHS England, patients registered at a GP practice", low=0)
    row_id = row_id()


class Clusters(dy.Schema):
    """One row per cluster: its name and how many people its team can take on."""

    cluster_code = text("Cluster.", "The borough", required=True, key=True)
    cluster_name = text("Name of the cluster.", "The borough")
    capacity = whole("People per month that its link workers can take on.", "The borough", low=0)
    row_id = row_id()
