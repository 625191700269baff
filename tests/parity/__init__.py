"""Tests against the two reference implementations, as installed from PyPI."""
