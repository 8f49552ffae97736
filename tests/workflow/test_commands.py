"""Every snakemake command that the documents name can be given as it stands: planned, not run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_workflow import ROOT

pytestmark = pytest.mark.slow

DOCUMENTS = [
    "README.md",
    "config.yaml",
    *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md")),
    *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("profiles/*/config.yaml")),
]
# Tested in test_environment_builds.py, plan nothing, or need what cannot be made up.
NOT_PLANNED = ("--containerize", "--conda-create-envs-only", "--lint", "apptainer")


def commands():
    found = {}
    for document in DOCUMENTS:
        text = (ROOT / document).read_text()
        inline = re.findall(r"`(snakemake -[^`]+|snakemake results[^`]+)`", text)
        lines = re.findall(
            r"(?m)^ *(?:# (?:On the command line: )?)?(snakemake -[^\n,]+?)(?:  |,|$)", text
        )
        for command in [*lines, *inline]:
            found[" ".join(command.split())] = document
    return [command for command in found if not any(word in command for word in NOT_PLANNED)]


def test_commands_are_found():
    assert len(commands()) >= 10
    assert "snakemake --cores 4 --use-conda" in commands()


@pytest.mark.usefixtures("conda", "plugins")
@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documents_is_understood(command, fresh_workflow):
    folder = Path(fresh_workflow().folder)
    (folder / "mine.yaml").write_text("device: cpu\n")
    name, *arguments = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", name, "-n", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "total" in done.stdout + done.stderr
