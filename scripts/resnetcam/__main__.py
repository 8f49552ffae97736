"""``python -m resnetcam predict MODEL IMAGES``: what a trained network says of new images."""

import argparse
import logging
import sys
from pathlib import Path

from resnetcam.backends import runtime
from resnetcam.common.errors import InputError
from resnetcam.prediction.command import predict


def main() -> None:
    """Do what the command line says; an error is one message, and the status is 1."""
    arguments = _parser().parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")

    def start() -> None:
        runtime.start(arguments.backend, arguments.device, "float32", threads=sys.maxsize)

    try:
        lines = predict(arguments.model, arguments.images, arguments.output, start)
    except InputError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or arguments.output}: {error.strerror or error}.")
    print("\n".join(lines))
    print(f"Page and table: {arguments.output}/predictions.html, predictions.csv")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m resnetcam")
    commands = parser.add_subparsers(required=True)
    predict = commands.add_parser(
        "predict",
        help="classify new images and show where the network looks",
        description="Classify new images, and show where the network looks.",
    )
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
