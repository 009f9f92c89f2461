"""The README names every knob of KeyCRM, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from sandbox.keycrm.knobs import Knobs

README = Path(__file__).parents[3] / "sandbox" / "README.md"


def test_every_knob_is_explained() -> None:
    """The first column of KeyCRM's knob table is the list of knobs."""
    section = README.read_text(encoding="utf-8").partition("\n## KeyCRM\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", section.partition("### Knobs")[2], re.MULTILINE)

    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(Knobs.model_fields)
