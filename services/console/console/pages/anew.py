"""Parts of a page that ask again and again: they are drawn anew only when something has changed.

Promises: what a part's mark is made of cannot be read from it.
"""

from __future__ import annotations

import hashlib

from console.pages.view import View


def mark(*facts: object) -> str:
    """Another one whenever one of the facts is another."""
    return hashlib.blake2s(repr(facts).encode(), digest_size=12).hexdigest()


def is_known(view: View, marked: str) -> bool:
    """Whether the part that asks shows just this."""
    return view.is_partial and view.request.query_params.get("seen") == marked
