"""A fresh worker for each test."""

from __future__ import annotations

import pytest

from tests.unit.runtime.rig import Rig


@pytest.fixture
def rig() -> Rig:
    """A fresh one."""
    return Rig()
