"""Defines what an event can be about: the fixed concepts of each extract, and the concepts of the code lists."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property

import polars as pl

from data_schemas.codelists import PREFIX_SYSTEMS, restricted_concepts
from data_schemas.measures import measures

FIXED = {
    "admission.any": ("admissions", "hospital stay of any kind"),
    "admission.unplanned": ("admissions", "emergency admission"),
    "admission.elective": ("admissions", "planned admission"),
    "admission.maternity": ("admissions", "maternity admission or birth"),
    "admission.other": ("admissions", "admission that is neither emergency, planned nor maternity"),
    "admission.acsc": ("admissions", "emergency admission for a condition that care outside hospital often manages"),
    "admission.overnight": ("admissions", "hospital stay with at least one night"),
    "admission.day_case": ("admissions", "planned admission without an overnight stay"),
    "admission.same_day": ("admissions", "emergency admission without an overnight stay"),
    "admission.readmission": ("admissions", "emergency admission within 30 days of leaving hospital"),
    "ae.any": ("attendances", "A&E attendance"),
    "ae.major": ("attendances", "attendance at a major A&E department"),
    "ae.specialty": ("attendances", "attendance at a single-specialty A&E department"),
    "ae.minor": ("attendances", "attendance at a minor injury unit or walk-in centre"),
    "ae.ambulance": ("attendances", "A&E attendance by ambulance"),
    "ae.urgent": ("attendances", "A&E attendance of very urgent acuity"),
    "ae.low_acuity": ("attendances", "A&E attendance of standard or low acuity"),
    "ae.admitted": ("attendances", "A&E attendance that ended in admission"),
    "outpatient.attended": ("outpatients", "outpatient appointment attended"),
    "outpatient.dna": ("outpatients", "outpatient appointment missed"),
    "outpatient.cancelled": ("outpatients", "outpatient appointment cancelled"),
    "outpatient.first": ("outpatients", "first outpatient appointment of a referral, attended"),
    "outpatient.follow_up": ("outpatients", "follow-up outpatient appointment, attended"),
    "appointment.attended": ("appointments", "GP appointment attended"),
    "appointment.dna": ("appointments", "GP appointment missed"),
    "appointment.cancelled": ("appointments", "GP appointment cancelled"),
    "appointment.face_to_face": ("appointments", "GP appointment in person"),
    "appointment.telephone": ("appointments", "GP appointment by telephone"),
    "appointment.video": ("appointments", "GP appointment by video"),
    "appointment.home_visit": ("appointments", "GP home visit"),
    "rx.item": ("prescriptions", "prescribed item; the value is its BNF section"),
    "gp.event": ("gp_events", "any entry in the GP record"),
    "registration.start": ("registrations", "registration with a practice"),
    "admission.frailty_points": (
        "admissions",
        "diagnosis that scores on the Hospital Frailty Risk Score; the value is its points",
    ),
    "loneliness.ucla3": ("gp_events", "UCLA 3-item loneliness score"),
    "loneliness.de_jong_gierveld": ("gp_events", "De Jong Gierveld 6-item loneliness score"),
    "loneliness.direct": ("gp_events", "answer to how often one feels lonely, 1 (often or always) to 5 (never)"),
    "wellbeing.satisfaction": ("gp_events", "satisfaction with life, 0 to 10 (ONS4)"),
    "wellbeing.worthwhile": ("gp_events", "how worthwhile things in life are, 0 to 10 (ONS4)"),
    "wellbeing.happiness": ("gp_events", "happiness yesterday, 0 to 10 (ONS4)"),
    "wellbeing.anxiety": ("gp_events", "anxiety yesterday, 0 to 10 (ONS4)"),
    "social.prescribing_offered": ("gp_events", "social prescribing offered"),
    "social.prescribing_accepted": ("gp_events", "social prescribing accepted"),
    "social.owned_home": ("gp_events", "lives in a home that the household owns"),
    "social.rented_home": ("gp_events", "lives in a rented home"),
    "social.overcrowded": ("gp_events", "lives in an overcrowded home"),
    "strength.self_management": ("gp_events", "review of a long-term condition with a plan for managing it oneself"),
    "strength.active": ("gp_events", "physically active"),
    "strength.group": ("gp_events", "member of a group or club"),
    "strength.volunteering": ("gp_events", "volunteers"),
    "strength.employed": ("gp_events", "in work"),
}
"""Concept → its table and its meaning. Those of gp_events from `loneliness.ucla3` on have no published code that we
could verify. A site gives its own codes under these names in a code list.
"""
COUNCIL = "council."
"""Concepts of council records are `council.<category>`, for the categories that features use."""


@dataclass(frozen=True)
class Concept:
    """A concept with its number in the event log."""

    id: int
    name: str
    source: str
    means: str
    codes: int = 0


class Concepts:
    """All concepts of a site in a fixed order: fixed concepts, code-list concepts, and council concepts that features
    name.

    `codelists` has `concept, system, code, term, built_in`. The set of concepts never depends on the data.
    """

    def __init__(self, codelists: pl.DataFrame, council: Iterable[str] = ()) -> None:
        self.codelists = _normalised(codelists)
        self.council = tuple(sorted(council))

    @cached_property
    def listed(self) -> dict[str, str]:
        """Code-list concept → its meaning in plain words: the shortest of its terms, else its name."""
        length = pl.col("term").str.len_chars().replace(0, None)
        shortest = pl.col("term").sort_by(length, "term", nulls_last=True).first()
        terms = self.codelists.group_by("concept").agg(shortest).sort("concept")
        return {name: in_sentence(term or "") or name for name, term in terms.iter_rows()}

    @cached_property
    def restricted(self) -> frozenset[str]:
        """Concepts that are never printed about a person."""
        return restricted_concepts(self.codelists)

    @cached_property
    def site(self) -> frozenset[str]:
        """Concepts of the site's own code lists."""
        return frozenset(self.codelists.filter(~pl.col("built_in"))["concept"])

    @cached_property
    def all(self) -> tuple[Concept, ...]:
        counts = dict(self.codelists.group_by("concept").len().iter_rows())
        rows = [(name, source, means, 0) for name, (source, means) in FIXED.items()]
        rows += [(name, "codelists", means, counts[name]) for name, means in self.listed.items() if name not in FIXED]
        rows += [(name, "council_records", name.removeprefix(COUNCIL).replace("_", " "), 0) for name in self.council]
        return tuple(Concept(number, *row) for number, row in enumerate(rows))

    @cached_property
    def ids(self) -> dict[str, int]:
        return {concept.name: concept.id for concept in self.all}

    @cached_property
    def exact_codes(self) -> pl.DataFrame:
        """`code, concept` (uint16) for the systems that match exactly; sorted, without repeats.

        Each SNOMED CT code is listed twice, because a floating-point table turns it into `….0`.
        """
        rows = self.codelists.filter(~pl.col("system").is_in(PREFIX_SYSTEMS))
        as_number = rows.filter(system="snomed").with_columns(code=pl.col("code") + ".0")
        return self._numbered(pl.concat([rows, as_number]))

    def codes(self, *systems: str) -> pl.DataFrame:
        """`code, concept` (uint16) for the given systems; sorted, without repeats."""
        return self._numbered(self.codelists.filter(pl.col("system").is_in(systems)))

    def diagnosis_codes(self, diag_system: str) -> pl.DataFrame:
        """`code, concept` of the diagnosis lists that apply to a table's `diag_system`. Built-in ICD-10 lists skip
        icd9.
        """
        system, built_in = pl.col("system"), pl.col("built_in")
        icd10 = (system == "icd10") & (~built_in if diag_system == "icd9" else pl.lit(value=True))
        icd9 = (system == "icd9") & (~built_in if diag_system == "icd10" else pl.lit(value=True))
        return self._numbered(self.codelists.filter(icd10 | icd9))

    def _numbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        number = pl.col("concept").replace_strict(self.ids, return_dtype=pl.UInt16)
        return rows.select("code", number.alias("concept")).unique().sort("code", "concept")

    @property
    def digest(self) -> str:
        """SHA-256 of the concepts, their codes and how their values are read."""
        content = json.dumps([asdict(concept) for concept in self.all]) + repr(sorted(measures().items()))
        return hashlib.sha256((content + self.codelists.write_csv()).encode()).hexdigest()


def in_sentence(term: str) -> str:
    """A term without the SNOMED tag at its end."""
    return re.sub(
        r" \((disorder|finding|situation|procedure|event|observable entity|regime/therapy|person)\)$", "", term
    )


def _normalised(codelists: pl.DataFrame) -> pl.DataFrame:
    """Put codes into the form used for comparison: ICD in capitals without dots and filler, all without surrounding
    spaces.
    """
    code, system = pl.col("code").str.strip_chars(), pl.col("system")
    icd = plain_icd(code)
    return codelists.with_columns(
        code=pl.when(system.is_in(["icd10", "icd9"]))
        .then(icd)
        .when(system == "bnf")
        .then(code.str.to_uppercase())
        .otherwise(code)
    ).sort("concept", "system", "code")


def plain_icd(code: pl.Expr) -> pl.Expr:
    """An ICD code in capitals without its dot and without the X that fills a missing fourth place."""
    return code.str.strip_chars().str.to_uppercase().str.replace_all(r"[.\s]", "").str.replace(r"^(.{3})X$", "$1")


def by_prefix(codes: pl.Series, prefixes: pl.DataFrame) -> pl.DataFrame:
    """`code, concept` of every distinct code that starts with a prefix in `prefixes` (`code, concept`)."""
    distinct = pl.DataFrame({"code": codes.drop_nulls().unique().sort()})
    lengths = sorted(prefixes["code"].str.len_chars().unique())
    matches = [
        distinct.with_columns(prefix=pl.col("code").str.slice(0, length))
        .filter(pl.col("code").str.len_chars() >= length)
        .join(prefixes.rename({"code": "prefix"}), on="prefix")
        .select("code", "concept")
        for length in lengths
    ]
    return (
        pl.concat([distinct.clear().with_columns(concept=pl.lit(None, pl.UInt16)), *matches])
        .unique()
        .sort("code", "concept")
    )
