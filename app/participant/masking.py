"""Sounds as they travel: ChaCha20 (RFC 8439) under a key of the presentation's own, taken off again in the page.

The bytes of one stimulus are other ones at each presentation, and say nothing: neither hash, nor compressed size, nor a
repeat's first presentation can be read from them. The key comes with the sound's address, after ``#``, which browsers
do not send; who takes the mask off holds the sound, as does who listens. Keys follow from the study's secret, so that
every replica masks alike and a browser may keep what it has fetched.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

# Counter and nonce: no key is used twice.
_START = bytes(16)


def key_of(secret: str, sound: str) -> bytes:
    """The 32 bytes that mask one sound of one session.

    Parameters
    ----------
    secret : str
        The study's.
    sound : str
        The sound's id, which holds the session's and the step's place.
    """
    return hmac.digest(secret.encode(), f"sound {sound}".encode(), hashlib.sha256)


def mask(data: bytes, key: bytes) -> bytes:
    """Put the mask on, or take it off."""
    return Cipher(ChaCha20(key, _START), mode=None).encryptor().update(data)


def unmask(data: bytes, address: str) -> bytes:
    """The file behind an address ``...#<key in hex>`` as it was fetched."""
    return mask(data, bytes.fromhex(address.rpartition("#")[2]))
