"""A recipe: all that a person chooses of how to train, as the config has checked it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from resnetcam.common.errors import InputError
from resnetcam.common.options import from_settings
from resnetcam.recipe import resizing
from resnetcam.recipe.optimizer import OPTIMIZERS, Optimizer
from resnetcam.recipe.schedule import SCHEDULES, Schedule


@dataclass(frozen=True)
class Affine:
    """Uniform ranges about no change: degrees, a share of the width, a share of the size."""

    rotation: float
    shift: float
    zoom: float


@dataclass(frozen=True)
class Erase:
    """One rectangle, with a probability; uniform ranges of its area (a share of the image), its
    aspect ratio (height to width) and the value that fills it."""

    probability: float
    area: tuple[float, float]
    aspect: tuple[float, float]
    value: tuple[float, float]


@dataclass(frozen=True)
class Augmentation:
    """How training images vary; ``subtract_mean`` says when the mean image is taken away."""

    subtract_mean: Literal["before", "after"]
    flip: Literal["none", "random", "alternating"]
    crop_padding: int
    affine: Affine | None
    erase: Erase | None


@dataclass(frozen=True)
class Recipe:
    """How a network is trained, in the config's own terms (config.yaml explains each key)."""

    epochs: int
    batch_size: int
    optimizer: Optimizer
    schedule: Schedule
    weight_decay: float
    decayed_kernels: Literal["all", "convolutions"]
    label_smoothing: float
    batch_norm_momentum: float
    select: Literal["best", "last"]
    progressive_resizing: tuple[resizing.Resizing, ...]
    skip_easy: float
    augmentation: Augmentation

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Recipe":
        """Make a recipe of settings with all their defaults, as ``load_config`` returns them.

        Raises:
            InputError: if a key is missing or unknown.
        """
        if missing := [one.name for one in fields(cls) if one.name not in settings]:
            raise InputError(
                f"The recipe has no {missing[0]!r}. Take recipes from settings.config.load_config, "
                "which fills in the defaults."
            )
        optimizer, schedule = settings["optimizer"], settings["schedule"]
        made = {
            "optimizer": from_settings(OPTIMIZERS[optimizer["name"]], optimizer),
            "schedule": from_settings(SCHEDULES[schedule["name"]], schedule),
            "progressive_resizing": resizing.from_settings(settings["progressive_resizing"]),
            "augmentation": from_settings(Augmentation, settings["augmentation"]),
        }
        return cls(**{**settings, **made})
