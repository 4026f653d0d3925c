"""Declarations are checked when they are read, all problems together. Code lists become features without further
declarations."""

from __future__ import annotations

import polars as pl
import pytest

from data_schemas.codelists import load_codelists
from data_schemas.errors import ConfigurationError
from pipeline.features.catalogue import BUILT_IN, USED_BY_NAME, features_of, load_features
from pipeline.features.declare import count, days_since_first, years
from pipeline.features.problems import looking_at_others
from tests.pipeline.extracts import site


def lists(*rows):
    columns = {"concept": pl.String, "system": pl.String, "code": pl.String, "term": pl.String, "built_in": pl.Boolean}
    return pl.DataFrame([(*row, False) for row in rows], schema=columns, orient="row")


INCOME = lists(("income", "local", "INC", "Income of the family"))


def of_module(folder, text, codelists=INCOME, name="ours"):
    (folder / f"{name}.py").write_text("from pipeline.features.declare import *\nimport polars as pl\n" + text)
    return load_features(codelists, [name], folder)


def problems(folder, text, codelists=INCOME):
    with pytest.raises(ConfigurationError) as refused:
        of_module(folder, text, codelists)
    return refused.value.problems


def test_the_built_in_features_hold_together():
    found = load_features(load_codelists())
    declared = [named for named in found.features if named.declared.over != 365]
    assert set(USED_BY_NAME) <= set(found.names)
    assert len(found.names) == len(set(found.names)) > 250
    pairs = {(named.declared.concepts, named.declared.statistic) for named in declared if named.declared.concepts}
    assert len(pairs) > 120
    families = {named.feature.family for named in found.features}
    assert families == {"use_of_care", "clinical", "social", "loneliness", "strength", "demographic"}
    assert all(
        named.feature.strength for named in found.features if named.name in ("lives_with_others", "keeps_appointments")
    )


def test_restricted_concepts_make_restricted_features():
    found = {named.name: named.feature for named in load_features(load_codelists()).features}
    assert found["social_domestic_abuse_ever"].restricted
    assert found["charlson_hiv_aids_ever"].restricted
    assert not found["condition_copd_ever"].restricted


def test_a_feature_is_its_declaration():
    found = {named.name: named.feature for named in load_features(load_codelists()).features}["emergency_admissions_1y"]
    assert (found.means, found.statistic, found.concept) == (
        "emergency admissions in the last year",
        "count",
        "admission.unplanned",
    )
    assert (found.window_days, found.missing, found.family) == (365, 0, "use_of_care")


def test_a_concept_of_a_code_list_becomes_four_features(tmp_path):
    found = of_module(tmp_path, "")
    values = {
        named.name: (named.feature.statistic, named.feature.means, named.feature.missing) for named in found.features
    }
    assert values == {
        "income_ever": ("ever", "Income of the family: recorded", 0),
        "income_count_1y": ("count", "Income of the family: times in the last year", 0),
        "income_days_since": ("days_since_last", "Income of the family: days since the last", None),
        "income_latest": ("latest", "Income of the family: latest value", None),
    }


def test_a_declared_feature_takes_the_place_of_the_automatic_one(tmp_path):
    found = of_module(tmp_path, 'poor = ever("income", missing=0, means="income is known")')
    assert found.names == ["poor", "income_count_1y", "income_days_since", "income_latest"]


def test_a_name_taken_from_another_module_is_not_declared_again(tmp_path):
    found = of_module(tmp_path, "from pipeline.features.demographic import age")
    assert "age" not in found.names


def test_all_problems_at_once(tmp_path):
    text = (
        'a = count("admission.unplaned", missing=0, means="x")\n'
        'income_ever = count("income", missing=0, means="clashes")\n'
        'b = score(pl.col("income_evr") + 1, missing=0, means="y")\n'
    )
    assert problems(tmp_path, text) == [
        "a: the concept 'admission.unplaned' does not exist; nearest: admission.unplanned",
        "income_ever: two features have this name ('clashes', 'Income of the family: recorded'); rename one",
        "b: the feature 'income_evr' does not exist; nearest: income_ever",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('a = count("income", means="x")', "missing"),
        ('a = count("income", missing=0)', "means"),
        ('a = count("income", missing=0, means=" ")', "plain words"),
        ('a = count("income", missing=0, means="x", over=0)', "at least one day"),
        ('a = count("income", missing=0, means="x")\na = ever("income", missing=0, means="x")', "more than once"),
        ("a = 1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_module_that_cannot_be_used_is_reported_by_name(tmp_path, text, words):
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("features.modules: ours cannot be used")
    assert words in problem


def test_a_module_that_is_not_there():
    with pytest.raises(ConfigurationError, match="nowhere cannot be used: ModuleNotFoundError"):
        load_features(INCOME, ["nowhere"])


@pytest.mark.parametrize(
    "expression",
    [
        'pl.col("income_latest").rank()',
        'pl.col("income_latest") - pl.col("income_latest").mean()',
        'pl.col("income_latest").sum().over("income_ever")',
        'pl.col("income_latest").is_in(pl.col("income_days_since"))',
        'pl.col("income_latest").map_batches(lambda values: values / values.max(), pl.Float32)',
        "pl.len()",
        'pl.col("income_latest").cum_sum()',
        'pl.col("income_latest").shift(1)',
        'pl.col("income_latest").is_first_distinct()',
        'pl.col("income_latest").forward_fill()',
        'pl.col("income_latest") == pl.col("income_latest").max()',
        "pl.int_range(pl.len())",
    ],
)
@pytest.mark.parametrize("kind", ["score", "fact"])
def test_values_that_depend_on_other_people_are_refused(tmp_path, kind, expression):
    (problem,) = problems(tmp_path, f'a = {kind}({expression}, missing=0, means="x")')
    assert problem.startswith("a: its value for a person depends on other people")


def test_a_rank_among_some_people_is_refused_too(tmp_path):
    text = 'a = fact(pl.when(pl.col("sex") == "2").then(pl.col("age").rank()), missing=0, means="x")'
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("a: its value for a person depends on other people")


@pytest.mark.parametrize(
    "expression",
    [
        'pl.col("income_latest") / pl.col("income_count_1y")',
        'pl.sum_horizontal(pl.col("^income_.*$")).log()',
        'pl.reduce(lambda one, other: one + other, [pl.col("income_ever"), pl.col("income_latest")])',
        'pl.col("income_latest").map_elements(lambda income: min(income, 100.0), pl.Float32)',
        'pl.col("income_latest").replace_strict({10.0: 1.0})',
        'pl.when(pl.col("sex") == "2").then(pl.col("age"))',
        'pl.col("age").max().over("person")',
        'pl.col("birth_month").dt.month()',
    ],
)
def test_values_of_the_same_person_may_be_used_in_any_way(tmp_path, expression):
    assert of_module(tmp_path, f'a = fact({expression}, missing=0, means="x")').names[0] == "a"


def test_no_built_in_feature_depends_on_other_people():
    built_in = load_features(load_codelists()).features
    assert list(looking_at_others(built_in, built_in)) == []


def test_scores_of_each_other_are_refused(tmp_path):
    text = 'a = score(pl.col("b"), missing=0, means="x")\nb = score(pl.col("a"), missing=0, means="x")\n'
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("scores are worked out from each other: ")


def test_scores_come_after_those_they_need(tmp_path):
    text = 'a = score(pl.col("b") + 1, missing=0, means="x")\nb = score(pl.col("income_ever"), missing=0, means="x")\n'
    found = of_module(tmp_path, text)
    assert [[named.name for named in group] for group in found.scores] == [["b"], ["a"]]
    assert found.names[:2] == ["a", "b"], "columns keep the declared order"


def test_the_digest_tells_declarations_and_codes_apart(tmp_path):
    same = [of_module(tmp_path, 'a = count("income", missing=0, means="x")').digest for _ in range(2)]
    other = of_module(tmp_path, 'a = count("income", missing=0, means="x", over=30)').digest
    recoded = of_module(
        tmp_path, 'a = count("income", missing=0, means="x")', lists(("income", "local", "INC2", "Income"))
    ).digest
    assert len({*same, other, recoded}) == 3


def test_built_in_modules_can_be_named_one_by_one():
    found = load_features(INCOME, [BUILT_IN[0]])
    assert found.names[0] == "age"
    assert "emergency_admissions_1y" not in found.names


OURS = 'from pipeline.features.declare import ever\nlonely = ever("social.lonely", missing=0, means="x")\n'


def test_a_sites_own_module_is_added_to_the_built_in_ones(tmp_path):
    (tmp_path / "ours.py").write_text(OURS)
    built_in = set(features_of(site(tmp_path)).names)
    added = set(features_of(site(tmp_path, modules=("ours",))).names)
    assert added >= {"lonely", "emergency_admissions_30d", "long_term_conditions"}
    assert len(added) >= len(built_in)
    assert set(features_of(site(tmp_path, modules=("ours", "pipeline.features.clinical"))).names) == added


def test_a_module_is_read_again_because_the_files_that_it_reads_may_have_changed(tmp_path):
    text = 'from pathlib import Path\nmeans = Path(__file__).with_name("term.txt").read_text()\n'
    (tmp_path / "ours.py").write_text(text + OURS.replace('"x"', "means"))
    for term in ("lonely", "often lonely"):
        (tmp_path / "term.txt").write_text(term)
        found = features_of(site(tmp_path, modules=("ours",)))
        assert {named.feature.means for named in found.features if named.name == "lonely"} == {term}


def test_built_in_modules_can_be_left_out(tmp_path):
    (tmp_path / "ours.py").write_text(OURS)
    found = features_of(site(tmp_path, builtin=("demographic",), modules=("ours",))).names
    assert {"lonely", "age", *USED_BY_NAME} <= set(found)
    assert "emergency_admissions_30d" not in found


@pytest.mark.parametrize("module", BUILT_IN)
def test_any_built_in_module_can_be_used_alone(module):
    found = load_features(load_codelists(), [module], always=USED_BY_NAME)
    assert set(USED_BY_NAME) <= set(found.names)


def test_a_score_brings_what_it_is_worked_out_from():
    found = load_features(load_codelists(), ["pipeline.features.strengths"])
    assert "gp_missed_1y" in found.names
    assert "gp_missed_90d" not in found.names


def test_windows_in_days():
    assert [years(n) for n in (1, 2, 3, 5)] == [365, 730, 1095, 1826]


def test_a_site_that_looks_back_three_years_says_so(tmp_path):
    values = {n.name: n.feature.means for n in features_of(site(tmp_path, history_days=1095)).features}
    assert values["emergency_admissions_5y"] == "emergency admissions in the last 3 years"
    assert values["emergency_share_5y"] == "share of hospital stays that were emergencies, last 3 years"
    assert not [means for means in values.values() if "last 5 years" in means or "in 5 years" in means]


def test_first_takes_no_window():
    with pytest.raises(ValueError, match="leave `over` out"):
        days_since_first("income", missing=None, means="x", over=30)


def test_several_concepts_are_one_whatever_their_order():
    assert count(("b", "a"), missing=0, means="x") == count(("a", "b"), missing=0, means="x")


def test_an_unknown_subject_is_refused_with_the_nearest(tmp_path):
    (problem,) = problems(tmp_path, 'a = count("income", missing=0, means="x", speaks_of="fals")\n')
    assert problem == "a: speaks_of='fals' is not a subject; did you mean 'falls'?"


@pytest.mark.parametrize(
    "fails", ["{}['SENTINEL-9434765919']", "raise SystemExit('SENTINEL-9434765919')", "int('SENTINEL-9434765919')"]
)
def test_what_a_sites_module_says_when_it_fails_is_not_shown(tmp_path, fails):
    (tmp_path / "ours.py").write_text(f"x = 1\n{fails}\n")
    with pytest.raises(ConfigurationError, match=r"ours cannot be used: \w+ in line 2 of ours\.py") as caught:
        load_features(load_codelists(), ["ours"], tmp_path)
    assert "SENTINEL" not in str(caught.value)
