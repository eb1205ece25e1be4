"""Conditions of alerts in words."""

from kernel.rules import moment_words, parse_moment


def alert_sentence(condition: object) -> str:
    """Return a stored condition as a sentence without its full stop."""
    node, _ = parse_moment(condition)
    return "a condition that is no longer understood" if node is None else moment_words(node)
