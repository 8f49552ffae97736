"""Resolve the extras and groups of pyproject.toml to exact versions (`make lock`; needs uv).

Writes the hashed locks and, from them, the conda environments, so that both deploy the same pins.
The pip part of an environment lists the whole closure: Snakemake copies the file elsewhere, so it
cannot refer to a lock, and direct pins alone would let the rest float. Hashes stand beside their
pin, in one line, which conda hands to pip as it is. conda-forge is the only channel: conda 26.7
asks for `nodefaults` as for a channel of that name.
"""

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = "requirements.txt"
LOCKS = {
    LOCK: ["workflow", "data", "tensorflow", "report", "jax", "test"],
    "requirements-gpu.txt": ["workflow", "data", "tensorflow-gpu", "report"],
    "requirements-jax-gpu.txt": ["workflow", "data", "jax-gpu", "report"],
    "requirements-cluster.txt": ["workflow", "cluster"],
    "requirements-docs.txt": ["docs"],
    "requirements-browser.txt": ["browser"],
    "requirements-crate.txt": ["crate"],
}
ALONE = ("requirements-crate.txt",)  # its validator asks for an older version of rich
ENVIRONMENTS = {
    "envs/data.yaml": ("data", LOCK),
    "envs/tensorflow.yaml": ("tensorflow", LOCK),
    "envs/tensorflow-gpu.yaml": ("tensorflow-gpu", "requirements-gpu.txt"),
    "envs/jax.yaml": ("jax", LOCK),
    "envs/jax-gpu.yaml": ("jax-gpu", "requirements-jax-gpu.txt"),
    "envs/report.yaml": ("report", LOCK),
    "environment.yaml": ("workflow", LOCK),
}
HEADER = """\
# Written by `make lock` from pyproject.toml and {lock}.
channels:
  - conda-forge
dependencies:
  - python=3.11.13
  - pip=25.2
  - pip:
"""


def resolve(purposes: list[str], *options: str) -> str:
    """Return what uv resolves for Python 3.11 and later, on every platform."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    command = ["uv", "pip", "compile", "--universal", "--no-header", "--no-annotate", "--quiet"]
    command += ["--python-version", "3.11", *options, "pyproject.toml"]
    for purpose in purposes:
        command += [
            "--extra" if purpose in project["optional-dependencies"] else "--group",
            purpose,
        ]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Write every lock and every environment."""
    for lock, purposes in LOCKS.items():
        same_versions = [] if lock in (LOCK, *ALONE) else ["--constraint", LOCK]
        (ROOT / lock).write_text(resolve(purposes, "--generate-hashes", *same_versions))
    for path, (purpose, lock) in ENVIRONMENTS.items():
        pins = resolve([purpose], "--constraint", lock).splitlines()
        (ROOT / path).write_text(environment(pins, lock))


def environment(pins: list[str], lock: str) -> str:
    """Return the text of a conda environment: pins with the hashes that a lock has for them."""
    blocks = re.findall(r"^(\S+==\S+)(.*(?:\n .*)*)", (ROOT / lock).read_text(), re.MULTILINE)
    hashes = {pin: re.findall(r"--hash=sha256:[0-9a-f]{64}", rest) for pin, rest in blocks}
    lines = [HEADER.format(lock=lock)]
    for pin in pins:
        # A quoted text goes on in the next line, and a line break in it is a space.
        folded = "\n        ".join([pin, *hashes[pin.split(" ;")[0]]])
        lines.append(f'      - "{folded}"\n')
    return "".join(lines)


if __name__ == "__main__":
    main()
