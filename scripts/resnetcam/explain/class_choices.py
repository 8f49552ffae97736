"""Which class a map explains: the predicted one, the true one, or one by its name."""

from collections.abc import Iterable, Sequence

from resnetcam.common.errors import InputError
from resnetcam.common.names import nearest


def check_class_choices(choices: Iterable[str], class_names: Sequence[str]) -> None:
    """Raise ``InputError`` for a choice that is no class's name and neither of the two words."""
    allowed = ["predicted", "true", *class_names]
    for choice in choices:
        if choice not in allowed:
            raise InputError(
                f"gradcam.classes: there is no class {choice!r}{nearest(choice, allowed)}. "
                f"Allowed: {', '.join(allowed)}"
            )


def extra_choices(choices: Iterable[str]) -> list[str]:
    """The classes among the choices that are named: their maps get a figure of their own."""
    return [choice for choice in choices if choice not in ("predicted", "true")]
