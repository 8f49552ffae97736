"""One set of pins: the locks and every environment agree, and the environments are complete."""

import ast
import importlib.util
import os
import re
import site
import subprocess
import sys
from pathlib import Path

import pytest
import snakemake
import yaml

from resnetcam.common.errors import InputError
from resnetcam.workflow import environments
from resnetcam.workflow.environments import (
    ask_for_huge_pages,
    environment_digest,
    interpreter_without_spaces,
    network_environment,
    pinned_versions,
    remembered_by_children,
    shut_out_user_packages,
)

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.txt"))
ENVIRONMENTS = [*sorted((ROOT / "envs").glob("*.yaml")), ROOT / "environment.yaml"]
NETWORK_SCRIPTS = ["train", "evaluate", "explain", "measure_maps", "measure_shift"]
NETWORK_SCRIPTS += ["score_test_sets", "classify_new_images"]
# Which environment a rule's script runs in, and the import names of its packages.
SCRIPTS = {
    "data": ["download", "draw_shapes", "preprocess", "linear_baseline", "import_regions"]
    + ["choose_classes", "list_images", "decode_images", "read_new_images"]
    + ["summarise_annotations", "annotate", "localise", "compare_maps", "read_test_set"],
    "tensorflow": NETWORK_SCRIPTS,
    "tensorflow-gpu": NETWORK_SCRIPTS,
    "jax": NETWORK_SCRIPTS,
    "jax-gpu": NETWORK_SCRIPTS,
    "report": ["draw_training_figures", "draw_gradcam_figures", "draw_other_classes"]
    + ["find_label_candidates", "draw_agreement", "draw_shift"]
    + ["draw_annotations", "compare", "write_report", "write_explorer", "show_answers"]
    + ["write_model_card", "write_crate"],
}
PACKAGE_OF_IMPORT = {
    "PIL": "pillow",
    "markdown_it": "markdown-it-py",
    "yaml": "pyyaml",
}


def rules_with_scripts():
    """Of each rule: script, environment, and whose code and packages its parameters follow.

    The environment of networks has no name here.
    """
    blocks = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
    for block in re.split(r"^(?=rule )", blocks, flags=re.MULTILINE)[1:]:
        block = re.split(r"^(?=use rule )", block, flags=re.MULTILINE)[0]
        if script := re.search(r'"\.\./scripts/(\w+)\.py"', block):
            (conda,) = re.findall(r'conda:\n +(?:"\.\./envs/([\w-]+)\.yaml"|NETWORK_ENV)', block)
            follows = re.findall(r'\bstage\("(\w+)\.py", "([\w-]+)"\)', block)
            codes = re.findall(r'network_stage\(code\("(\w+)\.py"\)\)', block)
            codes += ["train"] * block.count("network_stage(code_of_training)")
            yield script[1], conda, [*follows, *((code, "") for code in codes)]


def test_every_script_runs_in_the_environment_that_its_rule_follows():
    found = {}
    for script, conda, follows in rules_with_scripts():
        assert follows == [(script, conda)]
        for environment in [conda] if conda else sorted({*SCRIPTS} - {"data", "report"}):
            found.setdefault(environment, []).append(script)
    assert {name: sorted(scripts) for name, scripts in found.items()} == {
        name: sorted(scripts) for name, scripts in SCRIPTS.items()
    }
    written = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    assert written == {script for scripts in SCRIPTS.values() for script in scripts}


def pins_of_lock(path):
    return set(re.findall(r"^([a-z0-9-]+(?:\[.*\])?==\S+)", path.read_text(), re.MULTILINE))


def dependencies(path):
    *conda, last = yaml.safe_load(path.read_text())["dependencies"]
    return conda, [re.split(" ;| --hash", requirement)[0] for requirement in last["pip"]]


def test_the_locks_are_those_that_make_lock_writes():
    spec = importlib.util.spec_from_file_location("lock", ROOT / "envs/lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert sorted(module.LOCKS) == [path.name for path in LOCKS]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_exactly_hashes_and_names_no_index(path):
    text = path.read_text()

    requirements = re.findall(r"^[a-zA-Z].*", text, re.MULTILINE)
    assert requirements
    assert all("==" in line for line in requirements)
    blocks = re.split(r"\n(?=[a-zA-Z])", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)
    assert "http" not in text
    assert not re.search(r"^-", text, re.MULTILINE)


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_an_environment_holds_the_pins_of_the_lock(path):
    lock = {
        "tensorflow-gpu": "requirements-gpu.txt",
        "jax-gpu": "requirements-jax-gpu.txt",
    }.get(path.stem, "requirements.txt")

    conda, pip = dependencies(path)

    assert all(re.fullmatch(r"(python|pip)=[\d.]+", requirement) for requirement in conda)
    assert len(pip) > 5
    assert set(pip) <= pins_of_lock(ROOT / lock)


def test_locks_agree_on_what_they_share():
    """But for the validator of crates, which is never beside other packages."""
    versions = {}
    for path in LOCKS:
        if path.name == "requirements-crate.txt":
            continue
        for pin in pins_of_lock(path):
            name, version = re.sub(r"\[.*\]", "", pin).split("==")
            versions.setdefault(name, set()).add(version)

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("environment", SCRIPTS)
def test_an_environment_lists_every_package_that_its_scripts_import(environment):
    _, pip = dependencies(ROOT / "envs" / f"{environment}.yaml")
    listed = {re.split(r"[\[=]", pin)[0] for pin in pip}
    if "tensorflow-cpu" in listed:
        listed.add("tensorflow")

    for script in SCRIPTS[environment]:
        others = "backends/on_tensorflow/" if "jax" in environment else "backends/on_jax/"
        for name in imported_packages(ROOT / "scripts" / f"{script}.py", others):
            assert PACKAGE_OF_IMPORT.get(name, name) in listed, f"{script} imports {name}"


def imported_packages(script, others):
    """Top-level names from outside the standard library that a script or its modules import.

    ``others`` is what the modules of a backend begin with that the environment does not hold.
    """
    sys.path.insert(0, str(ROOT / "scripts"))
    from resnetcam.workflow.code_digest import local_files

    names = set()
    for path in local_files(script.resolve(), others):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"resnetcam"}


def test_the_digest_follows_pins_and_nothing_else(tmp_path):
    path = tmp_path / "env.yaml"
    text = (ROOT / "envs/data.yaml").read_text()
    path.write_text(text)
    before = environment_digest([path])

    path.write_text("# a comment\n" + text.replace("      - ", "      -   "))
    assert environment_digest([path]) == before

    path.write_text(re.sub(r"--hash=sha256:\S+?(\"?)$", r"\1", text, flags=re.MULTILINE))
    assert environment_digest([path]) == before

    path.write_text(re.sub(r"numpy==\S+", "numpy==0.1", text))
    assert environment_digest([path]) != before


def test_a_users_own_tunables_are_left_alone(monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=1")
    ask_for_huge_pages()
    assert os.environ["GLIBC_TUNABLES"] == "glibc.malloc.arena_max=1"


def test_every_profile_repeats_the_settings_that_decide_re_runs():
    keys = ["rerun-triggers", "max-checksum-file-size", "rerun-incomplete", "nolock"]
    profiles = [
        yaml.safe_load(path.read_text()) for path in (ROOT / "profiles").glob("*/config.yaml")
    ]

    assert len(profiles) >= 2
    assert all({key: p[key] for key in keys} == {k: profiles[0][k] for k in keys} for p in profiles)


@pytest.mark.parametrize(("snakemake_is_the_users", "value"), [(False, "1"), (True, None)])
def test_a_users_packages_are_shut_out_unless_snakemake_is_one_of_them(
    monkeypatch, tmp_path, snakemake_is_the_users, value
):
    place = Path(snakemake.__file__).parents[1] if snakemake_is_the_users else tmp_path
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(place))
    monkeypatch.setenv("PYTHONNOUSERSITE", "")
    monkeypatch.delenv("PYTHONNOUSERSITE")

    shut_out_user_packages()

    assert os.environ.get("PYTHONNOUSERSITE") == value


@pytest.mark.parametrize(
    ("device", "here", "nvidia", "name"),
    [
        ("auto", True, False, "jax"),
        ("auto", True, True, "jax-gpu"),
        ("auto", False, False, "jax-gpu"),
        ("gpu", True, False, "jax-gpu"),
        ("cpu", False, True, "jax"),
    ],
)
def test_cuda_is_left_out_where_it_is_of_no_use(monkeypatch, device, here, nvidia, name):
    monkeypatch.setattr(environments, "has_nvidia_device", lambda: nvidia)

    assert network_environment("jax", device, on_this_machine=here) == name


def test_children_do_as_the_process_that_submitted_them(monkeypatch):
    monkeypatch.delenv("RESNETCAM_JOBS_RUN_HERE", raising=False)
    assert not remembered_by_children(None)
    for here in (True, False):
        remembered_by_children(here)
        assert remembered_by_children(None) is here


def test_pinned_versions_are_those_for_this_machine(tmp_path):
    path = tmp_path / "env.yaml"
    path.write_text(
        'dependencies:\n  - python=3.11\n  - pip:\n      - "numpy==2.4\n        --hash=sha256:12"\n'
        "      - \"colorama==1.0 ; sys_platform == 'win32' --hash=sha256:34\"\n"
    )

    assert pinned_versions(path) == {"numpy": "2.4"}


def test_every_pin_of_an_environment_has_the_hashes_of_its_lock():
    for path in ENVIRONMENTS:
        *_, last = yaml.safe_load(path.read_text())["dependencies"]
        assert all(re.search(r" --hash=sha256:[0-9a-f]{64}$", pin) for pin in last["pip"]), path


def test_an_interpreter_with_a_space_in_its_path_is_reached_by_a_link(tmp_path):
    venv = tmp_path / "my projects" / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)

    found = interpreter_without_spaces(str(venv / "bin/python"))

    assert " " not in found
    code = "import sys; print(sys.prefix)"
    prefix = subprocess.check_output([found, "-c", code], text=True).strip()
    assert Path(prefix).resolve() == venv.resolve()
    assert interpreter_without_spaces(sys.executable) == sys.executable


def test_without_a_place_for_a_link_the_path_is_named(monkeypatch):
    monkeypatch.setattr(environments.os, "access", lambda *_: False)
    with pytest.raises(InputError, match=r"/my projects/bin/python: .* space"):
        interpreter_without_spaces("/my projects/bin/python")
