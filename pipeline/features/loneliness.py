"""Loneliness: as recorded, as likely, as the area says, and as the prescribing index has it."""


# fmt: off

from __future__ import annotations

from pipeline.features.declare import ever

FAMILY = "loneliness"

recorded_lonely = ever("social.lonely", missing=0, means="recorded as lonely")
