"""Hazards to confidentiality: who can see, decide and find out what."""

from __future__ import annotations

from pipeline.governance.hazards import Control, Hazard

PUBLISH = "tests/pipeline/publish"
RELEASE = "tests/pipeline/release"

HAZARDS = (
    Hazard(
        "Nobody can say who made a decision",
        "The record of decisions is incomplete or was changed.",
        "An incident cannot be investigated, and its cause remains.",
        "Significant",
        (
            Control(
                "Each line of the audit log contains the hash of the line before; a change is detected and stops releases.",
                "pipeline/release/audit.py",
                (
                    f"{RELEASE}/test_audit.py::test_tampering_is_found_and_stops_further_writing",
                    f"{RELEASE}/test_audit.py::test_entries_say_what_who_why_and_follow_each_other",
                ),
            ),
        ),
    ),
    Hazard(
        "A person is recognised from counts",
        "A public page shows a count of very few people.",
        "Confidential information about somebody becomes known.",
        "Significant",
        (
            Control(
                "Small counts are hidden, others rounded, and none can be worked out from totals.",
                "pipeline/disclosure.py",
                (
                    "tests/pipeline/test_disclosure.py::test_no_hidden_count_follows_from_the_totals_and_the_other_counts",
                    f"{PUBLISH}/test_outputs.py::test_no_small_count_is_printed_on_pages_without_person_rows",
                ),
            ),
            Control(
                "Combining the pages of several months does not reveal any count of 1 to 7.",
                "pipeline/disclosure.py",
                (
                    "tests/pipeline/test_attack.py::test_no_count_of_1_to_7_and_no_change_of_it_follows_from_all_pages_of_all_months",
                ),
            ),
            Control(
                "MLflow and the model card show protected counts only.",
                "models/judging/shown.py",
                ("tests/models/judging/test_shown.py::test_a_group_with_a_few_outcomes_is_too_small",),
            ),
        ),
    ),
    Hazard(
        "Somebody without the right reads or releases lists",
        "A server or folder is open to other users.",
        "Confidential information is seen, or lists are released by somebody who should not.",
        "Considerable",
        (
            Control(
                "Both servers ask people to sign in, and each role may do only its part.",
                "flows/access",
                (
                    "tests/flows/access/test_gate.py::test_nothing_of_the_api_without_an_account",
                    "tests/flows/access/test_gate.py::test_what_each_role_may_do",
                ),
            ),
            Control(
                "Only the owner can read files, whatever the umask.",
                "data_schemas/disk.py",
                ("tests/flows/test_lock.py::test_nothing_is_for_others_whatever_the_umask_was_and_is",),
            ),
        ),
    ),
    Hazard(
        "A record is shown in a message or a log",
        "A program fails on a value and prints it.",
        "Confidential information is seen by people who look after the machine.",
        "Significant",
        (
            Control(
                "A failure says what and where, never the value; no pseudonym reaches Prefect or MLflow.",
                "flows/guard.py",
                (
                    "tests/flows/test_guard.py::test_nothing_of_a_record_is_in_what_a_failure_says",
                    "tests/flows/test_end_to_end.py::test_no_persons_pseudonym_reaches_prefect_or_mlflow",
                ),
            ),
        ),
    ),
)
