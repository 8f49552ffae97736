"""Make .venv hold exactly what requirements.txt locks: create, keep, or repair it (`make venv`).

With the argument `docs`, likewise .venv-docs and requirements-docs.txt (`make docs`); with
`browser`, .venv-browser and requirements-browser.txt (`make test-browser`); with `crate`,
.venv-crate and requirements-crate.txt (`make test-deploy`).
Needs Python 3.11 to 3.13 with pip, nothing else; runs on older ones far enough to say so.
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SUPPORTED = ((3, 11), (3, 12), (3, 13))
# Folder, lock, a program that must be there afterwards, and what it costs.
ENVIRONMENTS = {
    "": (".venv", "requirements.txt", "snakemake", "about 2 GB on disk, a few minutes"),
    "docs": (".venv-docs", "requirements-docs.txt", "mkdocs", "about 50 MB on disk, seconds"),
    "browser": (
        ".venv-browser",
        "requirements-browser.txt",
        "playwright",
        "about 200 MB on disk, seconds",
    ),
    "crate": (
        ".venv-crate",
        "requirements-crate.txt",
        "rocrate-validator",
        "about 50 MB on disk, seconds",
    ),
}


def choose(name):
    """Set what the functions below work on."""
    global FOLDER, PROGRAM, COST, VENV, LOCK, STAMP
    FOLDER, lock, PROGRAM, COST = ENVIRONMENTS[name]
    VENV = os.path.join(ROOT, FOLDER)
    LOCK = os.path.join(ROOT, lock)
    STAMP = os.path.join(VENV, "lock.sha256")


choose("")

# Run by the environment's own Python: is every file of every package still there? (None is, once
# the Python that the environment was made of has become a newer one. What an old pip installs of a
# source archive has no record of its files, but a list of its sources, which lie elsewhere.)
CHECK = """
import importlib.metadata, sys
distributions = list(importlib.metadata.distributions())
if not distributions:
    sys.exit("there are no packages")
for distribution in distributions:
    for file in (distribution.read_text("RECORD") and distribution.files) or ():
        if file.suffix != ".pyc" and not file.locate().exists():
            sys.exit(f"{distribution.name}: {file} is missing")
"""


def main():
    """Create or repair the environment unless it is as the lock says."""
    if _is_current():
        return
    python = _find_python()
    print("Setting up %s from %s (%s) ..." % (FOLDER, os.path.basename(LOCK), COST))
    sys.stdout.flush()
    shutil.rmtree(VENV, ignore_errors=True)
    _install(python)
    with open(STAMP, "w") as file:
        file.write(_stamp())


def _is_current():
    try:
        with open(STAMP) as file:
            if file.read() != _stamp():
                return False
        return subprocess.call([_venv_python(), "-c", CHECK]) == 0
    except OSError:
        return False


def _stamp():
    """The lock's digest, and where the environment lies: its programs name that place."""
    with open(LOCK, "rb") as file:
        return "%s  %s" % (hashlib.sha256(file.read()).hexdigest(), VENV)


def _venv_python():
    return os.path.join(VENV, "bin", "python")


def _find_python():
    """This interpreter, or another one on the PATH, if it is of a supported version."""
    if sys.version_info[:2] in SUPPORTED:
        return sys.executable
    for major, minor in SUPPORTED:
        name = "python%d.%d" % (major, minor)
        if shutil.which(name):
            return name
    versions = ", ".join(".".join(map(str, version)) for version in SUPPORTED)
    sys.exit(
        "This is Python "
        + sys.version.split()[0]
        + "; the workflow runs on Python "
        + versions
        + ". Install one of these, or name it: make PYTHON=/path/to/python3.12"
    )


def _install(python):
    """Fill a new environment; where Debian's Python lacks ensurepip, with the pip outside of it."""
    with open(os.devnull, "w") as nowhere:
        has_pip = subprocess.call([python, "-m", "venv", VENV], stdout=nowhere, stderr=nowhere) == 0
    pip = [_venv_python(), "-m", "pip"]
    if not has_pip:
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.check_call([python, "-m", "venv", "--without-pip", VENV])
        pip = [python, "-m", "pip", "--python", _venv_python()]
    command = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", LOCK]
    if subprocess.call(pip + command) != 0:
        sys.exit("Installing the packages failed (see above); run the same command again.")
    if not glob.glob(os.path.join(VENV, "bin", PROGRAM)):
        sys.exit("The environment has no %s, though its packages were installed." % PROGRAM)


if __name__ == "__main__":
    choose("".join(sys.argv[1:]))
    main()
