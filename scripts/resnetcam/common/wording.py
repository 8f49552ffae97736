"""How numbers of things are written."""


def counted(number: int, thing: str, things: str | None = None) -> str:
    """Write a number with its noun: 1 image, 2,000 images; ``things`` if it is no plain plural."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
