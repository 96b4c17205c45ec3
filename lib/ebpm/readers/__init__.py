"""Readers: one published format in, tidy tables out.

A reader loads every input row or lists it with its reason. It never touches the network, never
guesses silently, never turns "missing" into 0 and computes no statistics.
"""

from ebpm.readers.reading import ReadError, Reading, SetAside

__all__ = ["ReadError", "Reading", "SetAside"]
