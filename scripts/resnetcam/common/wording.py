"""How numbers of things, times and paths are written."""

from pathlib import Path


def counted(number: int, thing: str, things: str | None = None) -> str:
    """Write a number with its noun: 1 image, 2,000 images; ``things`` is an irregular plural."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def duration(seconds: float) -> str:
    """Write a time to two or three digits: ``4.22 s``, ``42 s``, ``83 min``, ``2.5 h``."""
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


def minutes_and_seconds(seconds: float) -> str:
    """Write a time to the second, from an hour on to the minute: ``1 min 32 s``, ``2 h 5 min``."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def duration_between(low: float, high: float) -> str:
    """Write two estimates in seconds: ``21 to 65 minutes``, ``40 minutes to 3 hours``.

    One of them where both are written alike.
    """
    low, high = (max(1, round(seconds / 60)) for seconds in (low, high))
    hours = round(low / 60), round(high / 60)
    if low >= 120:
        return f"{hours[0]} to {hours[1]} hours" if hours[0] < hours[1] else f"{hours[0]} hours"
    if high >= 120:
        return f"{counted(low, 'minute')} to {hours[1]} hours"
    if low < high:
        return f"{low} to {high} minutes"
    return "a minute" if low == 1 else f"{low} minutes"


def tick_of_time(seconds: float) -> str:
    """Write a time as it stands at an axis, with all its digits: ``1.5 min``."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def shown(path: str | Path) -> str:
    """Write a path in one printable line: as it is, or as Python would quote it."""
    text = str(path)
    return text if text.isprintable() else ascii(text)
