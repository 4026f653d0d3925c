"""Writes the list as a FHIR R4 (4.0.1) bundle of RiskAssessment resources. It uses the base profile, because UK Core
has none for it.
"""

from __future__ import annotations

import uuid
from typing import Any

from pipeline.publish.content import RiskList
from pipeline.publish.files import as_json
from pipeline.publish.reasons import REASONS

_NAMES = uuid.UUID("6f1d9a52-7f0c-5b0e-9a52-2f6f1d9a527f")
"""Namespace of the identifiers, so that the same list always has the same identifiers."""
PSEUDONYMS = "urn:neighbourly:pseudonym"
LISTS = "urn:neighbourly:list"
"""Identifier system of a list: cluster, as-of date and edition."""


def bundle(listed: RiskList) -> bytes:
    """A collection with one RiskAssessment per person on the main list, by rank. Persons appear only by pseudonym."""
    key = f"{listed.site}/{listed.cluster.code}/{listed.as_of}/{listed.model_version}"
    content = {
        "resourceType": "Bundle",
        "id": str(uuid.uuid5(_NAMES, key)),
        "identifier": {"system": LISTS, "value": f"{listed.cluster.code}/{listed.as_of}/{listed.edition.number}"},
        "type": "collection",
        "timestamp": f"{listed.as_of.isoformat()}T00:00:00Z",
        "entry": [_entry(listed, key, row) for row in listed.rows.iter_rows(named=True)],
    }
    return as_json(content)


def _entry(listed: RiskList, key: str, row: dict[str, Any]) -> dict[str, Any]:
    identifier = str(uuid.uuid5(_NAMES, f"{key}/{row['person_id']}"))
    reasons = [row[f"reason_{n + 1}"] for n in range(REASONS)]
    resource = {
        "resourceType": "RiskAssessment",
        "id": identifier,
        "status": "preliminary",
        "subject": {"identifier": {"system": PSEUDONYMS, "value": row["person_id"]}},
        "occurrenceDateTime": listed.as_of.isoformat(),
        "method": {"text": f"Neighbourly, model {listed.model_version}"},
        "performer": {"display": listed.site},
        "prediction": [
            {
                "outcome": {"text": listed.predicts},
                "probabilityDecimal": round(100 * row["risk"], 4),  # FHIR R4 has percentages here, up to 100
                "qualitativeRisk": {"text": row["band"]},
                "rationale": ". ".join(reason for reason in reasons if reason),
            }
        ],
        "note": [{"text": "Not a diagnosis. For a conversation about what matters to the person."}],
    }
    return {"fullUrl": f"urn:uuid:{identifier}", "resource": resource}
