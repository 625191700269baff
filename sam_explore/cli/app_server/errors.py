"""Errors as a line of text: Jupyter's own pages need templates that Voila does not have."""

from http.client import responses
from typing import Any

from tornado.web import RequestHandler


class PlainErrors(RequestHandler):
    """For handlers of ours."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with the status in words."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: {responses.get(status_code, 'Error')}")
