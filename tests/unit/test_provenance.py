"""The commit that a run names is the one of the code that ran, or it is not known."""

import subprocess

import pytest

from resnetcam.training.provenance import git_commit


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one tracked file; returns the file."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "somebody@example.org")
    file = tmp_path / "code.py"
    file.write_text("a = 1\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True)
    return file


def test_a_clean_checkout_names_its_commit(repository):
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=repository.parent, text=True)
    assert git_commit(repository) == head.strip()


def test_a_changed_file_is_told(repository):
    repository.write_text("a = 2\n")
    assert git_commit(repository).endswith("-dirty")


def test_a_copy_inside_of_somebody_elses_repository_has_no_commit(repository):
    copy = repository.parent / "unpacked/code.py"
    copy.parent.mkdir()
    copy.write_text("a = 1\n")
    assert git_commit(copy) == "unknown"


def test_without_git_there_is_no_commit(repository, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert git_commit(repository) == "unknown"


def test_variables_that_name_another_repository_change_nothing(repository, tmp_path, monkeypatch):
    """As in a hook of another repository, which may have committed a file of this name."""
    expected = git_commit(repository)
    other = tmp_path / "other"
    other.mkdir()
    (other / "code.py").write_text("b = 1\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "other"]):
        subprocess.run(["git", "-C", other, *arguments], check=True)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert git_commit(repository) == expected
