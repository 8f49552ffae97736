"""Configs that lie over each other."""

from collections.abc import Mapping
from typing import Any


def laid_over(settings: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with others over them: sections key by key, anything else as a whole."""
    both = {
        key: laid_over(settings[key], others[key])
        for key in settings.keys() & others.keys()
        if isinstance(settings[key], Mapping) and isinstance(others[key], Mapping)
    }
    return {**settings, **others, **both}
