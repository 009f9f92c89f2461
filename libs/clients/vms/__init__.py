"""VMS: read whole, written whole."""

from __future__ import annotations

from libs.clients.vms.client import VMS, VmsClient
from libs.clients.vms.fetched import Fetched

__all__ = ["VMS", "Fetched", "VmsClient"]
