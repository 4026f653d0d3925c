"""The feature dictionary gives every feature's meaning and source, and is current."""

from __future__ import annotations

from pipeline.features import dictionary


def test_the_page_is_current(capsys):
    assert dictionary.main(["--check"]) == 0


def test_a_row_says_name_meaning_window_source_and_policy():
    page = dictionary.dictionary()
    assert (
        "| `emergency_admissions_1y` | emergency admissions in the last year | count | 365 days | `admission.unplanned` (admissions) | 0 |"
        in page
    )
    assert "`social.lonely` (gp_events: 267076002)" in page
    assert "`social_domestic_abuse_ever` †" in page


def test_an_outdated_page_is_reported(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dictionary, "PATH", tmp_path / "feature-dictionary.md")
    assert dictionary.main(["--check"]) == 1
    assert dictionary.main([]) == 0
    assert dictionary.main(["--check"]) == 0
