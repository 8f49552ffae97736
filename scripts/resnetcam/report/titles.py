"""How methods, and what they are compared with, are written for people."""

from resnetcam.explain.method import METHODS

_OTHERS = {
    "randomised_network": "network with random weights",
    "other_image": "map of another image",
    "random": "random map",
    "centred_gaussian": "centred Gaussian",
    "uniform": "uniform map",
}


def title(name: str) -> str:
    """Write a method, a baseline or a layer's name for people; one that has no title as it is."""
    return METHODS[name].title if name in METHODS else _OTHERS.get(name, name)
