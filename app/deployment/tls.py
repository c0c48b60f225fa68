"""The certificate and the connection of a server, by a handshake of its own."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509

from app.deployment.found import Found, bad, good, judged, not_checked

RENEW_BEFORE = timedelta(days=14)
TIMEOUT_S = 10.0
TLS, HTTP2 = "certificate", "HTTP/2"


class Handshake(NamedTuple):
    """What a handshake showed; ``refusal`` is why the certificate is not trusted, None where it is."""

    refusal: str | None
    expires: datetime
    version: str
    speaks_http2: bool


def shake_hands(host: str, port: int, trusting: ssl.SSLContext) -> Handshake:
    """Connect, trusting what ``trusting`` trusts; where that fails, again with any certificate, to look at it."""
    try:
        return _shake(host, port, trusting, None)
    except ssl.SSLCertVerificationError as error:
        anyone = ssl.create_default_context()
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        return _shake(host, port, anyone, error.verify_message)


def _shake(host: str, port: int, context: ssl.SSLContext, refusal: str | None) -> Handshake:
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((host, port), TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        der = secure.getpeercert(binary_form=True) or b""
        expires = x509.load_der_x509_certificate(der).not_valid_after_utc
        return Handshake(refusal, expires, secure.version() or "", secure.selected_alpn_protocol() == "h2")


def check(handshake: Handshake, now: datetime | None = None) -> Iterator[Found]:
    """What is to be said of a handshake."""
    left = handshake.expires - (now or datetime.now(UTC))
    until = f"{handshake.expires:%Y-%m-%d}"
    if handshake.refusal is None:
        yield good(TLS, "It is valid for this name, and its chain ends at an authority that this machine trusts.")
    else:
        yield bad(TLS, f"A browser would warn of it and stop: {handshake.refusal}.")
    if left > RENEW_BEFORE:
        yield good("expiry", f"It is valid until {until}, {left.days} days from now.")
    elif left > timedelta(0):
        yield bad("expiry", f"It ends on {until}, {left.days} days from now: renew it before people take part.")
    else:
        yield bad("expiry", f"It ended on {until}: renew it.")
    yield judged(
        "TLS",
        handshake.version in ("TLSv1.2", "TLSv1.3"),
        f"The connection is {handshake.version}.",
        OLD.format(handshake),
    )
    if handshake.speaks_http2:
        yield good(HTTP2, "The server speaks it, so a page's forty files come over one connection.")
    else:
        yield not_checked(
            HTTP2, "The server speaks HTTP/1.1 only: it works, but a page's forty files load more slowly."
        )


OLD = "The connection is {0.version}, which browsers refuse: allow TLS 1.2 and 1.3."
