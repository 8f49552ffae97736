"""What is checked of a config file before it has become plain values."""

from pathlib import Path

import pytest

from resnetcam.common.errors import InputError
from resnetcam.common.yaml_file import check_config_file

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["config.yaml", "docs/nothing.json"])
def test_what_is_right_passes_and_json_is_left_alone(name):
    check_config_file(ROOT / name)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "device: cpu\nstate: a\ndevice: gpu\n",
            "line 3: the key device already",
        ),
        (
            "recipes:\n  fast: {epochs: 1,\n    epochs: 2}\n",
            "line 3: the key recipes.fast.epochs already",
        ),
        ("a: [{b: 1, b: 2}]", "the key a.0.b already exists"),
        ("device:\n\tcpu\n", "line 2: a line begins with a tab"),
        ("device: [cpu\nstate: a\n", "this is not valid YAML"),
        (b"device: \xff\n", "cannot be read"),
    ],
)
def test_what_yaml_would_hide_is_named_with_its_line(tmp_path, text, told):
    path = tmp_path / "mine.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as error:
        check_config_file(path)
    assert str(error.value).startswith(str(path))
    assert told in str(error.value)


def test_keys_that_differ_or_lie_apart_are_no_repetition(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("a: {x: 1}\nb: {x: 1, 1: 2, '1': 3}\nc: &c {x: 1}\nd: {<<: *c, x: 2}\n")
    check_config_file(path)


def test_a_missing_file_is_told_with_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"config.yaml is not in {tmp_path}"):
        check_config_file("config.yaml")
