"""`deploy check`: it finds each fault of a deployment, and says of the application itself that all is well."""

import datetime as dt
import socket
import ssl
import threading
from collections import Counter
from contextlib import nullcontext

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from typer.testing import CliRunner

from app.cli import cli
from app.deployment import blindness, public, tls
from app.deployment.check import inside, is_this_machine
from app.deployment.found import Outcome
from study.storage.models import Session
from tests.app.small_study import count

GOOD, BAD, OPEN = Outcome.GOOD, Outcome.BAD, Outcome.OPEN


class Proxy:
    """A proxy in between that changes headers, answers some paths itself, or holds back what comes too often."""

    def __init__(self, app, add=(), drop=(), answers=None, burst=None):
        self.app, self.add, self.drop, self.answers = app, dict(add), drop, answers or {}
        self.burst, self.seen = burst, Counter()

    async def __call__(self, scope, receive, send):
        path = scope.get("path")
        self.seen[path] += 1
        if self.burst and path == "/api/study/session" and self.seen[path] > self.burst:
            return await PlainTextResponse("slower", 429)(scope, receive, send)
        if path in self.answers:
            return await self.answers[path](scope, receive, send)

        async def changed(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in self.drop:
                    del headers[name]
                headers.update(self.add)
            await send(message)

        return await self.app(scope, receive, changed)


def outcomes(found):
    return {each.what: each.outcome for each in found}


def test_the_application_itself_has_no_fault_but_an_open_playground(application, settings):
    client = TestClient(application, follow_redirects=False)
    found = list(inside(client, lambda: nullcontext(client), simulated=True, is_public=False))
    wrong = {each.what: each.sentence for each in found if each.outcome is BAD}
    assert set(wrong) == {"playground"} and "names the conditions" in wrong["playground"]
    shown = outcomes(found)
    unseen = {what for what, outcome in shown.items() if outcome is OPEN}
    assert unseen == {"uploads", "compression", "clock", "rates", "sizes"}
    assert shown["blindness"] is shown["sounds"] is shown["caches"] is shown["cookie"] is GOOD and len(shown) == 24


def test_a_simulated_session_leaves_nothing(application):
    before = count(application.state.running, Session)
    list(blindness.check(TestClient(application)))
    assert count(application.state.running, Session) == before


@pytest.mark.parametrize(
    ("what", "check", "changes"),
    [
        ("security headers", public.headers, {"drop": ["x-content-type-options"]}),
        ("content policy", public.headers, {"add": {"content-security-policy": "default-src 'self'"}}),
        (
            "content policy",
            public.headers,
            {"add": {"content-security-policy": "default-src 'none'; object-src 'none'; script-src 'unsafe-inline'"}},
        ),
        ("other sites", public.headers, {"add": {"access-control-allow-origin": "*"}}),
        ("pages", public.headers, {"add": {"cache-control": "public, max-age=60"}}),
        ("clock", public.clock, {"add": {"date": "Sun, 06 Nov 1994 08:49:37 GMT"}}),
        ("admin", public.doors, {"answers": {"/metrics": PlainTextResponse("requests 3")}}),
        ("inner addresses", public.doors, {"answers": {"/openapi.json": PlainTextResponse("{}")}}),
        ("readiness", public.is_ready, {"answers": {"/health/ready": PlainTextResponse("bad gateway", 502)}}),
        ("study", public.is_ready, {"answers": {"/api/study": PlainTextResponse("{}")}}),
        ("forgery", public.forgery, {"answers": {"/api/study/leave": PlainTextResponse("{}")}}),
        ("large bodies", public.sizes, {"answers": {"/api/study/leave": PlainTextResponse("{}")}}),
        ("sounds", blindness.check, {"add": {"etag": '"3f-5a"'}}),
        ("caches", blindness.check, {"add": {"cache-control": "public"}}),
        ("HSTS", public.strict_transport, {"add": {"strict-transport-security": "max-age=15551999"}}),
    ],
)
def test_a_fault_is_found(application, what, check, changes):
    assert outcomes(check(TestClient(Proxy(application, **changes), follow_redirects=False)))[what] is BAD


def test_what_is_at_a_limit_is_right(application):
    client = TestClient(Proxy(application, add={"strict-transport-security": "max-age=15552000"}))
    assert outcomes(public.strict_transport(client)) == {"HSTS": GOOD}


@pytest.mark.parametrize(("seconds", "outcome"), [(0, GOOD), (4, GOOD), (-4, GOOD), (7, BAD), (-7, BAD)])
def test_the_clock_may_differ_by_as_much_as_replicas_clocks(application, seconds, outcome):
    date = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    proxy = Proxy(application, add={"date": date.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    assert outcomes(public.clock(TestClient(proxy))) == {"clock": outcome}


def test_a_proxy_that_changes_the_host_takes_the_pages_own_requests_for_foreign(application):
    class OtherHost(Proxy):
        async def __call__(self, scope, receive, send):
            headers = [(n, v) for n, v in scope.get("headers", []) if n != b"host"]
            await self.app({**scope, "headers": [*headers, (b"host", b"study:7860")]}, receive, send)

    assert outcomes(public.forgery(TestClient(application))) == {"forgery": GOOD, "own pages": GOOD}
    assert outcomes(public.forgery(TestClient(OtherHost(application)))) == {"forgery": GOOD, "own pages": BAD}


def test_rates_are_found_where_there_are_any(application):
    (held,) = public.rates(TestClient(Proxy(application, burst=41)), is_public=True)
    assert held.outcome is GOOD and "After 42 requests" in held.sentence
    (open_,) = public.rates(TestClient(Proxy(application, burst=60)), is_public=True)
    assert open_.outcome is BAD and "60 requests for a session" in open_.sentence


def test_replicas_that_differ_are_found(application):
    served = iter(["<script src=/study-assets/aa11/study.js>", "<script src=/study-assets/bb22/study.js>"] * 3)

    def connect():
        return nullcontext(TestClient(Proxy(application, answers={"/study/": PlainTextResponse(next(served))})))

    (found,) = public.replicas(connect)
    assert found.outcome is BAD and "1 studies and 2 versions" in found.sentence


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (RedirectResponse("https://testserver/study/?PROLIFIC_PID=check", 308), GOOD),
        (RedirectResponse("https://testserver/study/", 301), BAD),
        (RedirectResponse("https://elsewhere.example/study/?PROLIFIC_PID=check"), BAD),
        (PlainTextResponse("a page"), BAD),
    ],
)
def test_plain_http_leads_to_tls_with_the_recruiters_parameters(answer, outcome):
    plain = TestClient(Proxy(None, answers={"/study/": answer}), follow_redirects=False)
    assert outcomes(public.redirect(plain, "testserver")) == {"plain HTTP": outcome}


def certificate(folder, name, days):
    """A certificate that its own key signed, and the key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + dt.timedelta(days=days, hours=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)
    return path


@pytest.fixture
def handshake(tmp_path):
    """Shakes hands with a server that has a certificate of so many days; it may be trusted, and may speak HTTP/2."""

    def shake(days, trusted=True, http2=True):
        path = certificate(tmp_path, "localhost", days)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(path)
        server.set_alpn_protocols(["h2"] if http2 else ["http/1.1"])
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def serve():
                for _ in range(1 + (not trusted or days < 0)):
                    plain, _ = listening.accept()
                    try:
                        server.wrap_socket(plain, server_side=True).close()
                    except OSError:
                        plain.close()  # the client did not trust it

            thread = threading.Thread(target=serve)
            thread.start()
            context = ssl.create_default_context(cafile=path if trusted else None)
            shown = tls.shake_hands("localhost", listening.getsockname()[1], context)
            thread.join()
        return shown

    return shake


def test_a_good_certificate_is_reported(handshake):
    shown = handshake(days=60)
    assert outcomes(tls.check(shown)) == dict.fromkeys(("certificate", "expiry", "TLS", "HTTP/2"), GOOD)
    assert shown.version == "TLSv1.3"


def test_a_certificate_that_nobody_vouches_for_is_looked_at_all_the_same(handshake):
    shown = handshake(days=60, trusted=False, http2=False)
    found = {each.what: each for each in tls.check(shown)}
    assert found["certificate"].outcome is BAD and "self-signed" in found["certificate"].sentence
    assert (found["expiry"].outcome, found["HTTP/2"].outcome) == (GOOD, OPEN)


def test_a_certificate_that_has_ended_is_found(handshake):
    found = outcomes(tls.check(handshake(days=-1)))
    assert (found["certificate"], found["expiry"]) == (BAD, BAD)


@pytest.mark.parametrize(("seconds", "outcome"), [(-1, BAD), (0, BAD), (1, GOOD)])
def test_a_certificate_is_to_be_renewed_two_weeks_before_its_end(seconds, outcome):
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    shown = tls.Handshake(None, now + dt.timedelta(days=14, seconds=seconds), "TLSv1.2", True)
    assert outcomes(tls.check(shown, now))["expiry"] is outcome


def test_the_command_refuses_what_is_no_server():
    for address, said in (
        ("ftp://a", "not the address of a server"),
        ("http://127.0.0.1:1", "does not answer as a server"),
    ):
        result = CliRunner().invoke(cli, ["deploy", "check", address])
        assert isinstance(result.exception, ValueError) and said in str(result.exception)


@pytest.mark.parametrize(
    ("host", "is_local"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("a.b", False)]
)
def test_this_machine_is_known(host, is_local):
    assert is_this_machine(host) is is_local


def test_nothing_answers_plain_http():
    with httpx.Client(base_url="http://127.0.0.1:1", trust_env=False) as plain:
        assert outcomes(public.redirect(plain, "a")) == {"plain HTTP": OPEN}
