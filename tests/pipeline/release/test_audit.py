from __future__ import annotations

import json
import threading

import pytest

from data_schemas.errors import RunFailed
from pipeline.release import audit


@pytest.fixture
def log(tmp_path):
    for n in range(4):
        audit.append(tmp_path / "audit", "did", who="A. Person", why=f"reason {n}", count=n)
    return tmp_path / "audit"


def lines(log):
    return (log / audit.ENTRIES).read_text().splitlines()


def rewrite(log, changed):
    (log / audit.ENTRIES).write_text("".join(f"{line}\n" for line in changed))


def test_entries_say_what_who_why_and_follow_each_other(log):
    entries = audit.read(log)
    assert [(e.number, e.action, e.who, e.why, e.facts) for e in entries][1] == (
        2,
        "did",
        "A. Person",
        "reason 1",
        {"count": 1},
    )
    assert entries[0].previous == audit.START
    assert [e.previous for e in entries[1:]] == [e.hash for e in entries[:-1]]
    assert audit.verify(log) == []


@pytest.mark.parametrize(
    "tamper",
    [
        lambda log, rows: [rows[0], rows[1].replace("reason 1", "reason 9"), *rows[2:]],
        lambda log, rows: [rows[0], *rows[2:]],
        lambda log, rows: rows[:-1],
        lambda log, rows: [rows[1], rows[0], *rows[2:]],
        lambda log, rows: [*rows[:-1], rows[-1].replace("reason 3", "reason 9")],
        lambda log, rows: [*rows, rows[-1]],
        lambda log, rows: [*rows[:-1], rows[-1][:-5]],
        lambda log, rows: [],
    ],
    ids=["changed", "removed", "end cut off", "moved", "last changed", "repeated", "half a line", "emptied"],
)
def test_tampering_is_found_and_stops_further_writing(log, tamper):
    rewrite(log, tamper(log, lines(log)))
    assert audit.verify(log)
    with pytest.raises(RunFailed):
        audit.append(log, "did", who="A. Person", why="more")


def test_a_missing_head_is_found(log):
    (log / audit.HEAD).unlink()
    assert audit.verify(log)


def test_a_crash_between_line_and_head_is_forgiven(log):
    head = json.loads((log / audit.HEAD).read_text())
    previous = audit.read(log)[-2]
    left = {"number": head["number"] - 1, "hash": previous.hash, "coming": head["hash"]}
    (log / audit.HEAD).write_text(json.dumps(left))
    assert audit.verify(log) == []
    audit.append(log, "did", who="A. Person", why="more")
    assert audit.verify(log) == []


def test_a_crash_before_the_first_line_is_whole_is_forgiven(tmp_path):
    first = audit.append(tmp_path, "did", who="A. Person", why="reason")
    (tmp_path / audit.HEAD).write_text(json.dumps({"number": 0, "hash": audit.START, "coming": first.hash}))
    assert audit.verify(tmp_path) == []
    audit.append(tmp_path, "did", who="A. Person", why="more")
    assert audit.verify(tmp_path) == []


def test_a_line_that_follows_but_was_put_in_by_hand_is_found(log):
    last = audit.read(log)[-1]
    forged = audit.Entry(last.number + 1, last.at, "approved", "Nobody", "by hand", {}, last.hash)
    rewrite(log, [*lines(log), audit._line(forged).decode()])
    assert audit.verify(log) == ["line 5: was not added by this program: it is not in head.json"]


def test_a_line_that_says_the_same_otherwise_is_found(log):
    rows = lines(log)
    rewrite(log, [rows[0], rows[1].replace('"why":', '"why": "by hand","why":'), *rows[2:]])
    assert audit.verify(log) == ["line 2: is not as it was written; it was changed"]


@pytest.mark.parametrize("head", ["garbage", "[]", "{}", '{"number": "x", "hash": ""}', '{"number": -1, "hash": ""}'])
def test_a_head_that_cannot_be_read_is_found(log, head):
    (log / audit.HEAD).write_text(head)
    assert audit.verify(log)
    with pytest.raises(RunFailed):
        audit.append(log, "did", who="A. Person", why="more")


def test_writers_at_once_keep_the_chain(tmp_path):
    write = lambda n: audit.append(tmp_path, "did", who=f"writer {n}", why="test")  # noqa: E731
    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(audit.read(tmp_path)) == 12
    assert audit.verify(tmp_path) == []


def test_an_empty_log_is_sound(tmp_path):
    assert audit.verify(tmp_path) == []
