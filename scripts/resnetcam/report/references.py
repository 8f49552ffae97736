"""What the report cites, and how it is cited itself."""

from collections.abc import Mapping
from typing import Any

from resnetcam.report.text import Markdown

# BibTeX counts braces whatever is before them.
_COMMANDS = {"\\": "backslash", "{": "braceleft", "}": "braceright", "~": "asciitilde"}
_BIBTEX = str.maketrans(
    {char: f"\\{char}" for char in "&%$#_"}
    | {char: f"\\text{name}{{}}" for char, name in _COMMANDS.items()}
)
_RESNET = ("He et al. 2015, Deep residual learning for image recognition", "1512.03385")
_OF_MAPS = (
    ("Selvaraju et al. 2017, Grad-CAM (the maps)", "1610.02391"),
    ("Petsiuk et al. 2018, RISE (deletion and insertion)", "1806.07421"),
    ("Rong et al. 2022, ROAD", "2202.00449"),
    ("Adebayo et al. 2018, Sanity checks for saliency maps (random weights)", "1810.03292"),
)
_TEMPERATURE = ("Guo et al. 2017, On calibration of modern neural networks", "1706.04599")
_LABELS = ("Northcutt, Jiang and Chuang 2021, Confident learning (labels)", "1911.00068")
_STUDY = (
    "Northcutt, Athalye and Mueller 2021, Pervasive label errors in test sets (people's votes)",
    "2103.14749",
)
_CORRUPTIONS = ("Hendrycks and Dietterich 2019, Common corruptions", "1903.12261")
_KRIZHEVSKY = """\
@techreport{cifar10,
  author = {Alex Krizhevsky},
  title = {Learning Multiple Layers of Features from Tiny Images},
  institution = {University of Toronto},
  year = {2009},
  url = {https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf},
}"""


def references(*, explained: bool, shifted: bool, is_cifar10: bool) -> list[tuple[str, Markdown]]:
    """Return works and their addresses.

    Args:
        explained: whether experiments are looked at one by one; shifted: with corrupted images.
        is_cifar10: whether the images are CIFAR-10's.
    """
    found = [_RESNET]
    if explained:
        found += [*_OF_MAPS, _TEMPERATURE, *([_CORRUPTIONS] if shifted else []), _LABELS]
    if explained and is_cifar10:
        found.append(_STUDY)
    return [(work, Markdown(f"https://arxiv.org/abs/{number}")) for work, number in found]


def bibtex(citation: Mapping[str, Any], trained: Mapping[str, Any], *, is_cifar10: bool) -> str:
    """Return an entry that cites the workflow, and one of the images if they are CIFAR-10.

    Args:
        citation: of ``read_citation``.
        trained: ``commits`` of the code that trained, and the last ``day``; empty if nothing was.
    """
    day = trained["day"]
    fields = {
        "author": " and ".join(
            f"{{{author['name'].translate(_BIBTEX)}}}" for author in citation["authors"]
        ),
        "title": citation["title"].translate(_BIBTEX),
        "version": citation["version"],
        "url": citation["repository"],
        "year": day[:4],
        "note": ", ".join([*trained["commits"], *([f"run of {day}"] if day else [])]),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    workflow = "\n".join(["@software{resnetcam,", *lines, "}"])
    return f"{workflow}\n\n{_KRIZHEVSKY}" if is_cifar10 else workflow
