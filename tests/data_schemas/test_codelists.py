"""Built-in lists are sound, a site's are read leniently and checked strictly, and restricted codes are caught."""

import csv
from pathlib import Path

import polars as pl
import pytest

from data_schemas import codelists
from data_schemas.codelists import SYSTEMS, load_codelists, restricted_concepts
from data_schemas.errors import ConfigurationError

FACTS = Path(__file__).parents[2].parent / "shared" / "reference" / "facts"

_D5 = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6], [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1], [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]  # fmt: skip
_TURN = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def verhoeff(number: str) -> bool:
    """Whether the last digit is the Verhoeff check digit of the others."""
    check, turned = 0, list(range(10))
    for digit in reversed(number):
        check = _D5[check][turned[int(digit)]]
        turned = [_TURN[place] for place in turned]
    return check == 0


def site_list(folder: Path, *rows: str, name: str = "own.csv", header: str = "concept,system,code,term") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def problems(*paths: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        load_codelists(paths)
    return raised.value.problems


def test_the_check_digit_itself():
    assert verhoeff("72313002")  # systolic arterial pressure, a published identifier
    assert not verhoeff("72313003")
    assert not verhoeff("73213002")  # neighbours swapped


def test_every_built_in_snomed_code_has_its_check_digit():
    codes = load_codelists().filter(pl.col("system") == "snomed")["code"].to_list()
    codes += [row["code"] for row in codelists.restricted_codes() if row["system"] == "snomed"]
    assert len(codes) > 1000
    assert [code for code in codes if not (code.isdigit() and 6 <= len(code) <= 18 and verhoeff(code))] == []


def test_built_in_lists_are_complete_rows_in_known_systems():
    frame = load_codelists()
    assert frame.columns == ["concept", "system", "code", "term", "built_in"]
    assert frame.null_count().sum_horizontal().item() == 0
    assert set(frame["system"]) <= set(SYSTEMS)
    assert frame["built_in"].all()
    assert frame.select("concept", "system", "code").is_unique().all()
    assert frame.equals(frame.sort("concept", "system", "code"))
    assert set(frame["concept"]) == set(codelists.meanings())


@pytest.mark.parametrize(
    "concept",
    [
        "condition.copd",
        "condition.diabetes",
        "condition.dementia",
        "condition.cancer",
        "condition.palliative",
        "social.lonely",
        "social.isolated",
        "social.lives_alone",
        "social.bereaved",
        "social.housing_problem",
        "social.cold_home",
        "social.unemployed",
        "social.domestic_abuse",
        "social.safeguarding",
        "social.homeless",
        "social.carer",
        "social.cared_for",
        "social.care_home",
        "social.prescribing_referral",
        "social.prescribing_declined",
        "function.housebound",
        "function.falls",
        "function.mobility",
        "function.cognition",
        "function.incontinence",
        "lifestyle.smoker",
        "lifestyle.ex_smoker",
        "lifestyle.never_smoked",
        "lifestyle.heavy_drinker",
        "measure.bmi",
        "measure.systolic",
        "measure.hba1c",
        "measure.egfr",
        "rx.antidepressant",
        "rx.hypnotic",
        "rx.opioid",
        "rx.insulin",
        "rx.diuretic",
        "rx.anticoagulant",
        "rx.inhaled_steroid",
        "rx.bronchodilator",
        "rx.antipsychotic",
        "rx.antibacterial",
        "rx.statin",
        "strength.flu_vaccination",
        "charlson.dementia",
        "acsc.copd",
    ],
)
def test_the_concepts_that_others_rely_on_exist(concept):
    assert concept in set(load_codelists()["concept"])


def test_people_who_smoke_used_to_or_never_did_are_told_apart():
    frame = load_codelists()
    groups = [
        set(frame.filter(pl.col("concept") == f"lifestyle.{name}")["code"])
        for name in ("smoker", "ex_smoker", "never_smoked")
    ]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert "77176002" in groups[0]  # smoker
    assert "8517006" in groups[1]  # ex-smoker
    assert "266919005" in groups[2]  # never smoked tobacco
    assert "8392000" not in set().union(*groups)  # non-smoker: may be either


def test_score_weights_against_their_publications():
    weights = codelists.charlson_weights()
    assert len(weights) == 17
    assert (
        weights["charlson.dementia"],
        weights["charlson.metastatic_cancer"],
        weights["charlson.myocardial_infarction"],
    ) == (2, 6, 0)
    points = codelists.hospital_frailty_points()
    assert len(points) == 109
    assert (points["F00"], points["R50"]) == (7.1, 0.1)
    assert codelists.units()["measure.systolic"] == "mmHg"


def test_charlson_codes_are_those_of_the_reference():
    path = FACTS / "charlson_icd10_quan2005.csv"
    if not path.is_file():
        pytest.skip("../shared is not here")
    with path.open(encoding="utf-8") as file:
        expected = {row["code"] for row in csv.DictReader(file)}
    assert set(load_codelists().filter(pl.col("concept").str.starts_with("charlson."))["code"]) == expected


_ACSC = {
    "ACSC acute: cellulitis": "cellulitis", "ACSC acute: gangrene": "gangrene", "ACSC acute: convulsions and epilepsy": "convulsions",
    "ACSC acute: dehydration and gastroenteritis": "dehydration", "ACSC acute: dental conditions": "dental",
    "ACSC acute: ENT infections": "ent_infection", "ACSC acute: pelvic inflammatory disease": "pelvic_inflammation",
    "ACSC acute: perforated/bleeding ulcer": "ulcer", "ACSC acute: pyelonephritis": "pyelonephritis", "ACSC chronic: angina": "angina",
    "ACSC chronic: asthma": "asthma", "ACSC chronic: congestive heart failure / hypertension": "heart_failure",
    "ACSC chronic: COPD": "copd", "ACSC chronic: diabetes complications": "diabetes",
    "ACSC chronic: iron-deficiency anaemia": "anaemia",
    "ACSC chronic: nutritional deficiencies": "nutrition", "ACSC vaccine-preventable: influenza and pneumonia": "flu_pneumonia",
    "ACSC vaccine-preventable: other": "vaccine_preventable",
}  # fmt: skip
_UNDIVIDED = {"I10", "J81", "E86", "R02", "L88", "E40", "E41", "E42", "E43", "N10", "N12", "J13", "J14", "B09", "J22"}
"""X fills the fourth place only of categories without subdivision, so a category is tried with X or with digits, never
both."""


def test_acsc_prefixes_catch_what_the_published_patterns_catch():
    """The patterns are read on diagnoses as HES writes them, and each prefix list is compared with its own pattern."""
    path = FACTS / "acsc_icd10.csv"
    if not path.is_file():
        pytest.skip("../shared is not here")
    with path.open(encoding="utf-8") as file:
        patterns = {
            _ACSC[row["concept"]]: row["code"].replace(" || ", "|")
            for row in csv.DictReader(file)
            if row["concept"] in _ACSC
        }
    categories = [f"{letter}{number:02d}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for number in range(100)]
    codes = pl.Series([f"{c}{last}" for c in categories for last in ("X" if c in _UNDIVIDED else "0123456789")])
    frame = load_codelists()
    for name, pattern in patterns.items():
        prefixes = frame.filter(pl.col("concept") == f"acsc.{name}")["code"].to_list()
        ours = codes.str.replace("X$", "").str.contains(f"^({'|'.join(prefixes)})")
        assert codes.filter(ours).to_list() == codes.filter(codes.str.contains(f"^({pattern})")).to_list(), name


def test_a_sites_list_joins_and_a_concept_of_the_same_name_replaces(tmp_path):
    path = site_list(
        tmp_path,
        "social.lonely,local, LON1 ,Lonely here",
        "food_bank,SNOMED,123,Food bank",
        "food_bank,snomed,123,Food bank",
    )
    frame = load_codelists([path])
    assert frame.filter(pl.col("concept") == "social.lonely").rows() == [
        ("social.lonely", "local", "LON1", "Lonely here", False)
    ]
    assert frame.filter(pl.col("concept") == "food_bank").rows() == [("food_bank", "snomed", "123", "Food bank", False)]
    assert (
        frame.filter(pl.col("built_in")).height == load_codelists().filter(pl.col("concept") != "social.lonely").height
    )


def test_local_codes_keep_their_case(tmp_path):
    frame = load_codelists([site_list(tmp_path, "x,local,Ab1,", "x,local,AB1,")])
    assert frame.filter(pl.col("concept") == "x")["code"].to_list() == ["AB1", "Ab1"]


def test_all_problems_of_all_files_come_together(tmp_path):
    first = site_list(tmp_path, "a,snomd,1,", ",local,2,", "b,local,,", "c,snomed,8.44631E+14,")
    second = site_list(tmp_path, "a,1", name="second.csv", header="concept,code")
    third = tmp_path / "third.csv"
    third.write_bytes(b"concept,system,code\n\xff\xfe,local,1\n")
    found = problems(first, second, third, tmp_path / "fourth.csv")
    for words in (
        ("own.csv, line 2", "'snomd'", "nearest: snomed"),
        ("own.csv, line 3", "concept is empty"),
        ("own.csv, line 4", "code is empty"),
        ("own.csv, line 5", "spreadsheet"),
        ("second.csv", "no column system"),
        ("third.csv", "UTF-8"),
        ("fourth.csv", "cannot be read"),
    ):
        assert [problem for problem in found if all(word in problem for word in words)], (words, found)
    assert len(found) == 7


def test_restricted_concepts_are_found_by_their_codes_whatever_their_names(tmp_path):
    built_in = restricted_concepts(load_codelists())
    assert {"social.domestic_abuse", "social.safeguarding", "charlson.hiv_aids"} <= built_in
    assert {"acsc.pelvic_inflammation", "condition.palliative"} <= built_in  # as reasons never mention them
    assert not built_in & {"social.lonely", "social.carer", "condition.depression", "acsc.cellulitis"}
    path = site_list(
        tmp_path,
        "clinic_a,icd10,B20.1,", "clinic_b,icd10,B2,", "clinic_c,bnf,0703021,", "clinic_d,snomed,371772001,", "clinic_e,icd9,042,",
        "restricted.our_own,local,Z9,", "clinic_f,icd10,J44,",
    )  # fmt: skip
    own = {name for name in restricted_concepts(load_codelists([path])) if name not in built_in}
    assert own == {"clinic_a", "clinic_b", "clinic_c", "clinic_d", "restricted.our_own"}


@pytest.mark.parametrize("name", ["rand", "cms_dev"])
def test_the_shared_lists_load(name):
    path = FACTS.parents[1] / "data" / name / "codelists" / "local.csv"
    if not path.is_file():
        pytest.skip("../shared is not here")
    frame = load_codelists([path]).filter(~pl.col("built_in"))
    with path.open(encoding="utf-8") as file:
        assert frame.height == sum(1 for _ in csv.reader(file)) - 1
