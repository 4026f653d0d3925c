"""Who decides on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_schemas.errors import ConfigurationError
from flows.access.here import agree, agreed, decider
from flows.cli.commands import by_this_account
from flows.parameters import Acceptance, RunParameters
from pipeline.release.audit import account
from pipeline.settings.access import Access


@pytest.fixture
def asked(tmp_path: Path) -> RunParameters:
    """A run of a small site whose alarm somebody accepts. Nobody is named in [access]."""
    from pipeline.synthetic import generate

    generate(200, 7, tmp_path)
    accepted = Acceptance(alarm="drift", by="A. Lead", reason="Looked at it")
    return RunParameters(config=str(tmp_path / "site.toml"), out=str(tmp_path / "out"), accept=[accepted])


def named(asked: RunParameters, access: str) -> RunParameters:
    """The same site with a section [access]."""
    site = Path(asked.config)
    site.write_text(f"{site.read_text()}\n[access]\n{access}\n")
    return asked


def test_where_nobody_is_named_the_account_is_recorded_with_its_name(asked: RunParameters) -> None:
    assert [each.by for each in by_this_account(asked).accept] == [f"A. Lead (account {account()})"]


def test_an_analyst_runs_and_accepts_in_their_own_name(asked: RunParameters) -> None:
    own = named(asked, f'analysts = ["A. Lead"]\naccounts = {{ "{account()}" = "A. Lead" }}')
    assert [each.by for each in by_this_account(own).accept] == ["A. Lead"]


@pytest.mark.parametrize(
    "access", ['analysts = ["ana"]', 'analysts = ["ana"]\nreaders = ["ray"]\naccounts = {{ "{0}" = "ray" }}']
)
def test_who_is_no_analyst_starts_nothing(asked: RunParameters, access: str) -> None:
    other = named(asked, access.replace("{{", "{").replace("}}", "}").replace("{0}", account()))
    with pytest.raises(ConfigurationError, match=rf"the account {account()} may not start runs .*analysts: ana"):
        by_this_account(other)


def test_roles_are_kept_next_to_the_lists(tmp_path: Path) -> None:
    agree(tmp_path, Access(approvers=("A. Lead",), accounts={"alead": "A. Lead"}))
    kept = agreed(tmp_path)
    assert (kept.approvers, kept.accounts, "analysts" in kept.model_fields_set) == (
        ("A. Lead",),
        {"alead": "A. Lead"},
        False,
    )
    assert agreed(tmp_path / "elsewhere").model_fields_set == set()


def test_nobody_decides_for_somebody_else() -> None:
    access = Access(approvers=(account(),))
    assert decider(access, ("approvers",), "", "release lists") == account()
    with pytest.raises(ConfigurationError, match="leave --as out"):
        decider(access, ("approvers",), "A. Lead", "release lists")
