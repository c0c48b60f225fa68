"""All checks of a running server, in the order in which they are reported."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import httpx

from app.deployment import blindness, public, tls
from app.deployment.found import Found, bad, not_checked

TIMEOUT_S = 20.0
Connecting = Callable[[], AbstractContextManager[httpx.Client]]


def check(url: str, simulated: bool = False, http_port: int = 80) -> Iterator[Found]:
    """Look at a running server.

    Parameters
    ----------
    url : str
        Where participants reach the study, with the path of a proxy's prefix where there is one.
    simulated : bool
        Take the first steps of a simulated session too, where the server lets one in.
    http_port : int
        Where plain HTTP is to lead to TLS.

    Raises
    ------
    ValueError
        The address is none, or nothing answers there.
    """
    place = urlsplit(url if "://" in url else f"https://{url}")
    if place.scheme not in ("http", "https") or not place.hostname:
        raise ValueError(f"{url} is not the address of a server, such as https://study.example.org.")
    base = f"{place.scheme}://{place.netloc}{place.path.rstrip('/')}"
    trusting: ssl.SSLContext | bool = ssl.create_default_context() if place.scheme == "https" else True
    try:
        if place.scheme == "https":
            handshake = tls.shake_hands(place.hostname, place.port or 443, ssl.create_default_context())
            trusting = trusting if handshake.refusal is None else False
            yield from tls.check(handshake)
        else:
            yield _plain(place.hostname)
        connect = _connecting(base, trusting)
        with connect() as client:
            if place.scheme == "https":
                with httpx.Client(base_url=f"http://{place.hostname}:{http_port}", trust_env=False) as plain:
                    yield from public.redirect(plain, place.hostname)
                yield from public.strict_transport(client)
            yield from inside(client, connect, simulated, is_public=not is_this_machine(place.hostname))
    except (httpx.TransportError, OSError) as error:
        raise ValueError(f"{base} does not answer as a server does: {error or type(error).__name__}.") from None


def inside(client: httpx.Client, connect: Connecting, simulated: bool, is_public: bool) -> Iterator[Found]:
    """Everything but the connection itself."""
    yield from public.is_ready(client)
    yield from public.headers(client)
    yield from public.doors(client)
    yield from public.forgery(client)
    yield from public.sizes(client)
    yield from public.replicas(connect)
    yield from public.clock(client)
    yield from public.compression(client)
    if simulated:
        yield from blindness.check(client)
    else:
        sentence = (
            "What a session receives is not looked at: --simulated takes the first steps of one, and withdraws it."
        )
        yield not_checked(blindness.BLIND, sentence)
    yield from public.rates(client, is_public)


def _connecting(base: str, trusting: ssl.SSLContext | bool) -> Connecting:
    return lambda: httpx.Client(base_url=base, verify=trusting, timeout=TIMEOUT_S, trust_env=False)


def _plain(host: str) -> Found:
    if is_this_machine(host):
        return not_checked("TLS", "The address is of this machine only; a proxy adds TLS before others come.")
    return bad("TLS", "There is none: answers and cookies can be read in transit.")


def is_this_machine(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
