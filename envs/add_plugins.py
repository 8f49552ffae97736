"""Install Snakemake's cluster plugins beside .venv's packages, in .venv/plugins.

They are found where PYTHONPATH names that folder. In .venv itself they would be loaded by every
snakemake command, and the Slurm plugin makes each fail where there is no `which`.
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-cluster.txt"
FOLDER = ROOT / ".venv" / "plugins"
STAMP = FOLDER / "lock.txt"


def main() -> None:
    """Install what .venv lacks of the lock, unless it is there already."""
    missing = "\n".join(block for block in blocks(LOCK.read_text()) if not installed(block))
    if STAMP.exists() and STAMP.read_text() == missing:
        return
    print("Adding Snakemake's cluster plugins in .venv/plugins ...", flush=True)
    install = ["install", "--quiet", "--disable-pip-version-check"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(missing)
        file.flush()
        options = ["--no-deps", "--require-hashes", "--upgrade", "--target", FOLDER]
        subprocess.run([*pip(), *install, *options, "-r", file.name], check=True)
    STAMP.write_text(missing)


def pip() -> list[str]:
    """The environment's pip; where it was made without one, that of the Python it was made of."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    outside = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    return [str(outside), "-m", "pip", "--python", sys.executable]


def blocks(lock: str) -> list[str]:
    """Split a lock into requirements with their hashes."""
    return re.findall(r"^[a-z].*(?:\n .*)*", lock, re.MULTILINE)


def installed(block: str) -> bool:
    """Whether .venv holds a requirement in exactly its version."""
    name, pinned = re.match(r"([^=\[\s]+)\S*?==(\S+)", block).groups()
    try:
        return version(name) == pinned
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    main()
