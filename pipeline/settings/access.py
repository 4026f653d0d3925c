"""The section of `site.toml` on who may see and do what: `[access]`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from data_schemas.section import Section, Text

SOME_ACCOUNTS = "a list of names without a colon"
Account = Annotated[str, Field(strict=True, min_length=2, pattern=r"^[^:\x00-\x1f\x7f]+$")]


class Access(Section):
    """`[access]`: who may use the servers of `neighbourly serve`, by name, and the host names that they answer to."""

    analysts: tuple[Account, ...] = Field(("analyst",), description=SOME_ACCOUNTS)
    approvers: tuple[Account, ...] = Field(("approver",), description=SOME_ACCOUNTS)
    readers: tuple[Account, ...] = Field(("reader",), description=SOME_ACCOUNTS)
    accounts: dict[str, Account] = Field(
        {}, description='accounts of this machine and their names in the roles, such as { alead = "A. Lead" }'
    )
    hosts: tuple[Text, ...] = Field(
        (),
        description='a list of host names, with the port where it is not the usual one, such as ["risk.example.nhs.uk"]',
    )

    @property
    def people(self) -> dict[str, tuple[str, ...]]:
        """Names by role."""
        return {"analyst": self.analysts, "approver": self.approvers, "reader": self.readers}
