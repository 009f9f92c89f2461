"""Templates: Jinja2 with everything escaped, nothing undefined, and static files named by what is in them.

Promises: what a customer wrote is shown as text wherever it stands; a static file that has changed has another
address, so browsers keep the others for a year.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment, PackageLoader, StrictUndefined

STATIC = "/static"


def environment() -> Environment:
    """The pages' templates."""
    made = Environment(
        loader=PackageLoader("console.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.globals["static"] = address
    return made


def folder() -> Traversable:
    """Where the static files lie."""
    return files("console.pages") / "static"


@cache
def address(name: str) -> str:
    """A static file's address, for example `/static/console.css?v=1f3a…`."""
    found = hashlib.sha256(folder().joinpath(name).read_bytes()).hexdigest()[:12]
    return f"{STATIC}/{name}?v={found}"


def is_assembled() -> bool:
    """Whether the libraries from npm are there."""
    return folder().joinpath("vendor", "htmx.js").is_file()
