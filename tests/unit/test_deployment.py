"""Whose packages a stage runs on."""

import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import pytest

from resnetcam.common.errors import InputError
from resnetcam.workflow import deployment
from resnetcam.workflow.deployment import (
    description,
    differences,
    keep_to_own_packages,
    what_an_import_needs,
)

HERE = {"file": "envs/data.yaml", "pins": {"numpy": version("numpy")}, "folder": sys.prefix}


def test_pins_that_are_here_differ_in_nothing():
    assert differences({"numpy": version("numpy"), "Ml_DTypes": version("ml-dtypes")}) == {}


def test_what_an_install_left_half_done_is_no_package(tmp_path, monkeypatch):
    for name, metadata in {
        "~umpy-2.0": None,
        "a-1.0": b"Name: \xff\xfe",
        "b-1.0": b"Version: 1",
    }.items():
        (tmp_path / f"{name}.dist-info").mkdir()
        if metadata:
            (tmp_path / f"{name}.dist-info/METADATA").write_bytes(metadata)
    monkeypatch.setattr(deployment, "_own_folders", lambda: [str(tmp_path)])

    assert differences({"numpy": "2.0"}) == {"numpy": ("2.0", None)}


def test_other_and_missing_versions_are_told():
    found = differences({"numpy": "0.1", "numqy": "1.0"})

    assert found == {"numpy": ("0.1", version("numpy")), "numqy": ("1.0", None)}


def test_another_environments_packages_leave_the_search_path(monkeypatch):
    foreign = ["/elsewhere/lib/python3.11/site-packages", "/home/me/packages", "/usr/dist-packages"]
    scripts = str(Path(deployment.__file__).parents[2])
    kept = ["/run/scripts", sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), scripts]
    monkeypatch.setattr(sys, "path", [kept[0], *foreign, *kept[1:]])

    keep_to_own_packages(HERE)

    assert sys.path == kept


def test_without_conda_a_persons_own_environment_is_welcome(monkeypatch):
    path = ["/elsewhere/lib/python3.11/site-packages"]
    monkeypatch.setattr(sys, "path", path)

    keep_to_own_packages(HERE | {"folder": None, "pins": {"numpy": "0.1"}})

    assert sys.path == path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"pins": {"numpy": "0.1"}}, "numpy: 0.1 wanted, "),
        ({"folder": "/elsewhere/conda"}, "python: one under /elsewhere/conda wanted"),
    ],
)
def test_what_is_not_as_pinned_is_refused_with_the_way_to_make_it_anew(monkeypatch, change, told):
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(InputError) as error:
        keep_to_own_packages(HERE | change)
    assert told in str(error.value)
    assert "run the same command again" in str(error.value)


@pytest.mark.parametrize(("folder", "maker"), [(None, "its user"), (sys.prefix, "conda")])
def test_what_a_run_says_of_its_environment(folder, maker):
    said = description(HERE | {"folder": folder, "pins": {"numqy": "1.0"}})

    assert said == {
        "file": "envs/data.yaml",
        "made_by": maker,
        "differences": {"numqy": {"pinned": "1.0", "found": None}},
    }


@pytest.mark.parametrize(("folder", "told"), [(None, "make venv"), (sys.prefix, "Delete ")])
def test_a_failed_import_says_what_to_do(folder, told):
    said = what_an_import_needs(ImportError("No module named 'numqy'"), HERE | {"folder": folder})

    assert said.startswith("No module named 'numqy'")
    assert told in said
    assert str(Path(sys.executable)) in said
