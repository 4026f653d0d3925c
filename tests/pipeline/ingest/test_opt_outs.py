"""People who opted out leave every table, and nothing mentions them."""

from __future__ import annotations

import json

import polars as pl
import pytest

from data_schemas import receipts
from data_schemas.disk import write_arrow
from data_schemas.feature_parts import part_path, read_part, write_part
from data_schemas.working import WORKING
from pipeline.ingest import check
from pipeline.ledger import delivered, influence
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS, SENTINEL

OUT = f"{SENTINEL}9"
LEAVING = {
    "registrations": f"{OUT},A00001,2010-04-01,,1950-02-01,1\n{OUT},bad,2010-04-01,,1950-02-01,1\n",
    "admissions": f"{OUT},2019-05-01,,21\n{OUT},2019-05-01,,21\n{OUT},nonsense,,21\n{OUT},2019-05-01,,XX\n",
}


@pytest.mark.parametrize("kind", ["type1", "national"])
def test_a_person_of_either_kind_leaves_every_table_and_every_count(extracts, kind):
    plain = extracts.ingest()
    for table, rows in LEAVING.items():
        extracts.write(table, DEFAULTS[table] + rows)
    extracts.write("opt_outs", f"person_id,kind\n{OUT},{kind}\n")
    receipt = extracts.ingest()
    assert receipt.tables == plain.tables
    assert receipt.people == plain.people
    left = [path for path in extracts.store.rglob("*") if path.is_file()]
    assert all(OUT.encode() not in path.read_bytes() for path in left)
    assert not (extracts.store / "quarantine" / "admissions.parquet").exists()
    assert not list(extracts.store.rglob("opt_outs*"))
    assert "opt_outs" not in json.loads(receipts.dump(receipt))["tables"]


def test_somebody_else_in_the_table_changes_nothing_where_the_site_expects_it(extracts):
    plain = extracts.ingest()
    extracts.run["max_unmatched_opt_outs"] = 1.0
    receipt = extracts.write("opt_outs", "person_id,kind\nnobody,type1\n").ingest()
    assert receipt.tables == plain.tables
    assert [notice.name for notice in receipt.notices] == ["opt_outs_unmatched"]


def test_opt_outs_that_match_fewer_than_half_of_their_people_stop_the_run(extracts):
    extracts.write("opt_outs", "person_id,kind\np1,type1\nnobody,type1\nno one,type1\n")
    assert "67% of the people in opt_outs are not in registrations" in extracts.stopped()
    extracts.write("opt_outs", "person_id,kind\np1,type1\nnobody,type1\n")
    assert extracts.ingest().opt_outs_matched == 0.5


HEX = "person_id,practice_code,registered_from,registered_to,birth_month,sex\n" + "".join(
    f"{identity},A00001,2010-04-01,,1950-02-01,1\n" for identity in ("3f2a", "4B1C", "5d0e", "5D0E", "6aaa")
)
ADMITTED = "person_id,admission_date,discharge_date,admission_method\n3F2A,2019-05-01,,21\n4b1c,2019-05-01,,21\n6AAA,2019-05-01,,21\n"


def test_hexadecimal_pseudonyms_are_the_same_in_either_case(extracts):
    extracts.write("registrations", HEX).write("admissions", ADMITTED)
    receipt = extracts.write("opt_outs", "person_id,kind\n3F2A,type1\n").ingest()
    assert (receipt.pseudonyms, receipt.people) == ("hex", 3)
    assert receipt.tables["admissions"].unregistered == 0
    rows = extracts.table("registrations").select("person", "person_id").rows()
    assert rows == [(0, "4B1C"), (1, "5D0E"), (1, "5D0E"), (2, "6aaa")]
    assert extracts.table("admissions")["person"].to_list() == [0, 2]


def test_a_site_may_have_them_compared_as_they_are_written(extracts):
    extracts.write("registrations", HEX).write("admissions", ADMITTED)
    extracts.site["pseudonyms"], extracts.run["max_unmatched_opt_outs"] = "exact", 1.0
    receipt = extracts.write("opt_outs", "person_id,kind\n3F2A,type1\n").ingest()
    assert (receipt.pseudonyms, receipt.people) == ("exact", 5)
    assert receipt.tables["admissions"].unregistered == 2


def test_one_pseudonym_that_is_not_hexadecimal_has_all_compared_as_written(extracts):
    extracts.write("registrations", HEX + "zz,A00001,2010-04-01,,1950-02-01,1\n").write("admissions", ADMITTED)
    assert extracts.ingest().pseudonyms == "exact"


def test_a_person_who_is_in_no_registration_is_not_kept_in_quarantine(extracts):
    extracts.write("admissions", DEFAULTS["admissions"] + f"{OUT},2019-05-01,,21\nstranger,2019-05-01,,21\n")
    extracts.write("opt_outs", f"person_id,kind\n{OUT},national\n")
    assert extracts.ingest().opt_outs_matched == 1
    assert extracts.ingest().tables["admissions"].unregistered == 1
    assert extracts.quarantine("admissions")["person_id"].to_list() == ["stranger"]


def test_everybody_may_opt_out_and_then_a_run_stops(extracts):
    extracts.write("opt_outs", "person_id,kind\np1,type1\np2,national\np3,type1\n")
    assert "registrations: no people are left in it" in extracts.stopped()


def test_a_person_whose_kind_is_wrong_leaves_all_the_same(extracts):
    extracts.write("opt_outs", f"person_id,kind\np1,{SENTINEL}\np3,national\n")
    assert extracts.ingest().people == 1


WRONG = {
    "empty": (b"", "opt_outs: opt_outs_0.csv is empty"),
    "without a column": ("person_id\np1\n", "opt_outs: opt_outs_0.csv has no column kind"),
    "not UTF-8": (f"person_id,kind\n{SENTINEL}é,type1\n".encode("latin-1"), "opt_outs: opt_outs_0.csv is not UTF-8"),
}


@pytest.mark.parametrize(("content", "says"), WRONG.values(), ids=WRONG)
def test_opt_outs_that_cannot_be_read_stop_the_run(extracts, content, says):
    assert says in extracts.write("opt_outs", content).refused()


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (f"p1,type1\n{SENTINEL},1\n", "opt_outs: more than 10.0% of the rows break a rule (kind.values)"),
        ("p1,type1\n,type1\n", "there are rows without person_id"),
    ],
)
def test_opt_outs_that_cannot_be_trusted_stop_the_run(extracts, rows, says):
    extracts.run["max_reject_rate"] = 0.1
    assert says in extracts.write("opt_outs", f"person_id,kind\n{rows}").stopped()
    assert not list(extracts.store.rglob("*.parquet"))


def test_a_check_stops_there_too(extracts):
    from data_schemas.errors import DataRefused

    with pytest.raises(DataRefused, match="opt_outs"):
        check(extracts.write("opt_outs", b"").settings())


def test_a_person_who_opts_out_later_leaves_the_snapshots_of_earlier_runs(extracts):
    extracts.ingest()
    people = pl.read_parquet(extracts.store / "people.parquet")
    folder = extracts.store / "snapshots" / "2020-01-01-abc"
    write_part(people.select("person"), part_path(folder, 0))
    for name in ("cohort", "features/part-0001", "outcomes/unplanned_admission-365"):  # release 0.1 wrote Parquet
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (people if name == "cohort" else people.select("person")).write_parquet(folder / f"{name}.parquet")
    write_arrow(people, folder / WORKING / "people" / "bucket-0000.arrow")  # of a killed run
    extracts.write("opt_outs", "person_id,kind\np1,type1\n")
    for _ in range(2):
        extracts.ingest()
        (shortened,) = (extracts.store / "snapshots").iterdir()
        left = [pl.read_parquet(path) for path in shortened.rglob("*.parquet")] + [read_part(part_path(shortened, 0))]
        assert [frame.height for frame in left] == [people.height - 1] * 4
        assert not folder.exists(), "it could be taken for the whole one, were the opt-outs taken back"
        assert all(b"p1" not in path.read_bytes() for path in extracts.store.rglob("*") if path.is_file())


def test_a_person_who_opts_out_later_leaves_what_clusters_are_known_to_have(extracts):
    extracts.ingest()
    edition = delivered.Edition(number=2, joined=("p1", "p2"), left=("p4",))
    delivered.remember(extracts.store, "C1", delivered.Held("2020-01-01", "2020-01-02", edition, ("p1", "p2", "p3")))
    delivered.remember(extracts.store, "C2", delivered.Held("2020-01-01", "2020-01-02", delivered.Edition(), ("p3",)))
    extracts.write("opt_outs", "person_id,kind\np1,type1\n")
    (said,) = [notice.detail for notice in extracts.ingest().notices if notice.name == "opted_out_on_lists"]
    assert said.startswith("1 cluster has a list with people who have opted out since. Release again")
    kept = delivered.held(extracts.store, "C1")
    assert kept == delivered.Held(
        "2020-01-01", "2020-01-02", delivered.Edition(number=2, joined=("p2",), left=("p4",)), ("p2", "p3")
    )
    assert all(b"p1" not in path.read_bytes() for path in extracts.store.rglob("*") if path.is_file())
    assert "opted_out_on_lists" not in {notice.name for notice in extracts.ingest().notices}


def test_a_person_who_opts_out_later_leaves_what_learning_keeps_of_earlier_lists(extracts):
    extracts.ingest()
    people = pl.read_parquet(extracts.store / "people.parquet")
    rows = pl.DataFrame(people, schema_overrides={"person": pl.Int32}).with_columns(
        pl.lit(None, kind).alias(name) for name, kind in influence.SCHEMA.items() if name not in people.columns
    )
    folder = extracts.store / influence.FOLDER
    folder.mkdir()
    rows.write_parquet(folder / "2020-01-01-365.parquet")
    rows.drop("person_id").write_parquet(folder / "2019-01-01-365.parquet")
    extracts.write("opt_outs", "person_id,kind\np1,type1\n")
    extracts.ingest()
    kept = [pl.read_parquet(path)["person_id"].to_list() for path in folder.iterdir()]
    assert kept == [sorted({*people["person_id"]} - {"p1"})]
