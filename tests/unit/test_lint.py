"""The checks before a commit and `make lint` are the same."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def commands_of_make_lint():
    recipe = re.search(r"(?m)^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text())[1]
    for line in recipe.splitlines():
        line = line.strip().replace("$(CURDIR)", "$PWD").replace("$(BIN)", ".venv/bin")
        yield line.replace("$$PATH", "$PATH")


def test_a_commit_is_checked_like_make_lint():
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = local["hooks"]

    entries = [re.sub(r"^sh -c '(.*)'$", r"\1", hook["entry"]) for hook in hooks]

    assert local["repo"] == "local"
    assert entries == list(commands_of_make_lint())
    assert len({hook["id"] for hook in hooks}) == len(entries) == 5
    assert all(hook["pass_filenames"] is False for hook in hooks)
