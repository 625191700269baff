"""Colours and pictures from arrays."""
