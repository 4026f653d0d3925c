"""The sections of `site.toml` on who may see and do what: `[access]` and `[delivery]`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.settings.problems import Problems, shown
from pipeline.settings.sections import Section, Text

SOME_ACCOUNTS = "a list of names without a colon"
Account = Annotated[str, Field(strict=True, min_length=2, pattern=r"^[^:\x00-\x1f\x7f]+$")]
Rights = Annotated[str, Field(strict=True, pattern=r"^7[0-7]{2}$")]


class Access(Section):
    """`[access]`: who may use the servers of `neighbourly serve`, by name, and under which names they answer."""

    analysts: tuple[Account, ...] = Field(("analyst",), description=SOME_ACCOUNTS)
    approvers: tuple[Account, ...] = Field(("approver",), description=SOME_ACCOUNTS)
    readers: tuple[Account, ...] = Field(("reader",), description=SOME_ACCOUNTS)
    hosts: tuple[Text, ...] = Field(
        (),
        description='a list of host names, with the port where it is not the usual one, such as ["risk.example.nhs.uk"]',
    )

    @property
    def people(self) -> dict[str, tuple[str, ...]]:
        """Names by role."""
        return {"analyst": self.analysts, "approver": self.approvers, "reader": self.readers}


class Delivery(Section):
    """`[delivery]`: where released lists go, and who besides the owner may read them there."""

    folder: Text | None = Field(None, description="a folder, as text")
    group: Text | None = Field(None, description="the name of a group of this machine, as text")
    mode: Rights = Field(
        "700",
        description='the rights of the folders as three octal digits, such as "750" (files get the same without x)',
    )


def _groups() -> set[str]:
    """The groups of this machine; none where the system has no groups, as Windows."""
    try:
        import grp
    except ImportError:
        return set()
    return {each.gr_name for each in grp.getgrall()}


def check_delivery(said: Delivery, problems: Problems) -> None:
    """The group that lists are delivered to is one of this machine, and then has some right."""
    if said.group is None or problems.noted("delivery.group"):
        return
    if said.group not in _groups():
        problems.add(
            "delivery.group",
            f"found {shown(said.group)}, which is not a group of this machine; accepted: the name of one",
        )
    elif said.mode[1] == "0":
        problems.add(
            "delivery.mode",
            f'found {shown(said.mode)}, which gives the group {said.group} nothing; accepted: such as "750"',
        )
