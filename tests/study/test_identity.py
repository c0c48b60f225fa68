"""What proves who somebody is: how long a signature and a code are, and how they may be typed."""

import base64
import re

import pytest

from study import clock
from study.storage import identity

SECRET = "5f" * 32


def test_a_signature_has_128_bits_and_belongs_to_its_id_and_study():
    signed = identity.signature(SECRET, "P1")
    assert len(base64.urlsafe_b64decode(signed + "==")) == 16 and len(signed) == 22
    assert identity.is_signed(SECRET, "P1", signed) and not identity.is_signed(SECRET, "P2", signed)
    assert not identity.is_signed("60" * 32, "P1", signed) and not identity.is_signed(SECRET, "P1", signed[:-1])


def test_a_resume_code_is_three_groups_of_five_without_letters_that_look_alike():
    codes = [identity.resume_code(SECRET, identity.token_sha256(f"{n}")) for n in range(200)]
    assert all(re.fullmatch(r"([A-HJKMNP-Z2-9]{5}-){2}[A-HJKMNP-Z2-9]{5}", code) for code in codes)
    assert len(set(codes)) == 200 and set("".join(codes)) == set("ABCDEFGHJKMNPQRSTVWXYZ23456789-")
    assert codes[0] == identity.resume_code(SECRET, identity.token_sha256("0"))


@pytest.mark.parametrize(
    ("typed", "tidy"), [(" ab-c2\n", "ABC2"), ("é½x", "X"), ("a" * 32, "A" * 32), ("a" * 33, "A" * 32), ("--", "")]
)
def test_a_code_is_known_however_it_is_typed(typed, tidy):
    assert identity.tidy_code(typed) == tidy


@pytest.mark.parametrize(
    ("shared", "finished_s_ago", "left_s"),
    [
        *((True, 599, 1), (True, 600, 0), (True, 601, 0)),
        *((False, 86_399, 1), (False, 86_400, 0), (False, 86_401, 0)),
        (False, -3600, 86_400),  # the clock was set back
    ],
)
def test_a_finished_session_is_shown_again_for_a_day_or_ten_minutes(monkeypatch, shared, finished_s_ago, left_s):
    monkeypatch.setattr(clock, "now", lambda: 1e9)
    assert identity.remembered_s(shared, 1e9 - finished_s_ago) == left_s
    assert identity.remembered_s(shared, None) == float("inf")
