"""Lists are sent over a private MESH: one message each, whatever is lost or killed on the way."""

from __future__ import annotations

import io
import os
import zipfile
from contextlib import suppress

import pyrage
import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from pipeline.carriers import discard_waiting
from pipeline.carriers.mesh import Options
from pipeline.carriers.mesh import exchange as speaking
from pipeline.carriers.mesh.carrier import MeshCarrier
from pipeline.carriers.mesh.journal import Journal
from tests.pipeline.carriers.exchange import Exchange

SITE, CLUSTER, OTHER = "X26ABC1", "X26ABC2", "X26ABC3"
RUN = "2026-04-01"
KEY = pyrage.x25519.Identity.generate()
SMALL = {"risk-list.csv": b"rank,person_id\n1,p0001\n", "profile.html": b"<h1>C1</h1>"}
LARGE = {**SMALL, "risk-list.xlsx": os.urandom(2_400_000)}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with Exchange(tmp_path_factory.mktemp("mesh")) as running:
        yield running


@pytest.fixture
def options(exchange, monkeypatch):
    monkeypatch.setattr(speaking, "PAUSE_SECONDS", 0.0)
    folder = exchange.folder
    (folder / "secrets.toml").write_text('password = "password"\nshared_key = "TestKey"\n')
    (folder / "secrets.toml").chmod(0o600)
    exchange.ask("DELETE", "reset")
    exchange.posts()
    key = str(KEY.to_public())
    return Options(
        carrier="mesh", url=exchange.url, mailbox=SITE, workflow="RISK_LIST", certificate="client.pem",
        private_key="client.key", authority="authority.pem", secrets="secrets.toml", chunk_megabytes=1,
        clusters={"C1": {"mailbox": CLUSTER, "key": key}, "C2": {"mailbox": OTHER, "key": key}},
    ).placed(folder)  # fmt: skip


@pytest.fixture
def sender(options, tmp_path):
    return options.made(tmp_path)


def read(exchange, mailbox):
    """What is in a mailbox, opened with the cluster's key. Reading acknowledges."""
    found = []
    with exchange.client(mailbox) as client:
        for message in client.iterate_all_messages():
            with message:
                archive = zipfile.ZipFile(io.BytesIO(pyrage.decrypt(message.read(), [KEY])))
                found.append({name: archive.read(name) for name in archive.namelist()})
    return found


def kept(sender):
    return [(each.state, each.sent, each.chunks) for each in sender.journal.messages()]


@pytest.mark.parametrize(("content", "chunks"), [(SMALL, 1), (LARGE, 3)], ids=["one", "chunks"])
def test_a_list_arrives_whole_for_its_cluster_alone_and_is_followed(exchange, sender, content, chunks):
    sender.carry("C1", RUN, content)
    assert len(exchange.posts()) == chunks
    assert (kept(sender), list(sender.followed())) == ([("sent", chunks, chunks)], [])
    with exchange.client(CLUSTER) as client:
        [message] = client.iterate_message_ids()
        sealed = client.retrieve_message(message)
        assert (sealed.encrypted, sealed.workflow_id) == (True, "RISK_LIST")
        assert b"p0001" not in sealed.read()
        sealed.close()
    assert (read(exchange, OTHER), read(exchange, CLUSTER)) == ([], [content])
    assert [(each.cluster, each.run, each.standing) for each in sender.followed()] == [("C1", RUN, "arrived")]
    assert list(sender.followed()) == []
    assert [path.suffix for path in sender.journal.folder.iterdir() if path.name[0] != "."] == [".json"]


def test_the_same_list_goes_once_unless_it_is_sent_again_on_purpose(exchange, sender):
    for occasion in (1, 1, 2, 2):
        sender.carry("C1", RUN, SMALL, occasion)
    assert read(exchange, CLUSTER) == [SMALL, SMALL]


class Killed(BaseException):
    """An exception that simulates a kill, because nothing catches it."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_between_any_two_steps_it_continues_and_nothing_is_sent_twice(exchange, sender, monkeypatch, when):
    """The sender is killed just before, or just after, each entry that it writes in turn."""
    note, done = Journal.note, False
    for step in range(1, 20):
        left = iter(range(step - 1))

        def dies(journal, message, left=left, **now):
            if (last := next(left, None) is None) and when == "before":
                raise Killed
            noted = note(journal, message, **now)
            if last:
                raise Killed
            return noted

        content = {**LARGE, "step": f"{when} {step}".encode()}
        with monkeypatch.context() as patched, suppress(Killed):
            patched.setattr(Journal, "note", dies)
            sender.carry("C1", RUN, content)
            done = True
        sender.carry("C1", RUN, content)
        assert read(exchange, CLUSTER) == [content], f"{when} step {step}"
        if done:
            break
    assert done
    assert step > 5
    assert not list(sender.journal.folder.glob("*.age"))


@pytest.mark.parametrize("lost", [1, 2])
def test_an_answer_that_was_lost_does_not_send_the_list_twice(exchange, sender, lost):
    exchange.lose(lost)
    sender.carry("C1", RUN, SMALL)
    exchange.lose(0)
    assert len(exchange.posts()) == 1
    assert read(exchange, CLUSTER) == [SMALL]


def test_a_mesh_that_is_away_is_reported_and_the_next_release_continues(exchange, options, tmp_path):
    away = options.model_copy(update={"url": "https://127.0.0.1:9"})
    with pytest.raises(RunFailed, match=r"127\.0\.0\.1 did not answer.*nothing is sent twice") as raised:
        away.made(tmp_path).carry("C1", RUN, SMALL)
    assert "TestKey" not in str(raised.value)
    options.made(tmp_path).carry("C1", RUN, SMALL)
    assert read(exchange, CLUSTER) == [SMALL]


def test_a_list_that_another_takes_the_place_of_is_never_sent(exchange, options, tmp_path):
    away = options.model_copy(update={"url": "https://127.0.0.1:9"})
    with pytest.raises(RunFailed):
        away.made(tmp_path).carry("C1", RUN, LARGE)
    sender = options.made(tmp_path)
    sender.carry("C1", RUN, SMALL)
    assert read(exchange, CLUSTER) == [SMALL]
    assert sorted(state for state, *_ in kept(sender)) == ["sent", "superseded"]
    assert not list(sender.journal.folder.glob("*.age"))


@pytest.mark.parametrize("stopped", [1, 2, 3, 4, 5])
def test_lists_that_wait_are_deleted_when_extracts_come_and_the_next_release_sends_them_once(
    exchange, options, tmp_path, monkeypatch, stopped
):
    """Somebody on a list that was not completely sent may have opted out, so no part of it stays, wherever sending
    stopped."""
    note, left = Journal.note, iter(range(stopped))
    sender = options.made(tmp_path)

    def dies(journal, message, **now):
        if next(left, None) is None:
            raise Killed
        return note(journal, message, **now)

    with monkeypatch.context() as patched, suppress(Killed):
        patched.setattr(Journal, "note", dies)
        sender.carry("C1", RUN, LARGE)
    assert list(sender.journal.folder.glob("*.age"))
    discard_waiting(tmp_path)
    assert not list(sender.journal.folder.glob("*.age"))
    for _ in range(2):
        sender.carry("C1", RUN, LARGE)
    assert read(exchange, CLUSTER) == [LARGE]
    assert not list(sender.journal.folder.glob("*.age"))


def test_a_list_that_was_given_up_can_be_sent_after_all(exchange, options, tmp_path):
    away = options.model_copy(update={"url": "https://127.0.0.1:9"})
    with pytest.raises(RunFailed):
        away.made(tmp_path).carry("C1", RUN, LARGE)
    sender = options.made(tmp_path)
    for content in (SMALL, LARGE, LARGE):
        sender.carry("C1", RUN, content)
    assert read(exchange, CLUSTER) == [SMALL, LARGE]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mailbox": "X26NONE"}, "does not know the mailbox, its password or its shared key"),
        ({"clusters": {"C1": {"mailbox": "NOBODY", "key": str(KEY.to_public())}}}, "MESH refused the message: Unregistered to address"),
        ({"clusters": {}}, "has no mailbox: add .delivery.clusters.C1."),
        ({"certificate": "stranger.pem", "private_key": "stranger.key"}, "trust each other's certificates|did not answer"),
        ({"authority": "stranger.pem"}, "do not trust each other's certificates"),
    ],
)  # fmt: skip
def test_what_is_refused_is_reported_plainly_and_nothing_is_sent(exchange, options, tmp_path, change, said):
    wrong = Options(**(options.model_dump() | change)).placed(exchange.folder)
    with pytest.raises(RunFailed, match=said) as raised:
        wrong.made(tmp_path).carry("C1", RUN, SMALL)
    assert "password =" not in str(raised.value)
    assert "TestKey" not in str(raised.value)
    options.made(tmp_path).carry("C1", RUN, SMALL)
    assert read(exchange, CLUSTER) == [SMALL]


def test_a_list_that_nobody_collected_is_reported_as_lost(exchange, sender):
    sender.carry("C1", RUN, SMALL)
    [message] = sender.journal.messages()
    undelivered = {"status": "undeliverable", "description": "not collected after 5 days"}
    exchange.ask("POST", f"message/{message.message_id}/event", undelivered)
    [parcel] = sender.followed()
    assert (parcel.standing, "--again" in parcel.detail) == ("lost", True)


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        ({"url": "http://mesh"}, "url", "starts with https://"),
        ({"authority": "nowhere.pem"}, "authority", "there is no such file"),
        ({"secrets": "open.toml"}, "secrets", "chmod 600"),
    ],
)
def test_what_is_wrong_with_the_settings_is_reported_before_anything_runs(exchange, options, change, key, said):
    (exchange.folder / "open.toml").write_text('password = "x"\nshared_key = "y"\n')
    (exchange.folder / "open.toml").chmod(0o644)
    [(found, problem)] = Options(**(options.model_dump() | change)).problems(exchange.folder)
    assert (found, said in problem) == (key, True)


def test_a_public_key_with_a_slip_is_refused(exchange, options, tmp_path):
    key = str(KEY.to_public())
    slip = key[:-1] + ("q" if key[-1] != "q" else "p")
    wrong = options.model_copy(update={"clusters": Options(**(options.model_dump() | {
        "clusters": {"C1": {"mailbox": CLUSTER, "key": slip}}})).clusters})  # fmt: skip
    with pytest.raises(ConfigurationError, match="not an age public key"):
        MeshCarrier(wrong, Journal(tmp_path)).carry("C1", RUN, SMALL)
