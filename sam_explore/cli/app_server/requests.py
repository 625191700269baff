"""Which requests are answered at all: by the name they ask for, and by the site they come from."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlparse

from tornado.httputil import HTTPServerRequest, split_host_and_port

_EVERYWHERE = ("", "0.0.0.0", "::")


@dataclass(frozen=True)
class Rules:
    """What a request has to state.

    Args:
        names: how the server may be called, in lower case.
        addresses: whether it may also be called by any address in numbers. No website can pretend
            to be at one: a browser that asks for an address in numbers asks that machine.
    """

    names: frozenset[str]
    addresses: bool

    @classmethod
    def of(cls, ip: str, names: list[str]) -> "Rules":
        """The rules of a server that listens at `ip`; `names` are those that the operator gives."""
        known = {"localhost", "127.0.0.1", "::1", *names}
        if ip in _EVERYWHERE:
            known |= {socket.gethostname(), socket.getfqdn()}
        else:
            known.add(ip)
        return cls(frozenset(each.lower() for each in known), ip in _EVERYWHERE)

    def refusal(self, request: HTTPServerRequest) -> str | None:
        """Why a request is refused, or None."""
        host = request.headers.get("Host", "").lower()
        name = split_host_and_port(host)[0].strip("[]")
        if not (name in self.names or (self.addresses and _is_address(name))):
            return (
                f"This server does not answer to the name {name!r}. Whoever runs it can add it: "
                "sam-explore app --name NAME."
            )
        origin = request.headers.get("Origin")
        if origin is not None and urlparse(origin.lower()).netloc != host:
            return "This server answers its own pages only, and not those of another site."
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not (
            request.method == "GET"
            and request.headers.get("Sec-Fetch-Mode") == "navigate"
            and request.headers.get("Sec-Fetch-Dest") == "document"
        ):
            return "Another site may link to this server, but not show or ask for parts of it."
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
