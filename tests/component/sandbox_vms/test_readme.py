"""What `sandbox/README.md` says about VMS is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from sandbox.vms.app import create_app
from sandbox.vms.knobs import Knobs
from sandbox.vms.rest import TABLE
from sandbox.vms.system import Vms

ROOT = Path(__file__).parents[3]
CHAPTER = (ROOT / "sandbox/README.md").read_text(encoding="utf-8").split("\n## VMS\n")[1].split("\n## ")[0]
WORDS = set(re.findall(r"`([^`]+)`", CHAPTER))


def test_every_knob_is_told_and_no_other() -> None:
    """The last table has one row for each knob or group of knobs."""
    rows = CHAPTER.split("### Knobs")[1]
    told = {
        name
        for row in rows.splitlines()
        for name in re.findall(r"`([a-z_]+)`", row.split("|")[1] if "|" in row else "")
    }
    assert told == set(Knobs.model_fields)


def test_every_call_of_the_log_is_told() -> None:
    """By the name that faults and counts use."""
    assert {row[2] for row in TABLE} | {"unknown"} <= WORDS


def test_every_setting_is_told() -> None:
    """Both spellings of each, as `app` reads them."""
    source = (ROOT / "sandbox/vms/app.py").read_text(encoding="utf-8")
    settings = re.findall(r'"(--[a-z-]+)".*?"(SANDBOX_[A-Z_]+)"', source)
    assert len(settings) == 6
    assert {word for pair in settings for word in pair} <= WORDS


def test_every_admin_call_of_its_own_is_told() -> None:
    """Those that both sandboxes share stand in the chapter before."""
    readme = (ROOT / "sandbox/README.md").read_text(encoding="utf-8")
    told = {re.sub(r"\{[^}]*\}", "{}", path) for path in re.findall(r"/_admin(/[^\s`?|]+)", readme)}
    told |= {"/articles/{}/price", "/faults/{}", "/faults/{}/release"}
    paths = {getattr(route, "path", "") for route in create_app(Vms()).routes}
    admin = {re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/_admin")) for path in paths if path.startswith("/_admin")}
    assert admin <= told
