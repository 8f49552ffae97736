"""What to say about a name that does not exist."""

import difflib
from collections.abc import Iterable


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for a likely typo, or an empty string."""
    spelled = {one.lower(): one for one in allowed}
    matches = difflib.get_close_matches(name.lower(), spelled, n=1, cutoff=0.6)
    return f" (did you mean {spelled[matches[0]]!r}?)" if matches else ""
