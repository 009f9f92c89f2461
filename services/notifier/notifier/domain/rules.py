"""The rules: channels, and which events go to them, in whose language, and how often what lasts is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from libs.wording.languages import DEFAULT, Language
from notifier.domain.matters import ALL_WELL, END_EVENTS, WAITING, Pace

KYIV = ZoneInfo("Europe/Kyiv")
MOST_HOURS = 2160
"""The longest wait that anybody is told of: 90 days."""
STEPS = (24,)
"""After how many hours a waiting question is told of where a rule names no hours."""


class RulesError(ValueError):
    """The rules file cannot be used; `problems` has one sentence per mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Channel:
    """Where messages go, how many, in which language and zone; `people` says whom they reach.

    More than `fold_above` waiting at once become one summary; a channel gets at most `most_per_hour` messages,
    `pause_seconds` apart. A refused message is tried `attempts` times, the first pause being `retry_seconds`. Between
    the two times of `quiet`, in its zone, it gets nothing.
    """

    name: str
    url: str | None = field(default=None, repr=False)
    url_file: str | None = None
    people: str | None = None
    language: Language = DEFAULT
    zone: ZoneInfo = KYIV
    most_per_hour: int = 20
    pause_seconds: float = 5.0
    fold_above: int = 3
    attempts: int = 5
    retry_seconds: float = 15.0
    retry_max_seconds: float = 900.0
    quiet: tuple[time, time] | None = None

    def is_quiet(self, now: datetime) -> bool:
        """Whether its people sleep."""
        if self.quiet is None:
            return False
        (begin, end), local = self.quiet, now.astimezone(self.zone).time()
        return begin <= local < end if begin < end else not end <= local < begin


@dataclass(frozen=True, slots=True)
class Rule:
    """Which events, about which entities, go to which channels; `hours` are the steps of questions that wait."""

    events: frozenset[str]
    entities: frozenset[str]
    channels: tuple[str, ...]
    hours: tuple[int, ...] = STEPS

    def fits(self, event_type: str, entity: str) -> bool:
        """Whether this rule speaks of the event."""
        return event_type in self.events and entity in self.entities


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole file."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    pace: Pace = field(default_factory=Pace)

    def channels_for(self, event_type: str, entity: str) -> tuple[str, ...]:
        """The channels that are told of the event, each once."""
        fitting = (name for rule in self.rules if rule.fits(event_type, entity) for name in rule.channels)
        return tuple(dict.fromkeys(fitting))

    def channels_at_end(self, kind: str, entity: str) -> tuple[str, ...]:
        """The channels that want the end of such matters, whether they were told of them or not."""
        names = [ALL_WELL, *filter(None, [END_EVENTS[kind]])]
        return tuple(dict.fromkeys(one for name in names for one in self.channels_for(name, entity)))

    def steps(self, channel: str, entity: str) -> tuple[int, ...]:
        """After how many hours this channel is told that a question about such an entity still waits.

        Behind the last step that the rules name each further one is twice as long: nothing is forgotten for good.
        """
        fitting = (rule for rule in self.rules if channel in rule.channels and rule.fits(WAITING, entity))
        steps = sorted({hours for rule in fitting for hours in rule.hours})
        while steps and steps[-1] * 2 <= MOST_HOURS:
            steps.append(steps[-1] * 2)
        return tuple(steps)
