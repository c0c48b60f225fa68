"""deploy/nginx.conf before a real server: each rate and size holds, and forty people who begin together pass."""

import contextlib
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import pytest

from app.deployment.check import check
from app.deployment.found import Outcome
from tests.app.deployed import nginx, served
from tests.app.study_process import free_port

# What `deploy/nginx.conf` lets one address ask at once: the burst, and one that the rate itself lets through.
BURSTS = {
    ("POST", "/sign-in"): 5,
    ("POST", "/api/study/session"): 40,
    ("POST", "/api/playground/clips"): 10,
    ("POST", "/api/playground/curves"): 40,
    ("POST", "/api/playground/download"): 40,
    ("GET", "/api/admin"): 150,
}
PER_MINUTE = {"/sign-in": 10, "/api/study/session": 30, "/api/playground/clips": 12}
PER_MINUTE |= {"/api/playground/curves": 300, "/api/playground/download": 300, "/api/admin": 600}


@pytest.fixture(scope="module")
def site(tmp_path_factory, noises, study_file):
    """The study behind nginx that counts everybody: its address, how its certificate is checked, the plain one."""
    folder, port, http, https = tmp_path_factory.mktemp("nginx"), free_port(), free_port(), free_port()
    options = ("--set", noises, "--study", study_file, "--playground", "open", "--allow-simulated")
    with (
        served(folder / "server", port, *options),
        nginx(folder / "nginx", [port], http, https, counted=True) as trusting,
    ):
        tls = ssl.create_default_context(cafile=trusting["SSL_CERT_FILE"])
        yield f"https://127.0.0.1:{https}", tls, f"http://127.0.0.1:{http}"


@pytest.fixture
def ask(site):
    """Sends requests from an address of the loopback network; gives their answers."""
    address, tls, _ = site
    clients = []

    def ask(method: str, path: str, n: int, host: str, **more) -> list[httpx.Response]:
        transport = httpx.HTTPTransport(verify=tls, local_address=host)
        forgetful = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        clients.append(httpx.Client(base_url=address, transport=transport, cookies=forgetful, timeout=120))
        with ThreadPoolExecutor(3) as pool:  # fewer than the uploads that an address may have under way
            return list(pool.map(lambda _: clients[-1].request(method, path, **more), range(n)))

    yield ask
    for client in clients:
        client.close()


def is_refused(answer: httpx.Response) -> bool:
    """Whether nginx refused it for coming too often; the server has limits and a 429 of its own."""
    return answer.status_code == 429 and "nginx" in answer.text


@pytest.mark.slow
@pytest.mark.parametrize("number, where", enumerate(BURSTS, start=1))
def test_what_costs_is_limited_by_address_beyond_its_burst(ask, number, where):
    method, path = where
    start = time.monotonic()
    answers = ask(method, path, 2 * BURSTS[where] + 20, f"127.0.4.{number}")
    most = BURSTS[where] + 1 + PER_MINUTE[path] * (time.monotonic() - start) / 60 + 1
    n_refused = sum(is_refused(answer) for answer in answers)
    assert BURSTS[where] + 1 <= len(answers) - n_refused <= most and n_refused > 0
    assert not is_refused(ask(method, path, 1, f"127.0.5.{number}")[0])


@pytest.mark.slow
def test_forty_people_of_one_class_room_begin_together(ask):
    started = ask("POST", "/api/study/session", 40, "127.0.6.1", json={})
    assert {answer.status_code for answer in started} == {200} and len({a.json()["session"] for a in started}) == 40
    assert all("Secure" in answer.headers["set-cookie"] for answer in started)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "limit_bytes"), [("/api/study/session", 64 * 1024), ("/api/playground/clips", 40 * 1024 * 1024)]
)
def test_a_body_over_the_limit_is_refused_by_nginx(ask, path, limit_bytes):
    at, above = (ask("POST", path, 1, "127.0.7.1", content=bytes(n))[0] for n in (limit_bytes, limit_bytes + 1))
    assert "nginx" in above.text and above.status_code == 413
    assert "nginx" not in at.text  # refused or not, by the server itself


@pytest.mark.slow
def test_plain_http_is_sent_to_tls_and_a_foreign_origin_is_refused(ask, site):
    plain = httpx.get(f"{site[2]}/study/?PROLIFIC_PID=ada", trust_env=False)
    assert (plain.status_code, plain.headers["location"]) == (308, "https://127.0.0.1/study/?PROLIFIC_PID=ada")
    answer = ask("GET", "/health/live", 1, "127.0.8.1")[0]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    foreign = {"Origin": "https://example.org"}
    forged = ask("POST", "/api/study/session", 1, "127.0.8.1", json={}, headers=foreign)[0]
    assert (forged.status_code, forged.json()["error"]) == (403, "forged")
    own = ask("POST", "/api/study/session", 1, "127.0.8.1", json={}, headers={"Origin": site[0]})[0]
    assert own.status_code == 200


def unverified() -> ssl.SSLContext:
    """For raw connections."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.slow
def test_browsers_speak_http2_with_it(site):
    context, port = unverified(), int(site[0].rpartition(":")[2])
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as secure:
        assert secure.selected_alpn_protocol() == "h2"


SMUGGLED = "GET /api/admin HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n\r\n"
# Two lengths that contradict, lengths that are none, and a chunk after whose end another request begins.
TWISTED = [
    f"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    f"Content-Length: 2\r\nContent-Length: {2 + len(SMUGGLED)}\r\n\r\n{{}}{SMUGGLED}",
    f"Transfer-Encoding : chunked\r\nContent-Length: 2\r\n\r\n{{}}{SMUGGLED}",
    f"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    f"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    f"Content-Length: +2\r\n\r\n{{}}{SMUGGLED}",
    f"Content-Length: 0x2\r\n\r\n{{}}{SMUGGLED}",
    f"X: 1\nContent-Length: 0\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
]


@pytest.mark.slow
@pytest.mark.parametrize("twisted", TWISTED)
def test_no_request_is_smuggled_past_nginx(site, twisted):
    """What nginx takes for one request is one for the server behind: the next on the line gets its own answer."""
    port = int(site[0].rpartition(":")[2])
    head = "POST /api/study/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port), 30) as plain, unverified().wrap_socket(plain) as secure:
            secure.sendall((head + twisted).encode())
            with contextlib.suppress(OSError):
                secure.recv(65_536)
        with httpx.Client(base_url=site[0], verify=site[1]) as victim:
            assert victim.get("/health/live").json() == {"status": "alive"}


@pytest.mark.slow
def test_a_check_from_outside_finds_only_that_its_certificate_is_its_own(site, monkeypatch, tmp_path):
    """`deploy check` of this nginx, first as a stranger, then as somebody who trusts the certificate."""
    address, tls, plain = site
    port = int(plain.rpartition(":")[2])
    found = {each.what: each for each in check(address, simulated=True, http_port=port)}
    wrong = {what for what, each in found.items() if each.outcome is Outcome.BAD}
    assert wrong == {"certificate", "expiry", "playground"} and "self-signed" in found["certificate"].sentence
    (tmp_path / "trusted.pem").write_text("".join(map(ssl.DER_cert_to_PEM_cert, tls.get_ca_certs(binary_form=True))))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    shown = {each.what: each.outcome for each in check(address, simulated=True, http_port=port)}
    assert {what for what, outcome in shown.items() if outcome is Outcome.BAD} == {
        "expiry",
        "playground",
    }  # of two days
    assert shown["HTTP/2"] is shown["HSTS"] is shown["plain HTTP"] is shown["rates"] is shown["cookie"] is Outcome.GOOD
    assert shown["blindness"] is shown["clock"] is shown["own pages"] is Outcome.GOOD
