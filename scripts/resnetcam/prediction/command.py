"""Classify new images without a workflow: from files to a table and a page, in one process.

The backend must have been started before this is imported (``backends.runtime.start``).
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from resnetcam.backends.processor import available_threads
from resnetcam.prediction.network import Network
from resnetcam.prediction.new_images import read_images
from resnetcam.prediction.page import write_page
from resnetcam.prediction.table import in_words, write_table
from resnetcam.prediction.trust import files_beside, temperature_of, what_is_measured
from resnetcam.report.figures.overlays import Look

TEXTS = Path(__file__).parents[3] / "report"


def predict(model: Path, paths: Sequence[Path], output: Path) -> list[str]:
    """Answer for image files and all files of folders; return a line for each.

    Writes ``predictions.csv`` and ``predictions.html`` into the folder ``output``.

    Raises:
        InputError: if the model or the images cannot be used.
    """
    network = Network(model)
    with tempfile.TemporaryDirectory(prefix="resnetcam-") as scratch:
        images = read_images(paths, network.description, Path(scratch), available_threads())
        metrics, faithfulness = files_beside(model)
        answers = network.answer(images.pixels)._replace(temperature=temperature_of(metrics))
        write_table(output / "predictions.csv", images, answers)
        measured = what_is_measured(metrics, faithfulness)
        page = output / "predictions.html"
        write_page(page, TEXTS, str(model), images, answers, measured, Look())
    return in_words(images, answers)
