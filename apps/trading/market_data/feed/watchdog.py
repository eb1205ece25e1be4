"""Noticing silence: a socket may be open and bring nothing. No clock, no I/O.

What is expected is what the stream itself did lately: the mean distance of its messages, within bounds. Silence of one
and a half of that asks a question by REST, so that a stall is known before twice the expected interval has passed.
"""

from dataclasses import dataclass, field

Name = tuple[type, str]
WEIGHT = 0.05
BURST = 20.0
"""Messages come in bursts: so many mean distances are still no silence."""
ASK_AFTER = 1.5
FLOWING_BEATS = 3


@dataclass
class Pulse:
    """How often one stream speaks; seconds."""

    heard_at: float
    mean: float = 0.0
    beats: int = 0

    def beat(self, at: float) -> None:
        """Take the time of a message."""
        distance = at - self.heard_at
        self.mean = distance if not self.mean else self.mean + WEIGHT * (distance - self.mean)
        self.heard_at = at
        self.beats += 1


@dataclass
class Watchdog:
    """The pulses of all streams (kind of message, symbol). `shortest` and `longest` bound what is expected."""

    shortest: float
    longest: float
    pulses: dict[Name, Pulse] = field(default_factory=dict)

    def begin(self, name: Name, at: float) -> None:
        """Begin to expect messages of a stream."""
        self.pulses[name] = Pulse(at)

    def beat(self, name: Name, at: float) -> None:
        """Take the time of a message; of a stream that was not begun nothing is expected."""
        pulse = self.pulses.get(name)
        if pulse is not None:
            pulse.beat(at)

    def expected(self, name: Name) -> float:
        """Return within how many seconds a message of the stream is expected."""
        pulse = self.pulses.get(name)
        usual = self.longest if pulse is None or not pulse.mean else pulse.mean * BURST
        return min(max(usual, self.shortest), self.longest)

    def silent(self, at: float) -> list[Name]:
        """Return the streams whose silence is long enough to ask about."""
        return [name for name, pulse in self.pulses.items() if at - pulse.heard_at >= ASK_AFTER * self.expected(name)]

    def is_flowing(self, symbol: str) -> bool:
        """Return whether every stream of a symbol has brought more than its first news since it began."""
        beats = [pulse.beats for (_, name), pulse in self.pulses.items() if name == symbol]
        return bool(beats) and min(beats) >= FLOWING_BEATS

    def calm(self, name: Name, at: float) -> None:
        """Say that silence was right: the market stands."""
        self.pulses[name].heard_at = at
