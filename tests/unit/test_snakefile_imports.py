"""The Snakefile runs where Snakemake alone is installed (environment.yaml): no NumPy, no Keras."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORTS = sorted(
    {
        name
        for path in [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]
        for name in re.findall(r"^\s*from (resnetcam[\w.]+) import", path.read_text(), re.MULTILINE)
    }
)

ALONE = """
import importlib, sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        packages = ("numpy", "scipy", "PIL", "h5py", "pandas", "matplotlib", "keras", "tensorflow")
        if name.partition(".")[0] in (*packages, "jax", "imagehash", "requests"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refusing())
importlib.import_module(sys.argv[1])
"""


def test_the_imports_are_found():
    assert "resnetcam.settings.config" in IMPORTS


@pytest.mark.parametrize("module", IMPORTS)
def test_what_the_snakefile_imports_needs_no_package_of_a_stage(module):
    done = subprocess.run(
        [sys.executable, "-c", ALONE, module],
        env={"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
