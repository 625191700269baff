"""The connection of a download: its proxy and its redirects."""

from collections.abc import Mapping
from http.client import HTTPMessage, HTTPResponse
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    Request,
    build_opener,
    getproxies,
    proxy_bypass,
)


def connect(url: str, headers: Mapping[str, str], seconds: float) -> HTTPResponse:
    """The response to a request, through the proxy of the environment if there is one.

    Raises:
        OSError: no connection; or a redirect to anything but https, or a SOCKS proxy, which are
            refused.
    """
    name, proxy = _proxy(url)
    if proxy.lower().startswith("socks"):
        raise OSError(
            f"{name} names the SOCKS proxy {_shown(proxy)}, and SOCKS is not supported: only HTTP "
            "proxies are. Set https_proxy to one, or no_proxy to "
            f"{urlsplit(url).hostname} if it can be reached without."
        )
    return build_opener(_HttpsOnly()).open(Request(url, headers=headers), timeout=seconds)


def through(url: str) -> str:
    """A sentence about the connection's proxy, after a space; empty without a proxy."""
    name, proxy = _proxy(url)
    if not proxy:
        return ""
    if name == "all_proxy":
        return "all_proxy is set, and not used here: set https_proxy"
    return f"the connection goes through the proxy {_shown(proxy)}, which {name} names"


def _proxy(url: str) -> tuple[str, str]:
    """The environment variable or setting that names a proxy for an address, and the proxy; or two
    empty strings."""
    parts, proxies = urlsplit(url), getproxies()
    if proxy_bypass(parts.netloc):
        return "", ""
    for kind in (parts.scheme, "all"):
        if kind in proxies:
            return f"{kind}_proxy", proxies[kind]
    return "", ""


def _shown(proxy: str) -> str:
    """The address of a proxy without the user's name and password."""
    kind, slashes, place = proxy.rpartition("://")
    return kind + slashes + place.rpartition("@")[2]


class _HttpsOnly(HTTPRedirectHandler):
    """Follows redirects to https only: others could be tampered with or lead to local files."""

    def http_error_302(
        self, req: Request, fp: Any, code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        target = urljoin(req.full_url, headers.get("location") or headers.get("uri") or "")
        if urlsplit(target).scheme != "https":
            raise OSError(
                f"{req.full_url} leads on to an address of another kind than https, which is "
                "refused. Something between here and there may want you to log in; nothing was "
                "fetched from there."
            )
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302
