"""The bootstrap of .venv: kept, repaired, refused. (That it installs, `make test` itself shows.)"""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """The module, pointed at a small environment that is as its lock says."""
    spec = importlib.util.spec_from_file_location("make_venv", ROOT / "envs/make_venv.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "thing.py").write_text("")
    info = site / "thing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (info / "RECORD").write_text("thing.py,,\n")
    (tmp_path / "requirements.txt").write_text("thing==1.0\n")
    monkeypatch.setattr(module, "VENV", str(venv))
    monkeypatch.setattr(module, "LOCK", str(tmp_path / "requirements.txt"))
    monkeypatch.setattr(module, "STAMP", str(venv / "lock.sha256"))
    (venv / "lock.sha256").write_text(module._stamp())
    installs = []
    monkeypatch.setattr(
        module, "_install", lambda python: installs.append(Path(module.VENV).mkdir())
    )
    module.installs, module.site = installs, site
    return module


def test_an_environment_as_the_lock_says_is_kept(bootstrap):
    bootstrap.main()

    assert bootstrap.installs == []


def test_sources_that_an_old_pip_lists_need_not_be_there(bootstrap):
    """Debian's pip 23.0 installs a source archive so: each `make` would install all anew."""
    info = bootstrap.site / "other-1.0.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "SOURCES.txt").write_text("README.rst\nsetup.py\n")

    bootstrap.main()

    assert bootstrap.installs == []


def remove_a_packages_file(bootstrap):
    (bootstrap.site / "thing.py").unlink()


def change_the_lock(bootstrap):
    Path(bootstrap.LOCK).write_text("thing==2.0\n")


def leave_it_half_made(bootstrap):
    Path(bootstrap.STAMP).unlink()


def break_the_interpreter(bootstrap):
    (Path(bootstrap.VENV) / "bin" / "python").unlink()


def move_it(bootstrap):
    moved = Path(bootstrap.VENV).with_name("moved")
    Path(bootstrap.VENV).rename(moved)
    bootstrap.VENV, bootstrap.STAMP = str(moved), str(moved / "lock.sha256")


def upgrade_the_python_it_was_made_of(bootstrap):
    bootstrap.site.parent.rename(bootstrap.site.parent.with_name("python3.99"))


@pytest.mark.parametrize(
    "damage",
    [
        remove_a_packages_file,
        change_the_lock,
        leave_it_half_made,
        break_the_interpreter,
        move_it,
        upgrade_the_python_it_was_made_of,
    ],
)
def test_a_stale_or_broken_environment_is_made_anew_once(bootstrap, damage):
    damage(bootstrap)

    bootstrap.main()

    assert len(bootstrap.installs) == 1
    assert Path(bootstrap.STAMP).read_text() == bootstrap._stamp()


def test_another_python_is_an_error_that_says_which_ones(bootstrap, monkeypatch):
    change_the_lock(bootstrap)
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 2, "final", 0))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)

    with pytest.raises(SystemExit, match=r"3\.11, 3\.12, 3\.13"):
        bootstrap.main()
    assert bootstrap.installs == []


def test_another_python_on_the_path_is_taken(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 2, "final", 0))
    monkeypatch.setattr(
        bootstrap.shutil, "which", lambda name: name if name == "python3.12" else None
    )

    assert bootstrap._find_python() == "python3.12"


def test_plugins_are_added_also_where_the_environment_has_no_pip(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'envs')!r})\n"
        "import add_plugins, subprocess\n"
        "subprocess.run([*add_plugins.pip(), 'list', '--format=freeze'], check=True)"
    )

    listed = subprocess.check_output([tmp_path / "bin/python", "-c", code], text=True)

    assert listed == "", "another environment's packages"


@pytest.mark.parametrize(
    ("name", "folder", "lock"),
    [
        ("", ".venv", "requirements.txt"),
        ("docs", ".venv-docs", "requirements-docs.txt"),
        ("browser", ".venv-browser", "requirements-browser.txt"),
        ("crate", ".venv-crate", "requirements-crate.txt"),
    ],
)
def test_each_environment_has_its_folder_and_its_lock(bootstrap, name, folder, lock):
    bootstrap.choose(name)

    paths = [Path(path) for path in (bootstrap.VENV, bootstrap.LOCK, bootstrap.STAMP)]
    assert paths == [ROOT / folder, ROOT / lock, ROOT / folder / "lock.sha256"]
