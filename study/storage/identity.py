"""What proves who somebody is: codes to go on elsewhere, and ids signed for the links of a study.

All of it is derived from the study's secret. A resume code is derived from the hash of the browser's token, so the page
can show it at any time though the database holds its hash alone, and it changes as soon as it has been used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from study import clock

ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
RESUME_LENGTH = 15  # 74 bits: guessing is hopeless at any rate
RESUME_GROUP = 5
SIGNATURE = "signature"
SIGNATURE_BYTES = 16
REMEMBERED_S = 24 * 3600.0  # in which a browser is shown its finished session again
REMEMBERED_SHARED_S = 10 * 60.0  # the same on a computer that several people use


def _derived(secret: str, purpose: str, text: str) -> bytes:
    return hmac.digest(bytes.fromhex(secret), f"{purpose}\0{text}".encode(), "sha256")


def token_sha256(token: str) -> str:
    """What the database knows of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def resume_code(secret: str, token_hash: str) -> str:
    """The code with which the session of this token may go on in another browser, as people read it."""
    number, letters = int.from_bytes(_derived(secret, "resume", token_hash)), []
    for _ in range(RESUME_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[digit])
    code = "".join(letters)
    return "-".join(code[start : start + RESUME_GROUP] for start in range(0, RESUME_LENGTH, RESUME_GROUP))


def resume_sha256(code: str) -> str:
    """What the database knows of a resume code, however it was typed."""
    return hashlib.sha256(tidy_code(code).encode()).hexdigest()


def tidy_code(code: str) -> str:
    """A code as stored: capitals, without what people add when they type it."""
    return "".join(c for c in code.upper() if c.isascii() and c.isalnum())[:32]


def signature(secret: str, identity: str) -> str:
    """What a link carries beside an id, so that nobody can make up either."""
    signed = _derived(secret, "identity", identity)[:SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def publication_key(secret: str, public_id: str) -> bytes:
    """What the sessions of a publication are ordered by: nothing that anybody without the secret can tell."""
    return _derived(secret, "publication", public_id)


def is_signed(secret: str, identity: str, given: str) -> bool:
    """Whether this study signed the id."""
    return hmac.compare_digest(signature(secret, identity).encode(), given.encode())


def remembered_s(shared_computer: bool, finished_at: float | None) -> float:
    """Seconds for which a browser still knows its session: without end until it is finished, then for a while."""
    if finished_at is None:
        return float("inf")
    limit_s = REMEMBERED_SHARED_S if shared_computer else REMEMBERED_S
    return max(limit_s - (clock.elapsed_s(finished_at, clock.now()) or 0.0), 0.0)
