"""Every rule of site.toml with a file that breaks it. All problems of a file are reported together."""

import contextlib
import datetime as dt
import errno
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_schemas.errors import ConfigurationError
from pipeline.settings import Settings, load_settings
from pipeline.settings.paths import matching
from pipeline.settings.sections import BUILT_IN

SHARED = Path(__file__).parents[3].parent / "shared"

SOUND = """
[site]
name = "Borough"
data_dir = "extracts"
legal_basis = ["gp", "sus"]

[run]
as_of = 2026-04-01
train_as_of = [2023-10-01, 2024-04-01]
test_as_of = [2025-04-01]

[extracts.registrations]
path = "registrations.csv"

[extracts.admissions]
path = "admissions_*.csv.gz"
covers = [2019-04-01, 2026-04-01]

[extracts.practices]
path = "practices.parquet"

[features]
codelists = ["codelists/*.csv"]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "extracts").mkdir()
    (tmp_path / "codelists").mkdir()
    for name in (
        "registrations.csv",
        "admissions_2.csv.gz",
        "admissions_1.csv.gz",
        "practices.parquet",
        "community.json",
        "notes.txt",
    ):
        (tmp_path / "extracts" / name).touch()
    (tmp_path / "codelists" / "local.csv").write_text(
        "concept,system,code,term\nfood_bank,local,FB1,Food bank voucher\n"
    )
    return tmp_path


def write(site: Path, text: str) -> Path:
    path = site / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(site: Path, text: str = SOUND, **options: object) -> Settings:
    return load_settings(write(site, text), **options)


def problems(site: Path, text: str, **options: object) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        load(site, text, **options)
    return raised.value.problems


def changed(old: str, new: str) -> str:
    assert SOUND.count(old) == 1
    return SOUND.replace(old, new)


def assert_only(found: list[str], *words: str) -> None:
    """Exactly one problem, which contains all of these."""
    assert len(found) == 1, found
    for word in words:
        assert word in found[0], found[0]


def test_a_sound_file_gives_all_settings_with_defaults_and_sorted_files(site):
    found = load(site)
    assert found.site.legal_basis == ("gp", "sus")
    assert found.run.as_of == dt.date(2026, 4, 1)
    assert (found.run.outcome, found.run.horizon_days, found.run.history_days) == ("unplanned_admission", 365, 1826)
    assert (found.run.minimum_age, found.run.max_reject_rate, found.run.max_unregistered_rate) == (18, 0.01, 0.5)
    assert (found.run.leavers, found.run.minimum_events, found.lists.size) == ("exclude", 50, 500)
    assert [file.name for file in found.extracts["admissions"].files] == ["admissions_1.csv.gz", "admissions_2.csv.gz"]
    assert found.extracts["admissions"].covers == (dt.date(2019, 4, 1), dt.date(2026, 4, 1))
    assert found.extracts["admissions"].diag_system == "icd10"
    assert found.features.modules == ()
    assert found.features.builtin == BUILT_IN
    assert found.features.codelists == (site / "codelists" / "local.csv",)
    assert found.folder == site


def test_the_as_of_of_the_call_is_checked_like_the_files(site):
    assert_only(problems(site, SOUND, as_of=dt.date(2026, 3, 31)), "run.test_as_of", "2025-04-01", "2026-04-01")


def test_without_a_run_section_the_as_of_of_the_call_still_counts(site):
    text = SOUND[: SOUND.index("[run]")] + SOUND[SOUND.index("[extracts.registrations]") :]
    assert load(site, text, as_of=dt.date(2026, 1, 1)).run.as_of == dt.date(2026, 1, 1)
    assert load(site, text).run.as_of is None


def test_dates_may_be_iso_texts(site):
    assert load(site, changed("as_of = 2026-04-01", 'as_of = "2026-04-01"')).run.as_of == dt.date(2026, 4, 1)


def test_all_problems_come_together(site):
    text = changed('data_dir = "extracts"', 'data_dir = "extract"').replace("[run]", "[run]\nhorizon = 365\nseed = -1")
    found = problems(site, text.replace('path = "registrations.csv"', 'path = 7\nprofil = "emis"'))
    for key in (
        "site.data_dir",
        "run.horizon",
        "run.seed",
        "extracts.registrations.path",
        "extracts.registrations.profil",
    ):
        assert any(f"site.toml: {key}: " in problem for problem in found), (key, found)


def test_a_wrong_type_hides_no_other_problem_of_its_section_or_of_those_that_need_it(site):
    text = changed('legal_basis = ["gp", "sus"]', 'legal_basis = ["gp", "suss"]')
    text = text.replace("[run]", "[run]\nseed = -1").replace("2025-04-01]\n", "2026-01-01]\n")
    text = text.replace('path = "registrations.csv"', 'path = "registration.csv"\nprofile = "emiss"\ncovers = 7')
    text = text.replace('path = "practices.parquet"', 'path = 7\ncolumns = { practice_cod = "P" }')
    found = problems(site, text)
    for words in (
        ("site.legal_basis[1]", "nearest: sus"),
        ("run.seed", "-1"),
        ("run.test_as_of", "2026-01-01"),
        ("extracts.registrations.covers", "found 7"),
        ("extracts.registrations.path", "nearest: registrations.csv"),
        ("extracts.registrations.profile", "nearest: emis"),
        ("extracts.practices.path", "found 7"),
        ("extracts.practices.columns.practice_cod", "nearest: practice_code"),
    ):
        assert any(all(word in problem for word in words) for problem in found), (words, found)
    assert len(found) == 8, found


def test_what_depends_on_a_wrong_value_is_not_told_as_well(site):
    assert_only(
        problems(site, changed("[run]", "[run]\nhorizon_days = 0").replace("2025-04-01]", "2026-01-01]")),
        "horizon_days",
    )
    assert_only(problems(site, changed('data_dir = "extracts"', "data_dir = 7")), "site.data_dir")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[run]", "[run]\nhorizon_day = 30", ("run.horizon_day", "unknown key", "nearest: horizon_days")),
        ("[run]", "[rum]\n[run]", ("rum", "unknown section", "nearest: run")),
        ("[run]", "[run]\nhorizon_days = 30.5", ("run.horizon_days", "30.5", "whole number")),
        ("[run]", "[run]\nhorizon_days = true", ("run.horizon_days", "True", "whole number")),
        ("[run]", '[run]\nhorizon_days = "365"', ("run.horizon_days", "'365'", "whole number")),
        ("[run]", "[run]\nmax_reject_rate = 1.5", ("run.max_reject_rate", "1.5", "from 0 to 1")),
        ("[run]", "[run]\nmax_reject_rate = nan", ("run.max_reject_rate", "nan", "from 0 to 1")),
        ("[run]", '[run]\noutcome = "unplanned_admissions"', ("run.outcome", "nearest: unplanned_admission")),
        ("[run]", '[run]\nleavers = "drop"', ("run.leavers", "'drop'", "exclude or weight")),
        ("as_of = 2026-04-01", "as_of = 2026-04-01T10:00:00", ("run.as_of", "a date such as")),
        ("as_of = 2026-04-01", 'as_of = "1 April 2026"', ("run.as_of", "1 April 2026", "a date such as")),
        ("train_as_of = [2023-10-01, 2024-04-01]", "train_as_of = []", ("run.train_as_of", "one or more dates")),
        ("train_as_of = [2023-10-01, 2024-04-01]", "train_as_of = [2023-10-01, 7]", ("run.train_as_of[1]", "found 7")),
        ("train_as_of = [2023-10-01, 2024-04-01]", "train_as_of = [2023-10-01, 2023-10-01]", ("run.train_as_of", "twice")),
        ("train_as_of = [2023-10-01, 2024-04-01]", "train_as_of = [2024-04-02]", ("run.test_as_of", "overlaps", "2024-04-02")),
        ("test_as_of = [2025-04-01]", "test_as_of = [2025-04-02]", ("run.test_as_of", "2025-04-02", "up to 2025-04-01")),
        ('legal_basis = ["gp", "sus"]', "legal_basis = []", ("site.legal_basis", "one or more of gp, sus, council")),
        ('legal_basis = ["gp", "sus"]', 'legal_basis = ["gp", "sus", "councl"]', ("site.legal_basis[2]", "nearest: council")),
        ('legal_basis = ["gp", "sus"]', 'legal_basis = ["gp"]', ("extracts.admissions", "sus", "legal_basis")),
        ('name = "Borough"', 'name = ""', ("site.name", "not empty")),
        ('name = "Borough"\n', "", ("site.name", "missing")),
        ('path = "registrations.csv"', 'path = "registration.csv"', ("extracts.registrations.path", "nearest: registrations.csv")),
        ('path = "registrations.csv"', 'path = "notes.txt"', ("extracts.registrations.path", "notes.txt", ".csv.gz")),
        ('path = "registrations.csv"', 'path = "*.json"', ("extracts.registrations.path", "community.json")),
        ('path = "registrations.csv"',
         'path = "registrations.csv"\nprofile = "emiss"', ("extracts.registrations.profile", "nearest: emis")),
        (
            'path = "registrations.csv"',
            'path = "registrations.csv"\nprofile = "hes-apc"',
            ("extracts.registrations.profile", "does not feed registrations", "emis"),
        ),
        (
            'path = "registrations.csv"',
            'path = "registrations.csv"\ncolumns = { persn_id = "X" }',
            ("extracts.registrations.columns.persn_id", "nearest: person_id"),
        ),
        ('path = "registrations.csv"',
         'path = "registrations.csv"\ncolumns = { sex = 1 }', ("extracts.registrations.columns.sex", "found 1")),
        ('path = "registrations.csv"',
         'path = "registrations.csv"\ndate_format = "%d/%m"', ("extracts.registrations.date_format", "%d/%m")),
        ('path = "registrations.csv"', 'path = "registrations.csv"\ndiag_system = "icd11"', ("diag_system", "nearest: icd10")),
        ('path = "registrations.csv"', 'path = "registrations.csv"\ndrop_identical = "yes"', ("drop_identical", "true or false")),
        ("covers = [2019-04-01, 2026-04-01]", "covers = [2026-04-01, 2019-04-01]", ("extracts.admissions.covers", "in order")),
        ("covers = [2019-04-01, 2026-04-01]", "covers = [2019-04-01]", ("extracts.admissions.covers", "first day not covered")),
        ("[extracts.practices]", "[extracts.practises]", ("extracts.practises", "nearest: practices")),
        ('codelists = ["codelists/*.csv"]', 'codelists = ["codelist/*.csv"]', ("features.codelists[0]", "codelist/*.csv")),
        ('codelists = ["codelists/*.csv"]', 'modules = ["site_features"]', ("features.modules[0]", "site_features.py")),
        ('codelists = ["codelists/*.csv"]', 'builtin = ["clinicl"]', ("features.builtin[0]", "nearest: clinical")),
        ("[features]", '[lists]\ninclude_care_homes = "yes"\n[features]', ("lists.include_care_homes", '"own_list"')),
        ("[features]", "[lists]\nvalid_days = 0\n[features]", ("lists.valid_days", "a whole number of days")),
        ('codelists = ["codelists/*.csv"]', 'modules = ["../evil"]', ("features.modules[0]", "../evil")),
        ("[features]", "[lists]\nsize = 0\n[features]", ("lists.size", "at least 1")),
        ("[features]", "[lists]\nsize = [[1]]\n[features]", ("lists.size", "at least 1")),
    ],
)  # fmt: skip
def test_each_problem_names_the_key_what_was_found_and_what_is_accepted(site, old, new, words):
    found = problems(site, changed(old, new), require_tables="practises" not in new)
    assert_only(found, *words)


@pytest.mark.parametrize(
    "section", ["site = 1", "run = []", "extracts = 'all'", "features = 2026-01-01", "lists = true"]
)
def test_a_section_that_is_no_section(site, section):
    name = section.split(" ")[0]
    assert any(f"{name}: found" in problem and f"[{name}]" in problem for problem in problems(site, section))


def test_an_extract_that_is_no_section(site):
    found = problems(
        site,
        "extracts.registrations = 'r.csv'\n"
        + SOUND.replace('[extracts.registrations]\npath = "registrations.csv"', ""),
    )
    assert any("extracts.registrations: found 'r.csv'" in problem for problem in found)


def test_required_tables_may_be_absent_only_when_checking(site):
    text = SOUND[: SOUND.index("[extracts.practices]")]
    assert_only(problems(site, text), "extracts.practices: missing")
    assert set(load(site, text, require_tables=False).extracts) == {"registrations", "admissions"}


def test_council_data_is_refused_with_the_reason_unless_the_legal_basis_names_it(site):
    (site / "extracts" / "council.csv").touch()
    text = SOUND + '\n[extracts.council_records]\npath = "council.csv"\n'
    assert_only(problems(site, text), "extracts.council_records", "section 251", "GP and SUS data only")
    assert "council_records" in load(site, text.replace('["gp", "sus"]', '["gp", "sus", "council"]')).extracts


def test_areas_may_have_any_column_and_the_community_book_is_json(site):
    (site / "extracts" / "areas.csv").touch()
    book = '[extracts.community_assets]\npath = "community.json"\n'
    text = f'{SOUND}\n[extracts.areas]\npath = "areas.csv"\ncolumns = {{ air_quality = "NO2" }}\n{book}'
    assert load(site, text).extracts["areas"].columns == {"air_quality": "NO2"}
    assert_only(
        problems(site, text.replace("community.json", "registrations.csv")), "extracts.community_assets.path", ".json"
    )


@pytest.mark.parametrize(
    "date_format", ["%d/%m/%Y", "%Y%m%d", "%d-%b-%y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.3f"]
)
def test_formats_that_say_the_whole_date_are_accepted(site, date_format):
    text = changed('path = "registrations.csv"', f'path = "registrations.csv"\ndate_format = "{date_format}"')
    assert load(site, text).extracts["registrations"].date_format == date_format


def test_feature_modules_are_found_next_to_the_file_and_where_python_finds_them(site):
    (site / "site_features.py").write_text("raise SystemExit('must not be imported to be found')\n")
    text = changed('codelists = ["codelists/*.csv"]', 'modules = ["site_features", "data_schemas.codelists"]')
    assert load(site, text).features.modules == ("site_features", "data_schemas.codelists")


def test_problems_of_the_sites_code_lists_are_among_the_others(site):
    (site / "codelists" / "bad.csv").write_text("concept,system,code\nx,snomd,1\n")
    assert_only(problems(site, SOUND), "features.codelists", "bad.csv", "line 2", "nearest: snomed")


@pytest.mark.parametrize("content", [b"[site", b"\xff\xfe\x00", b"a = 1\na = 2"])
def test_what_is_no_toml(site, content):
    path = site / "site.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="is not valid TOML"):
        load_settings(path)


def test_a_missing_file_and_a_folder(site):
    for path, problem in ((site / "nowhere.toml", "does not exist"), (site, "is a folder")):
        with pytest.raises(ConfigurationError, match=f"{problem}; give the path of a site.toml"):
            load_settings(path)


def test_a_file_that_may_not_be_read(site, monkeypatch):
    def denied(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", denied)
    for path in (site / "site.toml", site / ("long" * 200)):
        with pytest.raises(ConfigurationError, match=r"cannot be read: permission denied; ask its owner"):
            load_settings(path)


def test_a_byte_order_mark_is_no_problem(site):
    (site / "site.toml").write_bytes(b"\xef\xbb\xbf" + SOUND.encode())
    assert load_settings(site / "site.toml").site.name == "Borough"


def test_the_hash_is_of_what_is_written_not_of_where(site, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere")
    for folder in ("extracts", "codelists"):
        (other / folder).mkdir()
        for file in (site / folder).iterdir():
            (other / folder / file.name).write_bytes(file.read_bytes())
    assert load(site).configuration == load(other).configuration
    assert load(site).configuration != load(site, changed("[run]", "[run]\nseed = 1")).configuration


@pytest.mark.parametrize("name", ["rand", "cms_dev"])
def test_the_shared_sites_load(name):
    path = SHARED / "data" / name / "site.toml"
    if not path.is_file():
        pytest.skip("../shared is not here")
    assert {"registrations", "admissions", "practices"} <= set(load_settings(path).extracts)


ODD = [
    "*",
    "**/*",
    "/",
    "..",
    "~",
    "\x00",
    "%",
    "%d/%m/%Y",
    "emis",
    "hes-apc",
    "data_schemas",
    "a..b",
    "a.b",
    "gp",
    "council",
    "[",
    "[a-",
    "site.toml",
    "registrations.csv",
]
VALUES = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.sampled_from(ODD),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=6), children, max_size=3),
    max_leaves=6,
)
KEYS = [
    "site.name", "site.data_dir", "site.legal_basis", "run.as_of", "run.outcome", "run.horizon_days", "run.history_days",
    "run.train_as_of", "run.test_as_of", "run.minimum_age", "run.max_reject_rate", "run.seed", "run.leavers", "extracts.x",
    "extracts.registrations", "extracts.admissions.path", "extracts.admissions.profile", "extracts.admissions.columns",
    "extracts.admissions.date_format", "extracts.admissions.covers", "extracts.admissions.diag_system", "extracts.areas",
    "extracts.community_assets", "features.modules", "features.codelists", "lists.size", "lists", "site", "extracts", "x",
]  # fmt: skip


def toml(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case str():
            return json.dumps(value)
        case bool():
            return str(value).lower()
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)


@settings(max_examples=400)
@given(broken=st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=4))
def test_any_values_load_or_give_problems_and_never_anything_else(site, broken):
    with contextlib.suppress(ConfigurationError):
        load(site, "\n".join(f"{key} = {toml(value)}" for key, value in broken.items()))


@settings(max_examples=200)
@given(key=st.sampled_from(KEYS), value=VALUES)
def test_any_value_in_a_sound_file_loads_or_gives_problems(site, key, value):
    section, _, last = key.rpartition(".")
    text = re.sub(rf"(?m)^{last} = .*$", "", SOUND) if last else SOUND
    header = f"[{section}]" if section else ""
    text = (
        text.replace(header, f"{header}\n{last} = {toml(value)}", 1)
        if header in SOUND
        else f"{key} = {toml(value)}\n{text}"
    )
    with contextlib.suppress(ConfigurationError):
        load(site, text)


@given(content=st.binary(max_size=40))
@settings(max_examples=200)
def test_any_bytes_give_problems(site, content):
    path = site / "site.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError):
        load_settings(path)


@pytest.mark.parametrize("pattern", ["person.csv", "PERSON.csv", "{visit,person}.csv", "pers*.CSV"])
def test_file_names_are_found_in_either_case_and_by_alternatives(tmp_path, pattern):
    (tmp_path / "PERSON.csv").write_text("")
    (tmp_path / "OTHER.csv").write_text("")
    assert [path.name for path in matching(tmp_path, pattern)] == ["PERSON.csv"]
