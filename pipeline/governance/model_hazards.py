"""Hazards that come from the model and from how it is run."""

from __future__ import annotations

from pipeline.governance.hazards import Control, Hazard

ALARMS = "tests/models/judging/test_alarms.py"
REGISTRY = "tests/models/registry/test_registry.py"

HAZARDS = (
    Hazard(
        "The model knows the future",
        "A feature uses what was recorded after the as-of date, or a copy of the outcome.",
        "The model looks far better than it is, and real lists name the wrong people.",
        "Considerable",
        (
            Control(
                "No feature sees what came, or became known, after the as-of date.",
                "pipeline/snapshots.py",
                (
                    "tests/pipeline/test_snapshots.py::test_nothing_of_what_came_or_became_known_later_changes_a_feature",
                ),
            ),
            Control(
                "The alarm leakage is raised and holds the model back.",
                "models/judging",
                (
                    f"{ALARMS}::test_a_copied_outcome_is_leakage_and_holds_the_model_back_until_somebody_accepts_it",
                    "tests/models/test_planted.py::test_a_code_written_after_the_event_is_leakage",
                ),
            ),
        ),
    ),
    Hazard(
        "Risks are too high or too low for everybody",
        "Care or coding changes after the model was trained.",
        "A person or a team relies on a number that is wrong, and help goes to the wrong people.",
        "Considerable",
        (
            Control(
                "The alarms calibration and drift are raised and have to be accepted by name.",
                "models/judging",
                (
                    f"{ALARMS}::test_outcomes_that_fall_away_ring_drift_and_calibration",
                    "tests/models/test_planted.py::test_a_world_that_has_changed_for_all_rings_drift_and_calibration",
                ),
            ),
        ),
    ),
    Hazard(
        "The model serves some groups worse than others",
        "Groups use care, or are recorded, in different ways.",
        "People in a group are offered less help than they need, and inequality grows.",
        "Considerable",
        (
            Control(
                "The alarm subgroup is raised, and the model card shows the groups concerned.",
                "models/judging",
                (
                    "tests/models/test_planted.py::test_a_group_for_whom_the_world_has_changed_rings_subgroup",
                    "tests/models/documents/test_card.py::test_groups_that_are_clearly_off_come_before_small_ones_that_may_be_chance",
                ),
            ),
        ),
    ),
    Hazard(
        "The model learns from its own success",
        "People on a list are helped and admitted less often, and the next model is trained on that.",
        "The people who most need help fall off the list.",
        "Considerable",
        (
            Control(
                "Training counts people whom a list reached as that list expected, not as they did with support.",
                "models/learning/influence.py",
                (
                    "tests/models/learning/test_influence.py::test_who_was_reached_before_the_outcome_counts_as_having_left",
                    "tests/pipeline/synthetic/test_feedback_world.py::test_naive_learning_loses_its_hold_and_ours_keeps_it",
                ),
            ),
        ),
    ),
    Hazard(
        "A worse model takes over",
        "Retraining gives a model that is worse than the one in use.",
        "Lists get worse from one month to the next without notice.",
        "Considerable",
        (
            Control(
                "A model that is worse than the champion, or under alarms, is held back.",
                "models/registry",
                (
                    f"{REGISTRY}::test_a_worse_model_is_held_back_and_a_like_one_is_not",
                    f"{REGISTRY}::test_a_version_under_alarms_is_promoted_only_when_each_is_accepted_by_name",
                ),
            ),
        ),
    ),
    Hazard(
        "Scores or a model are damaged or edited",
        "A disk fails, or somebody edits a file of the store.",
        "The wrong person is first on a list.",
        "Considerable",
        (
            Control(
                "Files that have changed since a step wrote them are found and made again.",
                "flows/seals.py",
                ("tests/flows/test_tasks.py::test_a_receipt_whose_files_are_not_as_it_left_them_is_made_again",),
            ),
            Control(
                "A model file with anything other than the expected types is not loaded.",
                "models/storage.py",
                ("tests/models/test_storage.py::test_a_type_that_is_not_ours_is_not_loaded",),
            ),
        ),
    ),
    Hazard(
        "Nobody can repeat how a score was made",
        "The same inputs give different scores on another day or machine.",
        "A complaint or an incident cannot be investigated.",
        "Significant",
        (
            Control(
                "The same inputs, configuration and seed give the same scores, in another folder too.",
                "flows/run.py",
                ("tests/flows/test_end_to_end.py::test_the_same_inputs_give_the_same_scores_in_another_folder",),
            ),
        ),
    ),
    Hazard(
        "An interrupted run leaves half a list",
        "The machine stops, or somebody ends the run, while lists are written.",
        "People are missing from a list that looks complete.",
        "Significant",
        (
            Control(
                "After a kill at any moment, either the complete old folder or the complete new one is there.",
                "pipeline/publish/files.py",
                (
                    "tests/pipeline/publish/test_files.py::test_killed_at_any_moment_leaves_the_old_or_the_new_folder_complete",
                    "tests/flows/test_end_to_end.py::test_a_killed_run_leaves_the_old_output_whole_and_starts_again",
                ),
            ),
        ),
    ),
    Hazard(
        "The output folder is lost",
        "A disk fails or somebody deletes the folder.",
        "Lists stop, and it is no longer known who declined contact.",
        "Significant",
        (
            Control(
                "A backup is checked file by file, and a damaged one is refused.",
                "flows/backup.py",
                (
                    "tests/flows/test_backup.py::test_it_comes_back_elsewhere_as_it_was",
                    "tests/flows/test_backup.py::test_a_damaged_backup_is_refused_and_leaves_nothing",
                ),
            ),
        ),
    ),
)
