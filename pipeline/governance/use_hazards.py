"""Hazards that come from lists: what is on them, who gets them, and how people read them."""

from __future__ import annotations

from pipeline.governance.hazards import Control, Hazard

PUBLISH = "tests/pipeline/publish"
RELEASE = "tests/pipeline/release"
LEDGER = "tests/pipeline/ledger"
APPROVE = f"{RELEASE}/test_approve.py"

HAZARDS = (
    Hazard(
        "A risk is read as a diagnosis, or a reason as a cause",
        "The list is hard to understand, or says more than is known.",
        "Somebody is treated, or refused something, because of a number.",
        "Considerable",
        (
            Control(
                "Pages are in plain English, and no question leads or names a diagnosis.",
                "pipeline/publish/prompts.py",
                (
                    f"{PUBLISH}/test_reading_age.py::test_eleven_year_olds_can_read_every_page_as_it_is_given",
                    f"{PUBLISH}/test_reading_age.py::test_no_question_leads_or_names_a_diagnosis",
                ),
            ),
            Control(
                "Reasons are facts about the person that raise the risk; absence is never one.",
                "pipeline/publish/reasons.py",
                (
                    f"{PUBLISH}/test_reasons.py::test_absence_is_not_a_reason",
                    f"{PUBLISH}/test_reasons.py::test_a_score_alone_is_no_reason",
                ),
            ),
        ),
    ),
    Hazard(
        "People who need help are not listed",
        "Records leave things out, and a team relies on the list alone.",
        "Help comes too late for somebody whom the record says little about.",
        "Considerable",
        (
            Control(
                "The team adds people to the next list, each using one of its places.",
                "pipeline/ledger/feedback.py",
                (
                    f"{LEDGER}/test_feedback.py::test_the_team_adds_people_and_takes_them_off",
                    f"{PUBLISH}/test_places.py::test_whom_the_team_adds_uses_a_place_and_is_marked",
                ),
            ),
        ),
    ),
    Hazard(
        "A sensitive subject is disclosed",
        "The record mentions abuse, safeguarding, sexual health, gender identity or offending.",
        "Somebody is put in danger or distress by what a list or letter says.",
        "Major",
        (
            Control(
                "These subjects do not appear in any output, and services for them are never named.",
                "pipeline/publish/restricted.py",
                (
                    f"{PUBLISH}/test_outputs.py::test_restricted_subjects_are_on_no_output",
                    f"{PUBLISH}/test_community.py::test_a_service_on_a_restricted_subject_is_never_named",
                ),
            ),
        ),
    ),
    Hazard(
        "Somebody at the end of life is contacted about prevention",
        "People at the end of life have high risks.",
        "Distress: the person may not know yet.",
        "Significant",
        (
            Control(
                "People at the end of life are not on the main list; nor are people in a care home, unless the site says so.",
                "pipeline/publish",
                (f"{PUBLISH}/test_publish.py::test_nobody_in_a_care_home_or_at_the_end_of_life_is_on_a_main_list",),
            ),
        ),
    ),
    Hazard(
        "Somebody who has died is contacted",
        "A person dies, moves away or opts out after the lists were made.",
        "A family is distressed.",
        "Significant",
        (
            Control(
                "Just before delivery, they are taken off every file and counted.",
                "pipeline/release/departures.py",
                (
                    f"{APPROVE}::test_people_who_died_moved_or_opted_out_are_taken_off_every_file",
                    f"{APPROVE}::test_someone_who_dies_after_the_delivery_is_taken_off_by_the_next",
                ),
            ),
        ),
    ),
    Hazard(
        "Lists are sent that nobody has looked at",
        "Lists are sent by a schedule, or changed after they were approved.",
        "Wrong lists are acted on.",
        "Considerable",
        (
            Control(
                "Nothing leaves until a named person approves exactly these files.",
                "pipeline/release/approve.py",
                (
                    f"{APPROVE}::test_nothing_leaves_without_approval",
                    f"{APPROVE}::test_an_approval_holds_for_exactly_the_files_approved",
                    f"{APPROVE}::test_alarms_must_be_accepted_by_name",
                ),
            ),
        ),
    ),
    Hazard(
        "A pseudonym gets the wrong name",
        "A practice joins a list to another practice's key file.",
        "The wrong patient is contacted about somebody else's record.",
        "Considerable",
        (
            Control(
                "Only the practice's own registered patients are shown; the rest are refused and counted.",
                "pipeline/release/reidentify.py",
                (
                    f"{RELEASE}/test_reidentify.py::test_shows_its_own_registered_patients_and_refuses_the_rest",
                    f"{RELEASE}/test_reidentify.py::test_a_practice_does_not_look_up_the_patients_of_another",
                ),
            ),
        ),
    ),
    Hazard(
        "Somebody who declined is contacted again",
        "What the team recorded is not read.",
        "A person is contacted against their will.",
        "Significant",
        (
            Control(
                "Every feedback file is read or refused by name, and people stay off new lists according to their outcome.",
                "pipeline/ledger/feedback.py",
                (
                    f"{LEDGER}/test_feedback.py::test_every_file_is_read_or_refused",
                    f"{LEDGER}/test_feedback.py::test_people_who_rest_are_on_no_list_and_their_places_go_to_the_next",
                ),
            ),
        ),
    ),
    Hazard(
        "An offer does not suit the person",
        "The community directory is old, or the service is for another group or too far away.",
        "Somebody is sent to a service that turns them away.",
        "Minor",
        (
            Control(
                "Services have to be active, within reach and for a group that the person belongs to.",
                "pipeline/publish/community.py",
                (
                    f"{PUBLISH}/test_community.py::test_not_offered",
                    f"{PUBLISH}/test_community.py::test_nearest_first_and_nothing_out_of_reach",
                    f"{PUBLISH}/test_community.py::test_an_offer_for_a_group_is_for_its_members_only",
                ),
            ),
        ),
    ),
    Hazard(
        "Two lists of one month are confused",
        "A list is made again after it was delivered.",
        "A team keeps working with the list that was replaced.",
        "Significant",
        (
            Control(
                "A second list of a date is compared with the one delivered.",
                "pipeline/release/editions.py",
                (f"{APPROVE}::test_a_second_list_of_the_same_date_is_compared_with_the_one_delivered",),
            ),
        ),
    ),
    Hazard(
        "A list cannot be read by everybody who works with it",
        "A page does not work with a keyboard, a screen reader or a phone.",
        "A link worker misses somebody or reads the wrong line.",
        "Minor",
        (
            Control(
                "Pages are checked for WCAG 2.2 AA and work by keyboard alone.",
                "pipeline/templates",
                (
                    f"{PUBLISH}/test_accessibility.py::test_axe_finds_nothing",
                    f"{PUBLISH}/test_accessibility.py::test_list_filters_sorts_and_finds_by_keyboard_only",
                ),
            ),
        ),
    ),
)
