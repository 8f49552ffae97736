"""A stand-in for the ``conda`` command: it makes environments of packages that are here already.

Called as ``python stand_in_conda.py VERSION ARGUMENTS``. Like conda it looks its channels up, and
since 26.7 ``conda env create`` is ``conda create`` (conda/conda, conda/cli/main_env_create.py),
which asks for ``nodefaults`` as for any other channel. An environment is a virtual one, into which
the pinned packages of this interpreter's own environment are linked; a pin that differs from what
is here cannot be installed, as on an index that lacks it.

``STAND_IN_CONDA_GATE``: a file; until it is there, no package comes after the interpreter.
"""

import itertools
import json
import os
import sys
import time
import venv
from importlib.metadata import distribution
from pathlib import Path

import yaml
from packaging.requirements import Requirement

CHANNELS = {"conda-forge"}


def main(version, arguments):
    if arguments == ["--version"]:
        print(f"conda {version}")
    elif arguments[0] == "info":
        root = str(Path(os.environ["STAND_IN_CONDA_ROOT"]))
        about = {"conda_version": version, "platform": "linux-64", "conda_prefix": root}
        print(json.dumps(about | {"root_prefix": root, "envs": [], "channels": []}))
    elif arguments[:2] == ["config", "--get"]:
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif arguments[:2] == ["env", "create"]:
        options = dict(itertools.pairwise(arguments))
        create(version, Path(options["--file"]), Path(options["--prefix"]))
    elif arguments[0] != "clean":
        sys.exit(f"conda: {arguments} is not known to this stand-in")


def create(version, file, prefix):
    content = yaml.safe_load(file.read_text())
    channels = set(content["channels"])
    if tuple(map(int, version.split("."))) < (26, 7):
        channels -= {"nodefaults"}
    if unknown := channels - CHANNELS:
        sys.exit(f"UnavailableInvalidChannel: HTTP 404 NOT FOUND for channel {unknown.pop()}")
    venv.create(prefix, symlinks=True)
    gate = os.environ.get("STAND_IN_CONDA_GATE")
    while gate and not os.path.exists(gate):
        time.sleep(0.05)
    (packages,) = prefix.glob("lib/python*/site-packages")
    pins = next(one["pip"] for one in content["dependencies"] if isinstance(one, dict))
    for pin in pins:
        requirement, *hashes = pin.split(" --hash=")
        assert hashes, f"pip wants a hash for each or for none: {pin}"
        install(Requirement(requirement), packages)


def install(requirement, packages):
    if requirement.marker and not requirement.marker.evaluate():
        return
    found = distribution(requirement.name)
    if not requirement.specifier.contains(found.version):
        sys.exit(f"ERROR: No matching distribution found for {requirement}")
    for top in sorted({file.parts[0] for file in found.files} - {"..", "__pycache__"}):
        link = packages / top
        if not link.exists():
            link.symlink_to(found.locate_file(top))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
