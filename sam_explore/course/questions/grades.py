"""How good an answer is, in words."""

from dataclasses import dataclass

RIGHT, CLOSE, WRONG = "right", "close", "wrong"
_SIGNS = {RIGHT: "✓", CLOSE: "≈", WRONG: "✗"}


@dataclass(frozen=True)
class Grade:
    """What became of an answer.

    Args:
        result: "right", "close" or "wrong".
        verdict: that in a few words, with how far off it was.
        reason: what was computed.
    """

    result: str
    verdict: str
    reason: str

    @property
    def signed(self) -> str:
        """The verdict with a sign, so that it is seen at a glance."""
        return f"{_SIGNS[self.result]} {self.verdict}"

    @property
    def words(self) -> str:
        """All of it."""
        return f"{self.signed} {self.reason}".strip()
