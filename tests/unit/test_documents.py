"""What the documents point to is there."""

import re
from pathlib import Path

import pytest
import yaml

from resnetcam.settings.config import load_config
from resnetcam.settings.merging import laid_over
from resnetcam.settings.schema import read_schema

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "results/README.md"),
    *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")),
]


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


def test_what_the_readme_says_about_the_config_is_right():
    """Each example is laid over the shipped config, as --configfile does."""
    schema = read_schema(ROOT / "schemas")
    examples = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    loaded = []

    for example in examples:
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        loaded.append(load_config(laid_over(config, yaml.safe_load(example)), schema))

    assert loaded[0]["experiments"]["fast"]["seeds"] == [1, 2, 3]
    sweep = loaded[1]["datasets"]["cifar10"]["experiments"]
    assert len(sweep) == 8
    assert "rates-resnet20v1-fast-crop_padding_2-peak_0.02" in sweep
    assert loaded[2]["experiments"]["deeper"]["model"] == "resnet32v1"
    wider = loaded[3]["experiments"]["wider-crops"]["recipe_settings"]
    assert wider["augmentation"]["crop_padding"] == 4
    assert loaded[4]["datasets"]["mine"]["experiments"] == ["small"]
