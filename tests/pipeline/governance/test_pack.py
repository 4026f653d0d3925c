"""The documents start from the site's configuration, and nothing that people wrote is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import textstat

from data_schemas.errors import ConfigurationError
from data_schemas.tables import TABLES
from pipeline import governance
from pipeline.governance import DOCUMENTS, HAZARDS, documents, write
from pipeline.settings import Settings, load_settings
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS

ELEVEN = 6.0


def settings(folder: Path, more: str = "", tables: tuple[str, ...] = (), name: str = "Old | Town") -> Settings:
    for table in (*DEFAULTS, *tables):
        (folder / f"{table}.csv").write_text(DEFAULTS.get(table, "person_id,kind\n"))
    sections = "".join(f'[extracts.{table}]\npath = "{table}.csv"\n' for table in (*DEFAULTS, *tables))
    (folder / "site.toml").write_text(f'[site]\nname = "{name}"\nlegal_basis = ["gp", "sus"]\n{more}\n{sections}')
    return load_settings(folder / "site.toml")


def test_every_document_is_written_with_its_blanks(tmp_path: Path) -> None:
    blanks = write(settings(tmp_path), "1.0", tmp_path / "pack")
    assert sorted(path.name for path in (tmp_path / "pack").iterdir()) == sorted(DOCUMENTS)
    assert min(blanks.values()) > 0
    assert blanks["hazard-log.md"] > len(HAZARDS)


def test_they_say_what_is_configured(tmp_path: Path) -> None:
    more = '[run]\nhorizon_days = 180\noutcome = "acsc_admission"\n[access]\napprovers = ["Dr A. Lead"]\n[lists]\nowner = "The <team>"\n'
    made = documents(settings(tmp_path, more), "1.0")
    assert "Old \\| Town" in made["dpia.md"]
    assert "Dr A. Lead" in made["dpia.md"]
    assert "The \\<team\\>" in made["privacy-notice.md"]
    for name in ("dpia.md", "intended-purpose.md", "privacy-notice.md"):
        assert "good care nearby can often prevent" in made[name]
        assert "180 days" in made[name]
    assert "| `admissions` |" in made["dpia.md"]
    assert "gp_events" not in made["dpia.md"]


def test_an_outcome_that_includes_death_is_not_called_use_of_care_alone(tmp_path: Path) -> None:
    made = documents(settings(tmp_path, '[run]\noutcome = "unplanned_or_death"\n'), "1.0")
    assert "unplanned admission or death, use of care or death rather than a disease" in made["intended-purpose.md"]
    assert "a person will have an unplanned hospital stay or die in the next 365 days" in made["privacy-notice.md"]


MESH = """[delivery]
carrier = "mesh"
mailbox = "X26HC001"
workflow = "RISK_LIST"
certificate = "mesh.pem"
private_key = "mesh.pem"
secrets = "mesh.pem"
"""


@pytest.mark.parametrize(
    ("delivery", "said"),
    [
        ("", "the folder released in the output folder, for its owner only."),
        ('[delivery]\nmode = "755"\n', "the folder released in the output folder, for its owner only."),
        ('[delivery]\nfolder = "/srv/lists"\n', "the folder /srv/lists, with rights 700 for its owner only."),
        (MESH, "each cluster's MESH mailbox, encrypted to the cluster's own key."),
    ],
    ids=["own", "own for its owner", "shared", "mesh"],
)
def test_the_assessment_says_where_lists_go(tmp_path: Path, delivery: str, said: str) -> None:
    (tmp_path / "mesh.pem").touch(mode=0o600)
    assert f"Released lists go to {said}\n" in documents(settings(tmp_path, delivery), "1.0")["dpia.md"]


def test_without_opt_outs_the_pack_says_so(tmp_path: Path) -> None:
    without = documents(settings(tmp_path), "1.0")
    assert "No table of opt-outs is configured" in without["dpia.md"]
    assert "No `[extracts.opt_outs]`" in without["hazard-log.md"]
    with_them = documents(settings(tmp_path, tables=("opt_outs",)), "1.0")
    assert "| `opt_outs` |" in with_them["dpia.md"]
    assert "No table of opt-outs" not in with_them["dpia.md"]
    assert "weakens" not in with_them["hazard-log.md"]


def test_the_hazard_log_names_every_hazard_control_and_test(tmp_path: Path) -> None:
    log = documents(settings(tmp_path), "1.0")["hazard-log.md"]
    for number, hazard in enumerate(HAZARDS, 1):
        assert f"## H{number:02d} {hazard.name}\n" in log
        for control in hazard.controls:
            assert control.what in log
            assert all(f"- Test: `{test}`" in log for test in control.tests)


def test_tables_are_whole(tmp_path: Path) -> None:
    for text in documents(settings(tmp_path), "1.0").values():
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert all(line.endswith("|") for line in rows)
        tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
        for table in tables:
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_again_is_the_same_and_what_people_filled_in_stays(tmp_path: Path) -> None:
    made, pack = settings(tmp_path), tmp_path / "pack"
    assert write(made, "1.0", pack) == write(made, "1.0", pack)
    (pack / "dpia.md").write_text("filled in")
    with pytest.raises(ConfigurationError, match=r"dpia\.md: .* give a new folder with --out"):
        write(made, "1.0", pack)
    assert (pack / "dpia.md").read_text() == "filled in"


def test_the_privacy_notice_is_in_plain_words(tmp_path: Path) -> None:
    notice = documents(settings(tmp_path, tables=("opt_outs",), name="Town"), "1.0")["privacy-notice.md"]
    lines = [line.removeprefix("- ") for line in notice.splitlines() if line and not line.startswith("#")]
    rows = [line for line in lines if "TO FILL IN" not in line]
    assert len(rows) > 8
    assert textstat.automated_readability_index(" ".join(rows)) <= ELEVEN


def test_every_table_is_explained_by_a_whole_sentence() -> None:
    assert [name for name in TABLES if not governance._table(name)[0].endswith(".")] == []
