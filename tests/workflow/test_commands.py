"""Every snakemake command that the documents name can be given as it stands: planned, not run."""

import re
import shlex

import pytest
from tiny_workflow import ROOT, snakemake

pytestmark = pytest.mark.slow

DOCUMENTS = [
    "README.md",
    "config.yaml",
    *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md")),
    *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("profiles/*/config.yaml")),
]
# Tested in test_conda.py, plan nothing, or need what cannot be made up.
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
    assert sum(" predict " in command for command in commands()) == 2


@pytest.fixture(scope="module")
def folder(fresh_workflow):
    """One fresh workflow for all: nothing is run in it."""
    folder = fresh_workflow().folder
    (folder / "mine.yaml").write_text("device: cpu\n")
    for path in (
        "photos/cat.png",
        "cifar10/fast/seed1/model.keras",
        "mine/small/seed1/model.keras",
    ):
        (folder / "results" / path).parent.mkdir(parents=True)
        (folder / "results" / path).write_bytes(b"")
    return folder


@pytest.mark.usefixtures("conda", "plugins")
@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documents_is_understood(command, folder):
    _, *arguments = shlex.split(command.replace("/my/photos", f"{folder}/results/photos"))

    assert "total" in snakemake(folder, "-n", *arguments).output
