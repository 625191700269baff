"""Which requests are answered: by the name they ask for, and by the site they come from."""

import socket

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from sam_explore.cli.app_server.requests import Rules

NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def refusal(rules: Rules, method: str = "GET", **headers: str) -> str | None:
    named = HTTPHeaders({name.replace("_", "-"): value for name, value in headers.items()})
    line = RequestStartLine(method, "/", "HTTP/1.1")
    return rules.refusal(HTTPServerRequest(start_line=line, headers=named))


@pytest.mark.parametrize(
    ("ip", "accepted", "refused"),
    [
        ("localhost", ["localhost", "127.0.0.1:8866", "[::1]:8866", "LOCALHOST"], ["10.0.0.1", ""]),
        ("10.0.0.1", ["10.0.0.1:80", "localhost"], ["10.0.0.2", "room.example"]),
        ("0.0.0.0", ["10.0.0.1", "[fe80::1]:80", socket.gethostname()], ["room.example"]),
        ("", ["10.0.0.1", socket.getfqdn()], ["10.0.0.1.example", "evil"]),
    ],
)
def test_a_server_answers_to_its_names(ip: str, accepted: list[str], refused: list[str]):
    rules = Rules.of(ip, ["sam.example"])
    for host in [*accepted, "sam.example", "sam.example:8866"]:
        assert refusal(rules, Host=host) is None
    for host in [*refused, "sam.example.evil"]:
        assert "--name NAME" in refusal(rules, Host=host)


@pytest.mark.parametrize(
    "origin", ["http://evil", "null", "http://localhost:80", "http://localhost"]
)
def test_only_its_own_pages_may_ask(origin: str):
    rules = Rules.of("localhost", [])
    assert "another site" in refusal(rules, Host="localhost:8866", Origin=origin)
    assert refusal(rules, Host="localhost:8866", Origin="http://localhost:8866") is None
    assert refusal(rules, Host="localhost:8866", Origin="https://LOCALHOST:8866") is None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_link_and_nothing_else(site: str):
    rules, sent = Rules.of("localhost", []), {"Host": "localhost", "Sec-Fetch-Site": site}
    assert refusal(rules, **sent, **NAVIGATION) is None
    assert "may link" in refusal(rules, "POST", **sent, **NAVIGATION)
    assert "may link" in refusal(rules, **sent, **{**NAVIGATION, "Sec-Fetch-Dest": "iframe"})
    assert "may link" in refusal(rules, **sent, **{**NAVIGATION, "Sec-Fetch-Mode": "no-cors"})
    assert "may link" in refusal(rules, **sent)
    for own in ("none", "same-origin"):
        assert refusal(rules, "POST", **{**sent, "Sec-Fetch-Site": own}) is None
