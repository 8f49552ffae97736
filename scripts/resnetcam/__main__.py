"""What needs no workflow: ``python -m resnetcam`` with ``predict``, ``compare`` or ``status``.

The first says what a trained network makes of new images, the second whether two finished
experiments can be told apart, the third how far trainings are.
"""

import argparse
import logging
import sys
from pathlib import Path

from resnetcam.backends import runtime
from resnetcam.common.errors import InputError


def main() -> None:
    """Do what the command line says; an error is one message, and the status is 1."""
    arguments = _parser().parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        lines = arguments.command(arguments)
    except InputError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or 'a file'}: {error.strerror or error}.")
    print("\n".join(lines))


def _predict(arguments: argparse.Namespace) -> list[str]:
    from resnetcam.prediction.command import predict

    def start() -> None:
        runtime.start(arguments.backend, arguments.device, "float32", threads=sys.maxsize)

    lines = predict(arguments.model, arguments.images, arguments.output, start)
    return [*lines, f"Page and table: {arguments.output}/predictions.html, predictions.csv"]


def _compare(arguments: argparse.Namespace) -> list[str]:
    from resnetcam.report.paired import compare_pairs, in_words, predictions_in

    folders = arguments.first, arguments.second
    if len({folder.resolve() for folder in folders}) == 1:
        raise InputError(f"{arguments.first} is named twice. Name two experiments, or two runs.")
    (pair,) = compare_pairs({str(folder): predictions_in(folder) for folder in folders})
    return [in_words(pair)]


def _status(arguments: argparse.Namespace) -> list[str]:
    from resnetcam.workflow.status import status

    return status(arguments.folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m resnetcam")
    commands = parser.add_subparsers(required=True)
    compare = commands.add_parser(
        "compare",
        help="say whether two finished experiments can be told apart",
        description="Compare two finished experiments on the same test images, image by image.",
    )
    compare.add_argument("first", type=Path, help="the folder of a run, or of an experiment")
    compare.add_argument("second", type=Path, help="another one, of the same data set")
    compare.set_defaults(command=_compare)
    status = commands.add_parser(
        "status",
        help="say how far trainings are",
        description="Say how far trainings are: epoch, accuracy, time left, by their logs.",
    )
    status.add_argument(
        "folder", type=Path, nargs="?", default=Path(), help="where snakemake runs (%(default)s)"
    )
    status.set_defaults(command=_status)
    predict = commands.add_parser(
        "predict",
        help="classify new images and show where the network looks",
        description="Classify new images, and show where the network looks.",
    )
    predict.set_defaults(command=_predict)
    predict.add_argument("model", type=Path, help="a model.keras of this workflow, or its folder")
    predict.add_argument("images", type=Path, nargs="+", help="image files, or folders of them")
    predict.add_argument(
        "--output", type=Path, default=Path("predictions"), help="folder to write to (%(default)s)"
    )
    predict.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto")
    predict.add_argument("--backend", choices=["tensorflow", "jax"], default="tensorflow")
    return parser


if __name__ == "__main__":
    main()
