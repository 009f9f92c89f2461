"""Play the day: each step, then the closing comparison; promises are measured on the two systems alone."""

from __future__ import annotations

import urllib.error
from collections.abc import Mapping, Sequence

from sandbox.demo import agreement, evening
from sandbox.demo.screen import Done, Promise, Screen
from sandbox.demo.side import Sides, until
from sandbox.demo.steps import Step

AGREE_SECONDS = 90.0
PROMPT_SECONDS = 5.0
LIMIT = 60


def play(screen: Screen, sides: Sides, steps: Sequence[Step], patience: float = 1.0) -> bool:
    """The whole day; answers whether every check held. `patience` stretches how long a step may take."""
    done: list[Done] = []
    with screen.day() as live:
        for step in steps:
            screen.begins(live, step)
            done.append(_played(sides, step, patience))
            screen.ends(live, done[-1])
    until(lambda: not agreement.differences(sides), AGREE_SECONDS * patience)
    left = agreement.differences(sides)
    promises = _promises(sides, done, left, evening.compared(sides, patience))
    screen.closing(promises, left)
    return all(promise.is_kept for promise in promises)


def _played(sides: Sides, step: Step, patience: float) -> Done:
    try:
        step.act(sides)
        return Done(step, until(lambda: step.shows(sides), step.seconds * patience))
    except (AssertionError, KeyError, urllib.error.URLError) as error:
        return Done(step, None, f"{type(error).__name__}: {error}")


def _promises(
    sides: Sides, done: Sequence[Done], differences: Sequence[str], compared: Mapping[str, int]
) -> list[Promise]:
    kept = [one for one in done if one.took_seconds is not None]
    prompt = sorted(one.took_seconds or 0.0 for one in kept if one.step.is_prompt)
    p95 = prompt[min(len(prompt) - 1, round(0.95 * (len(prompt) - 1)))] if prompt else float("inf")
    busiest, breaches, doubles = agreement.busiest_minute(sides), agreement.breaches(sides), agreement.doubles(sides)
    return [
        Promise(
            "every change of the day reaches the other side", f"{len(kept)} of {len(done)}", len(kept) == len(done)
        ),
        Promise("within seconds where an event tells: p95 < 5 s", f"{p95:.1f} s", p95 < PROMPT_SECONDS),
        Promise(
            "nothing is made twice, though an answer was lost and a service killed", f"{doubles} doubles", doubles == 0
        ),
        Promise("when quiet, both sides are the same", f"{len(differences)} differences", not differences),
        Promise(
            "the sync's own comparison, which looks twice, sees the same",
            f"{compared['compared']} compared, {compared['differs']} differ" if compared else "never came to its end",
            bool(compared) and compared["differs"] == 0,
        ),
        Promise("KeyCRM's quota holds in any 60 s", f"{busiest} calls of {LIMIT}", busiest <= LIMIT),
        Promise("no request breaks a partner's description", f"{breaches} breaches", breaches == 0),
    ]
