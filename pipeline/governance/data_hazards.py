"""Hazards that come from the data."""

from __future__ import annotations

from pipeline.governance.hazards import Control, Hazard

INGEST = "tests/pipeline/ingest"
OPT_OUTS = f"{INGEST}/test_opt_outs.py"
CODING = "tests/pipeline/test_coding.py"

HAZARDS = (
    Hazard(
        "A person who opted out is used or listed",
        "Their opt-out is not applied to every table, to earlier results or to feedback.",
        "Somebody is contacted against their will and loses trust in their practice.",
        "Significant",
        (
            Control(
                "People in the opt-out table are removed from every table, every count and the snapshots of earlier runs.",
                "pipeline/ingest",
                (
                    f"{OPT_OUTS}::test_a_person_of_either_kind_leaves_every_table_and_every_count",
                    f"{OPT_OUTS}::test_a_person_who_opts_out_later_leaves_the_snapshots_of_earlier_runs",
                ),
            ),
            Control(
                "They are removed from the ledger too, and an old feedback file does not bring them back.",
                "pipeline/ledger/entries.py",
                (
                    "tests/pipeline/ledger/test_entries.py::test_an_opt_out_leaves_every_part_and_its_file_does_not_bring_it_back",
                ),
            ),
        ),
    ),
    Hazard(
        "Opt-outs match nobody",
        "The opt-out file writes pseudonyms in another way, or cannot be read.",
        "Everybody who opted out stays in, and nobody notices.",
        "Significant",
        (
            Control(
                "The run stops if too few people in the opt-out table are found, or if the table cannot be read.",
                "pipeline/ingest",
                (
                    f"{OPT_OUTS}::test_opt_outs_that_match_fewer_than_half_of_their_people_stop_the_run",
                    f"{OPT_OUTS}::test_opt_outs_that_cannot_be_read_stop_the_run",
                    f"{OPT_OUTS}::test_a_person_who_opts_out_later_leaves_what_clusters_are_known_to_have",
                    f"{OPT_OUTS}::test_hexadecimal_pseudonyms_are_the_same_in_either_case",
                ),
            ),
        ),
    ),
    Hazard(
        "Data that identify people come in",
        "A supplier leaves names, NHS numbers or full dates of birth in an extract.",
        "Confidential information is seen by people who have no right to it.",
        "Considerable",
        (
            Control(
                "Columns and values that identify people are refused, all of them reported at once.",
                "pipeline/ingest/identifiable.py",
                (
                    f"{INGEST}/test_identifiable.py::test_values_that_identify_are_refused_whatever_the_column_is_called",
                    f"{INGEST}/test_identifiable.py::test_full_birth_dates_are_refused_by_name",
                ),
            ),
        ),
    ),
    Hazard(
        "Rows go missing without notice",
        "Rows are damaged, cut off or break a rule.",
        "A person's risk is too low because part of their record is missing, and they are not offered help.",
        "Considerable",
        (
            Control(
                "Every row that breaks a rule is set aside and counted; too many of them stop the run.",
                "pipeline/ingest",
                (
                    f"{INGEST}/test_ingest.py::test_above_the_reject_rate_the_run_stops_with_only_the_quarantine_written",
                    f"{INGEST}/test_checked_table.py::test_a_row_that_breaks_a_rule_is_quarantined_under_its_name",
                ),
            ),
        ),
    ),
    Hazard(
        "A table reaches hardly anybody",
        "A supplier changes its pseudonyms or stops sending a table.",
        "Risks leave out a whole part of care, so the wrong people are listed.",
        "Considerable",
        (
            Control(
                "The alarm empty_join is raised, and holds back the release until somebody accepts it by name.",
                "models/judging",
                (
                    "tests/models/judging/test_alarms.py::test_a_table_that_matches_nobody_rings_empty_join",
                    "tests/models/judging/test_alarms.py::test_a_table_that_stops_arriving_rings_empty_join_only_where_it_is_configured",
                ),
            ),
        ),
    ),
    Hazard(
        "The extracts are old, shorter than before or sent twice",
        "A delivery fails, or last month's file is sent again.",
        "People are listed for what was true months ago.",
        "Significant",
        (
            Control(
                "Extracts that shrank or repeat the last ones are reported.",
                "flows/deliveries.py",
                (
                    "tests/flows/test_deliveries.py::test_a_table_that_lost_more_than_a_fifth_of_its_rows",
                    "tests/flows/test_deliveries.py::test_last_months_file_sent_again",
                ),
            ),
            Control(
                "Every list says how old its sources are.",
                "pipeline/publish",
                (
                    "tests/pipeline/publish/test_publish.py::test_every_list_and_pack_says_how_old_its_sources_are_and_who_answers_for_it",
                ),
            ),
        ),
    ),
    Hazard(
        "Codes are not recognised",
        "A spreadsheet damages codes, or a system uses codes that are not in the lists.",
        "A condition is not seen and the risk is too low.",
        "Considerable",
        (
            Control(
                "Damaged codes are counted, and a table whose codes no list knows is named.",
                "pipeline/coding.py",
                (
                    f"{CODING}::test_codes_that_a_spreadsheet_damaged_are_counted",
                    f"{CODING}::test_a_table_whose_codes_no_list_knows_is_named",
                ),
            ),
        ),
    ),
    Hazard(
        "A measurement is read in the wrong unit",
        "Systems record the same measurement in different units.",
        "A reason on the list is false, or the risk is wrong.",
        "Significant",
        (
            Control(
                "Values are converted to one unit; implausible values are left empty and counted.",
                "pipeline/measured.py",
                (
                    f"{CODING}::test_values_come_in_the_concepts_own_unit_and_are_empty_where_not_plausible",
                    f"{CODING}::test_values_out_of_range_are_counted",
                ),
            ),
        ),
    ),
    Hazard(
        "Dates are wrong",
        "Typing errors, years of two digits, or day and month the wrong way round.",
        "Events are counted in the wrong period, so risks and reasons are wrong.",
        "Significant",
        (
            Control(
                "Dates that cannot be true are counted by kind, and a few wrong dates do not move the as-of date.",
                "pipeline/ingest",
                (
                    f"{INGEST}/test_tally.py::test_dates_that_cannot_be_true_are_counted_by_kind",
                    f"{INGEST}/test_tally.py::test_one_admission_far_off_does_not_move_the_as_of_date",
                ),
            ),
        ),
    ),
)
