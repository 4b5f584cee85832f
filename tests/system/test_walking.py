"""Whoever follows a page notices when it is wrong."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import Block
from tests.system.walking import Walk, normal


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    walk = Walk(tmp_path, {"PATH": os.environ["PATH"]})
    yield walk
    walk.end()


def block(kind: str, body: str) -> Block:
    return Block(kind, body, ())


def test_what_a_block_has_set_saved_and_started_is_there_for_the_next(walk: Walk, tmp_path: Path) -> None:
    walk.follow(
        [
            block("sh", 'cd / && cd "$OLDPWD"\nNAME=Anna\nsleep 100 &\n'),
            block("python", "# hello.py\nprint('hello')\n"),
            block("sh", "echo $NAME; kill -0 $! && cat hello.py\n"),
            block("text", "Anna\n# hello.py\nprint('hello')\n"),
        ]
    )


@pytest.mark.parametrize("shown", ["verified\n", "verified\npending\npending\n", ""])
def test_another_text_than_the_page_shows_is_told(walk: Walk, shown: str) -> None:
    with pytest.raises(AssertionError, match="the page shows another answer"):
        walk.follow([block("sh", "printf 'verified\\npending\\n'\n"), block("text", shown)])


@pytest.mark.parametrize(
    "shown", ['{"status": "pending", "sequence": 7}', '{"status": "verified"}', '{"status": "verified", "sequence": 8}']
)
def test_another_answer_than_the_page_shows_is_told(walk: Walk, shown: str) -> None:
    with pytest.raises(AssertionError, match="the page shows another answer"):
        walk.follow([block("sh", """echo '{"status":"verified","sequence":7}'\n"""), block("json", shown)])


def test_an_answer_that_the_page_does_not_show_is_told(walk: Walk) -> None:
    with pytest.raises(AssertionError, match="does not show what this prints"):
        walk.follow([block("sh", "echo verified\n")])


@pytest.mark.parametrize("command", ["false\n", "false | true\n", "echo $NOBODY\n"])
def test_a_command_that_fails_ends_the_walk(walk: Walk, command: str) -> None:
    with pytest.raises(AssertionError, match=command.split()[0]):
        walk.follow([block("sh", command)])


def test_what_differs_by_nature_is_the_same_and_nothing_else_is() -> None:
    shown = {"id": "evt_mfzwizltoq4tmnrxha3dinzyge", "at": "2026-01-05T09:30:00Z", "size_bytes": 12, "sequence": 7}
    came = {"id": "evt_qatr47hfbfdbtfr44lie5lu4ry", "at": "2026-11-21T22:48:42.434556Z", "size_bytes": 4711, "sequence": 7}

    assert normal(shown) == normal(came)
    assert normal({**came, "sequence": 8}) != normal(shown)
    assert normal({**came, "id": "whe_qatr47hfbfdbtfr44lie5lu4ry"}) != normal(shown)
    assert normal({**came, "at": None}) != normal(shown)
    assert normal({**came, "size_bytes": None}) != normal(shown)
