"""Fail, saying why, when a test report shows no browser tests or a skipped one."""

import sys
import xml.etree.ElementTree as ElementTree


def complaint(report: str) -> str | None:
    """What is wrong with the browser tests in a JUnit report; None when each of them ran."""
    tests = [
        test
        for test in ElementTree.parse(report).iter("testcase")
        if "browser" in test.get("classname", "").split(".")
    ]
    skipped = [test.get("name", "?") for test in tests if test.find("skipped") is not None]
    if not tests:
        return "no browser test ran"
    if skipped:
        return f"browser tests were skipped: {', '.join(skipped)}"
    return None


if __name__ == "__main__":
    sys.exit(complaint(sys.argv[1]))
