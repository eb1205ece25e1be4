"""Faults injected on purpose, per key or for everybody, for the next N matching REST requests. Not journalled."""

from dataclasses import dataclass, field
from enum import Enum


class FaultKind(Enum):
    """What goes wrong."""

    DELAY = "delay_ms"  # the request reaches the exchange `delay_ms` late (its recvWindow may have passed)
    LATE_ANSWER = "late_answer"  # processed at once, answered `delay_ms` later
    ACCEPT_THEN_TIMEOUT = "accept_then_timeout"  # processed, never answered; the connection closes after `delay_ms`
    DROP = "drop"  # not processed, the connection closes at once
    ERROR_5XX = "error_5xx"  # not processed, HTTP 503
    HTTP_429 = "http_429"  # not processed, HTTP 429 with Retry-After


@dataclass
class Fault:
    """One rule; empty filters match everything."""

    kind: FaultKind
    count: int
    delay_ms: int = 0
    api_key: str = ""
    method: str = ""
    path: str = ""
    id: int = 0
    hits: int = 0

    def matches(self, api_key: str, method: str, path: str) -> bool:
        """Whether the rule is for this request."""
        wanted = ((self.api_key, api_key), (self.method, method), (self.path, path))
        return all(not rule or rule == value for rule, value in wanted)


@dataclass
class FaultBox:
    """Active rules in the order they were added; the first that matches is used up by one."""

    rules: list[Fault] = field(default_factory=list)
    last_id: int = 0

    def add(self, fault: Fault) -> Fault:
        """Activate a rule."""
        self.last_id += 1
        fault.id = self.last_id
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Deactivate all rules."""
        self.rules.clear()

    def take(self, api_key: str, method: str, path: str) -> Fault | None:
        """The fault this request suffers, if any."""
        for rule in self.rules:
            if rule.matches(api_key, method, path):
                rule.hits += 1
                if rule.hits >= rule.count:
                    self.rules.remove(rule)
                return rule
        return None
