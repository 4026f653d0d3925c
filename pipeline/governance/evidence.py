"""What the project can show for DTAC and DSPT, and what people must add."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """One topic of an assessment: what there is, where, and what people must add."""

    topic: str
    shown: str
    where: tuple[str, ...]
    """Files of the project, from its top folder."""
    missing: str


DTAC = (
    Evidence(
        "C1 Clinical safety",
        "A hazard log (DCB0129) with a control and a test for each hazard: `hazard-log.md` in this folder.",
        ("docs/explanation/limits.md", "docs/reference/alarms.md"),
        "the Clinical Safety Officer, the clinical safety case report and the clinical risk management plan",
    ),
    Evidence(
        "C2 Data protection",
        "The start of a DPIA and of a privacy notice: `dpia.md` and `privacy-notice.md` in this folder.",
        ("docs/explanation/lists.md", "docs/reference/data-dictionary.md"),
        "the ICO registration, the Data Protection Officer and the approved DPIA",
    ),
    Evidence(
        "C3 Technical assurance",
        "Faults are injected and the results are recorded; dependencies are pinned; sign-in and roles are on by default.",
        ("docs/reference/faults.md", "SECURITY.md", "requirements.lock", "docs/how-to/server.md"),
        "Cyber Essentials, the penetration test of your servers, and multi-factor sign-in in front of them",
    ),
    Evidence(
        "C4 Interoperability",
        "Lists as FHIR and CSV; extracts in common NHS layouts and OMOP; Open Referral UK for community services.",
        ("docs/reference/contract.md", "docs/how-to/omop.md", "pipeline/publish/fhir.py"),
        "which of your systems are connected, and who tested that",
    ),
    Evidence(
        "D1 Usability and accessibility",
        "Pages are tested against WCAG 2.2 AA by axe-core, by keyboard and on narrow screens.",
        ("docs/explanation/lists.md", "tests/pipeline/publish/test_accessibility.py"),
        "user research with your link workers and residents, and an accessibility statement",
    ),
)

DSPT = (
    Evidence(
        "1 Personal confidential data (CAF: E)",
        "Only pseudonymised rows are accepted; only the practice sees names; people who opted out are removed from every table.",
        ("docs/explanation/lists.md", "pipeline/ingest/identifiable.py", "pipeline/ingest/opt_outs.py"),
        "the record of processing activities and the sharing agreements",
    ),
    Evidence(
        "2 Staff responsibilities (CAF: A, B)",
        "A named person approves each release, and the audit log says who and why.",
        ("docs/how-to/release.md", "pipeline/release/audit.py"),
        "contracts and staff policies",
    ),
    Evidence(
        "3 Training (CAF: B)",
        "A tutorial on invented data, a glossary and the limits of a risk.",
        ("docs/start/tutorial.md", "GLOSSARY.md", "docs/explanation/limits.md"),
        "who was trained, and when",
    ),
    Evidence(
        "4 Managing data access (CAF: B)",
        "Accounts by role from site.toml; people who are removed lose their password at the next start; only the owner can read files.",
        ("docs/how-to/server.md", "flows/access/rules.py", "data_schemas/disk.py"),
        "how often you review accounts, and who does",
    ),
    Evidence(
        "5 Process reviews (CAF: A, D)",
        "Alarms have to be accepted by name with a reason; the log keeps both.",
        ("docs/reference/alarms.md", "pipeline/release/approve.py"),
        "the minutes of your reviews",
    ),
    Evidence(
        "6 Responding to incidents (CAF: C, D)",
        "The audit log finds changes; a security policy says how to report a problem.",
        ("SECURITY.md", "pipeline/release/audit.py"),
        "your incident procedure, and who reports to the ICO and to NHS England",
    ),
    Evidence(
        "7 Continuity planning (CAF: D)",
        "Backup and restore, checked file by file; a run that is stopped leaves the previous lists.",
        ("docs/how-to/server.md", "flows/backup.py", "docs/reference/faults.md"),
        "where backups are kept, and when you last restored one",
    ),
    Evidence(
        "8 Unsupported systems (CAF: B)",
        "Every dependency is pinned, and the newest minor version gets fixes.",
        ("requirements.lock", "SECURITY.md"),
        "the versions of Python and of the operating system on your servers",
    ),
    Evidence(
        "9 IT protection (CAF: B, C)",
        "Servers listen on the machine itself, ask for a password, and refuse requests from other pages.",
        ("flows/access/gate.py", "flows/doctor.py", "docs/reference/faults.md"),
        "firewall, disk encryption, monitoring and patching",
    ),
    Evidence(
        "10 Accountable suppliers (CAF: A)",
        "Open source under the MIT licence; no supplier sees the data.",
        ("LICENSE", "CONTRIBUTING.md"),
        "contracts with whoever hosts or supports it for you",
    ),
)
