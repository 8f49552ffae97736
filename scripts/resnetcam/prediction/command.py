"""Classify new images without a workflow: from files to a table and a page, in one process."""

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from resnetcam.backends.processor import available_threads
from resnetcam.networks.description import read_description
from resnetcam.prediction.new_images import read_images
from resnetcam.prediction.page import write_page
from resnetcam.prediction.table import in_words, write_table
from resnetcam.prediction.trust import files_beside, temperature_of, what_is_measured
from resnetcam.report.figures.overlays import Look

TEXTS = Path(__file__).parents[3] / "report"


def predict(
    model: Path,
    paths: Sequence[Path],
    output: Path,
    start: Callable[[], object] | None = None,
) -> list[str]:
    """Answer for image files and all files of folders; return a line for each.

    Writes ``predictions.csv`` and ``predictions.html`` into the folder ``output``.

    Args:
        model: ``model.keras``, or the folder of a run.
        start: starts the backend (``backends.runtime.start``) once images are decoded, on all
            cores. None if it has been started: then one process decodes, as none can be forked
            from one whose backend has threads.

    Raises:
        InputError: if the model or the images cannot be used.
        OSError: if ``output`` cannot be written to.
    """
    if os.path.isdir(model):
        model = model / "model.keras"
    description = read_description(model)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="resnetcam-") as scratch:
        processes = available_threads() if start else 1
        images = read_images(paths, description, Path(scratch), processes)
        if start:
            start()
        # Keras reads its backend when it is imported, so not before it is set.
        from resnetcam.prediction.network import Network

        metrics, faithfulness = files_beside(model)
        answers = Network(model).answer(images.pixels)
        answers = answers._replace(temperature=temperature_of(metrics))
        write_table(output / "predictions.csv", images, answers)
        measured = what_is_measured(metrics, faithfulness)
        page = output / "predictions.html"
        write_page(page, TEXTS, str(model), images, answers, measured, Look())
    return in_words(images, answers)
