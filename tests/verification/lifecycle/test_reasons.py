"""The catalogue of reasons."""

import subprocess
import sys

from tests.fixtures.sandbox_provider import ROOT
from verification.lifecycle.reasons import REASONS, reason
from verification.providers.sandbox.adapter import REASONS as SANDBOX_REASONS


def test_a_blurred_photo_has_the_words_of_the_contract() -> None:
    assert reason("image_blurred").for_user == "The photo is blurred. Take it again in good light."
    assert reason("image_blurred").is_user_fixable


def test_an_unknown_code_is_the_reason_other() -> None:
    assert reason("sunspots") is REASONS["other"]
    assert not REASONS["other"].is_user_fixable


def test_every_reason_has_a_frozen_code_and_words_for_both_readers() -> None:
    for code, entry in REASONS.items():
        assert entry.code == code
        assert code.isascii()
        assert code == code.lower().replace(" ", "_")
        for words in (entry.for_user, entry.for_reviewer):
            assert words.endswith(".")
            assert words[0].isupper()


def test_an_end_user_is_accused_of_nothing() -> None:
    for entry in REASONS.values():
        assert not any(word in entry.for_user.lower() for word in ("fraud", "forge", "fake", "sanction", "blocklist", "suspect", "stolen"))


def test_what_the_end_user_can_mend_says_how() -> None:
    for entry in REASONS.values():
        if entry.is_user_fixable:
            assert any(word in entry.for_user for word in ("Take", "Send", "send", "tart again")), entry.code


def test_the_sandbox_provider_can_give_every_reason_but_those_of_a_hosted_session_and_of_time() -> None:
    assert set(REASONS) - set(SANDBOX_REASONS.values()) == {"consent_declined", "abandoned", "verification_expired"}


def test_the_catalogue_needs_no_django() -> None:
    program = "import sys, verification.lifecycle.reasons; print('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "False\n"
