"""The table of answers: a row a file, those included that could not be read."""

from pathlib import Path

import numpy as np

from resnetcam.common.tables import path_in_table, writing_table
from resnetcam.common.wording import shown
from resnetcam.prediction.stored import Answers, NewImages


def write_table(path: Path, images: NewImages, answers: Answers) -> None:
    """Write a CSV: file, class, its probability, a remark, and the probability of each class.

    The columns of classes are called ``p_<class>``. A file that could not be read has a remark
    alone. A path that a spreadsheet would compute, such as ``=1+1.png``, is written as
    ``./=1+1.png``; in one that is no UTF-8, what is none as ``\\udcff``.
    """
    probabilities = answers.probabilities
    names = answers.class_names
    with writing_table(path) as write:
        write(["path", "label", "probability", "note", *(f"p_{one}" for one in names)])
        for name, note, row in zip(images.files, images.notes, probabilities, strict=True):
            best = int(np.argmax(row))
            numbers = [f"{value:.6g}" for value in row]
            write([path_in_table(name), names[best], numbers[best], note, *numbers])
        for name, reason in images.unreadable:
            write([path_in_table(name), "", "", f"not read: {reason}", *[""] * len(names)])


def share_in_words(share: float) -> str:
    """Write a probability as 93.1%; what rounds to all or nothing without being it, as >99.9%."""
    if 0 < share < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def in_words(images: NewImages, answers: Answers) -> list[str]:
    """Say each answer in a line, with the next two classes: ``a.png: cat 93.1% (dog 4.2%, …)``."""
    probabilities = answers.probabilities
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :3]
    lines = []
    for name, note, row, order in zip(images.files, images.notes, probabilities, best, strict=True):
        first, *others = (f"{answers.class_names[i]} {share_in_words(row[i])}" for i in order)
        remark = f" [{note}]" if note else ""
        lines.append(f"{shown(name)}: {first} ({', '.join(others)}){remark}")
    return lines + [f"{shown(name)}: not read: {reason}" for name, reason in images.unreadable]
