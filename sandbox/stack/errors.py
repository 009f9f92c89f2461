"""The one error of the stack: a sentence for a person, saying what is wrong and what to do about it."""

from __future__ import annotations


class StackError(Exception):
    """Raised when the servers cannot be had; whoever shows it prints the message alone, without a traceback."""
