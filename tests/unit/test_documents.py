"""What the documents point to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ["README.md", "results/README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_relative_link_leads_somewhere(document):
    path = ROOT / document
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text())

    dead = [
        link for link in links if not link.startswith("http") and not (path.parent / link).exists()
    ]
    assert dead == []


def test_the_readme_names_commands_that_exist():
    makefile = (ROOT / "Makefile").read_text()

    for target in re.findall(r"(?m)(?:^|`)make ([a-z-]+)", (ROOT / "README.md").read_text()):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
