"""The rules file: what it says, and every mistake named by table, key and fix."""

from __future__ import annotations

import re
import tomllib
from datetime import time
from pathlib import Path

import pytest

from libs.contracts.events import SYNC_TYPES
from notifier.channels import open_ways
from notifier.domain.matters import WAITING, Pace
from notifier.domain.reading import read
from notifier.domain.rules import MOST_HOURS, STEPS, Channel, RulesError

ROOT = Path(__file__).parents[3]
TOKEN = "canary-bot-token-0123456789"
GOOD = f"""
[channels.news]
url = "json://127.0.0.1:9/{TOKEN}"
most_per_hour = 7
pause_seconds = 0
[channels.shop]
url_file = "/run/secrets/shop"
[[rules]]
events = ["sync.conflict.opened", "sync.created"]
entities = ["order"]
channels = ["news"]
[[rules]]
events = ["*"]
channels = ["news", "shop"]
"""

UNCOMMENTED = re.compile(r"^# (\[\[?[a-z].*|\w+ = .*)$", re.MULTILINE)


def problems(text: str) -> str:
    """What is said of a wrong file, one line a mistake."""
    with pytest.raises(RulesError) as caught:
        read(tomllib.loads(text))
    return "\n".join(caught.value.problems)


def test_the_file_says_who_is_told_of_what() -> None:
    """An event goes to every channel of every rule that fits, and to each once."""
    rules = read(tomllib.loads(GOOD))

    assert rules.channels["news"] == Channel("news", f"json://127.0.0.1:9/{TOKEN}", most_per_hour=7, pause_seconds=0.0)
    assert rules.channels_for("sync.created", "order") == ("news", "shop")
    assert rules.channels_for("sync.created", "customer") == ("news", "shop")
    only = read(tomllib.loads(GOOD.replace('["*"]', '["sync.updated"]')))
    assert only.channels_for("sync.created", "customer") == ()
    assert only.channels_for("sync.updated", "system") == ("news", "shop")


def test_a_star_is_every_event() -> None:
    """Those that are known when the process starts."""
    rules = read(tomllib.loads(GOOD))

    assert all(rules.channels_for(event, "article") for event in SYNC_TYPES)


def test_an_address_is_never_shown() -> None:
    """It holds the channel's token, and a channel may end up in a log."""
    assert TOKEN not in repr(read(tomllib.loads(GOOD)))


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("[channels.news]", "[chanels.news]", "chanels: is no table of this file"),
        ('url_file = "/run/secrets/shop"', "", "[channels.shop] url: give the channel's address as url, or the file"),
        ('url_file = "/run/secrets/shop"', 'url_file = "x"\nurl = "y"', "[channels.shop] url: give the channel's"),
        ('url_file = "/run/secrets/shop"', "url_file = 7", "[channels.shop] url_file: is no text: write it in quotes"),
        (
            "most_per_hour = 7",
            "most_per_hour = 0",
            "[channels.news] most_per_hour: write a whole number from 1 to 3600",
        ),
        ("most_per_hour = 7", "most_per_hour = 1.5", "[channels.news] most_per_hour: write a whole number"),
        ("most_per_hour = 7", "most_per_hour = true", "[channels.news] most_per_hour: write a whole number"),
        ("pause_seconds = 0", "pause_seconds = -1", "[channels.news] pause_seconds: write seconds from 0 to 3600"),
        (
            "pause_seconds = 0",
            "pauze = 0",
            "[channels.news] pauze: is not known: known are url, url_file, people, language, zone, quiet, most_per",
        ),
        ("[channels.shop]", '[channels."a shop"]', "[channels.a shop]: name it with letters, digits, - and _"),
        ('"sync.created"', '"sync.refuzed"', "[[rules]] 1 events: entry 2 is not known: known are sync.created"),
        ('["order"]', '["orders"]', "[[rules]] 1 entities: entry 1 is not known: known are order, customer, article"),
        ('["news", "shop"]', '["news", "shops"]', "[[rules]] 2 channels: entry 2 is not known: known are news, shop"),
        (
            '["news", "shop"]',
            '["news"]',
            "[channels.shop]: no rule uses it: name it in a rule's channels, or remove it",
        ),
        ('events = ["*"]', 'events = "*"', '[[rules]] 2 events: write a list of names in quotes, or ["*"] for all'),
        (
            'events = ["*"]',
            'event = ["*"]',
            "[[rules]] 2 event: is not known: known are events, entities",
        ),
        ("most_per_hour = 7", 'language = "de"', "[channels.news] language: is not known: known are uk, en"),
        ("most_per_hour = 7", 'zone = "Kyiv"', '[channels.news] zone: is no time zone: write it as "Europe/Kyiv"'),
        ("most_per_hour = 7", 'zone = "../x"', "[channels.news] zone: is no time zone"),
        *(
            ("most_per_hour = 7", f"quiet = {wrong}", '[channels.news] quiet: is no span of hours: write it as "22:00-')
            for wrong in ('"22-8"', '"25:00-08:00"', '"22:00-22:00"', "22", '["22:00", "08:00"]')
        ),
        ("most_per_hour = 7", "people = 3", "[channels.news] people: is no text: write it in quotes"),
        (
            'events = ["*"]',
            'events = ["*"]\nhours = [0]',
            "[[rules]] 2 hours: write a list of whole hours",
        ),
        (
            '"sync.created"]',
            '"sync.created", "sync.partner.unreachable"]',
            "[[rules]] 1 entities: sync.partner.unreachable tells only of system: name that, or give the event a rule",
        ),
        (
            'events = ["*"]',
            'events = ["news.conflict-waiting"]\nentities = ["system"]',
            "[[rules]] 2 entities: news.conflict-waiting tells only of order, customer, article: name that, or give",
        ),
        ('events = ["*"]', 'events = ["*"]\nhours = 4', "[[rules]] 2 hours: write a list of whole hours"),
        ('entities = ["order"]', "hours = [4]", "[[rules]] 1 hours: says nothing without news.conflict-waiting"),
        (
            "[channels.news]",
            "[lasting]\nrepeat_minutes = 0\n[channels.news]",
            "[lasting] repeat_minutes: write",
        ),
        ("[channels.news]", "[lasting]\nrepeat = 5\n[channels.news]", "[lasting] repeat: is not known: known are"),
        (
            "[channels.news]",
            "[lasting]\nrepeat_minutes = 90\nrepeat_max_minutes = 60\n[channels.news]",
            "[lasting] repeat_max_minutes: is shorter than repeat_minutes (90): write at least that",
        ),
        (
            "most_per_hour = 7",
            "retry_seconds = 1000",
            "[channels.news] retry_max_seconds: is shorter than retry_seconds (1000): write at least that",
        ),
    ],
)
def test_a_mistake_is_named_with_its_fix(old: str, new: str, wanted: str) -> None:
    """Table, key, what to write; the address and its token are not repeated."""
    assert old in GOOD

    said = problems(GOOD.replace(old, new))
    assert wanted in said
    assert TOKEN not in said


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody starts the process five times to find five of them."""
    said = problems('[channels.a]\nmost_per_hour = "x"\n[[rules]]\nevents = []\nentities = [1]\nchannels = ["b"]')

    assert len(said.splitlines()) == 6


def test_an_empty_file_says_what_is_needed() -> None:
    """A file without rules would tell nobody, silently."""
    assert problems("") == (
        "channels: there is none: add [channels.<a name of yours>] with url or url_file\n"
        "rules: there is none: add [[rules]] with events and channels"
    )


def test_the_sample_can_be_used_as_it_is() -> None:
    """Its defaults are the defaults, and each of its comments is a line that works."""
    text = (ROOT / "deploy" / "notify.sample.toml").read_text(encoding="utf-8")
    rules = read(tomllib.loads(text))
    assert open_ways(rules).keys() == {"news"}

    whole = read(tomllib.loads(UNCOMMENTED.sub(r"\1", text)))
    assert whole.channels.keys() == {"news", "shop", "office", "programs"}
    assert whole.channels["news"] == rules.channels["news"] == Channel("news", "file:///tmp/sync-news.log")
    assert whole.pace == Pace()
    assert whole.channels["shop"].quiet == (time(22), time(8))
    assert (whole.channels["office"].language, whole.channels["office"].zone.key) == ("en", "Europe/Warsaw")


def test_todays_files_stay_valid() -> None:
    """A file without languages, hours and repeats: Ukrainian, Kyiv's time, the usual pace."""
    rules = read(tomllib.loads(GOOD))

    assert (rules.channels["shop"].language, rules.channels["shop"].zone.key) == ("uk", "Europe/Kyiv")
    assert rules.pace == Pace()
    assert rules.steps("shop", "order") == (*STEPS, 48, 96, 192, 384, 768, 1536)


def test_questions_that_wait_have_steps() -> None:
    """Of every rule that fits the channel and the entity, each step once, then twice as long each time, for 90 days."""
    rows = "".join(
        f'[[rules]]\nevents = ["{WAITING}"]\nhours = {hours}\nentities = ["{entity}"]\nchannels = ["news"]\n'
        for hours, entity in (([24, 4], "order"), ([4, 72], "order"), ([1], "customer"))
    )
    rules = read(tomllib.loads(f'[channels.news]\nurl = "file:///tmp/x"\n{rows}'))

    assert rules.steps("news", "order") == (4, 24, 72, 144, 288, 576, 1152)
    assert rules.steps("news", "customer")[:4] == (1, 2, 4, 8)
    assert max(rules.steps("news", "customer")) <= MOST_HOURS
    assert rules.steps("news", "article") == ()


def test_the_end_is_told_to_who_asked_for_it() -> None:
    """By the event that says it, or by the news of every end."""
    rules = read(
        tomllib.loads(
            '[channels.a]\nurl = "file:///tmp/a"\n[channels.b]\nurl = "file:///tmp/b"\n'
            '[[rules]]\nevents = ["sync.partner.reachable"]\nchannels = ["a"]\n'
            '[[rules]]\nevents = ["news.all-well"]\nentities = ["system"]\nchannels = ["b"]'
        )
    )

    assert rules.channels_at_end("partner", "system") == ("b", "a")
    assert rules.channels_at_end("flow", "system") == ("b",)
    assert rules.channels_at_end("conflict", "order") == ()


def test_an_address_that_apprise_cannot_use_is_named_by_its_channel() -> None:
    """Wrong scheme, a file that is no absolute path, a secret file that is missing: refused, the address unsaid."""
    for line, wanted in (
        (f'url = "nosuch://{TOKEN}"', "[channels.a] url: apprise cannot use this address"),
        (f'url = "file://{TOKEN}/x"', "[channels.a] url: apprise cannot use this address"),
        ('url = "file:///"', "[channels.a] url: apprise cannot use this address"),
        (f'url_file = "/nowhere/{TOKEN}"', "[channels.a] url_file: cannot be read (FileNotFoundError)"),
        (f'url = "mailtos://u:{TOKEN}@example.com?to=a@x.com,b@x.com"', "[channels.a] url: names several places"),
    ):
        rules = read(tomllib.loads(f'[channels.a]\n{line}\n[[rules]]\nevents = ["*"]\nchannels = ["a"]'))
        with pytest.raises(RulesError) as caught:
            open_ways(rules)
        assert wanted in str(caught.value)
        assert TOKEN not in str(caught.value)
