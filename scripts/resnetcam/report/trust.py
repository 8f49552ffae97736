"""What the scores of maps come to, in a table of a few words."""

from collections.abc import Mapping
from typing import Any

from resnetcam.report.verdicts import faithfulness_in_short, localisation_in_short

_WITH = "They correlate by {:.2f} {}"


def trust_in_maps(
    faithfulness: Mapping[str, Any],
    randomisation: Mapping[str, Any],
    agreement: Mapping[str, Any] | None,
    localisation: Mapping[str, Any] | None,
) -> list[tuple[str, str]]:
    """Return questions, which are the headings of sections, and answers.

    Args:
        faithfulness, randomisation, agreement, localisation: what the report says of them; None
            of what there is none.
    """
    return [
        ("Does the network use what the maps show?", faithfulness_in_short(faithfulness)),
        ("Do the maps depend on what was learned?", _of_randomisation(randomisation)),
        ("Do the seeds' maps agree?", _of_agreement(agreement)),
        (
            "Do the maps lie on the objects?",
            localisation_in_short(localisation)
            if localisation
            else "Not tested: no regions of objects are known.",
        ),
    ]


def _of_randomisation(scores: Mapping[str, Any]) -> str:
    found = scores["levels"][-1]["correlation"]
    if not found:
        return "Not known: they are flat."
    alone = _WITH.format(found["mean"], "with the maps of the same network with random weights")
    return _sentence(alone, scores["other_image"])


def _of_agreement(scores: Mapping[str, Any] | None) -> str:
    if not scores:
        return "Not tested: there is one seed."
    default = scores["default"]
    if not default["same_image"]:
        return "Not known: of each image some seed's map is flat."
    found, other = default["same_image"]["correlation"], default["other_image"]
    alone = _WITH.format(found["mean"], "from seed to seed")
    return _sentence(alone, other["correlation"] if other else None)


def _sentence(alone: str, two_images: Mapping[str, Any] | None) -> str:
    if not two_images:
        return f"{alone}."
    return f"{alone}; the maps of two images by {two_images['mean']:.2f}."
