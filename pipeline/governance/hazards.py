"""Clinical hazards by DCB0129, each declared once. Each control names its place in the code and the tests that prove
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["Minor", "Significant", "Considerable", "Major", "Catastrophic"]
"""The severities of DCB0129, least first."""


@dataclass(frozen=True)
class Control:
    """What the software does against a hazard, the module that does it, and tests as `file::function`."""

    what: str
    where: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Hazard:
    """What could go wrong, why, and how it could harm somebody. The severity is a suggestion for the Clinical Safety
    Officer.
    """

    name: str
    cause: str
    harm: str
    severity: Severity
    controls: tuple[Control, ...]
