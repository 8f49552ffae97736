import shutil
from pathlib import Path

import pytest

from resnetcam.workflow import files_of_code as module
from resnetcam.workflow.code_digest import code_digest, computation_digest, local_files

ROOT = Path(__file__).parents[2]

SCRIPT = '''\
"""What it does."""
import os
from lib.used import value
from lib import also_used


def first(x):
    """Words."""
    return x + value  # a comment


def checked(x):
    if x < 0:
        raise ValueError(f"{x} is negative")
    return x


def second():
    return first(f"{os.sep:>3}") + f"{value:>{value}}"
'''


@pytest.fixture
def digest(tmp_path):
    """Returns a function: the digest of SCRIPT with files replaced, in a fresh folder each time."""
    count = iter(range(1000))

    def compute(**files):
        root = tmp_path / str(next(count))
        (root / "lib").mkdir(parents=True)
        texts = {
            "script": SCRIPT,
            "lib/__init__": "",
            "lib/used": "from . import deeper\nvalue = deeper.depth\n",
            "lib/deeper": "depth = 1\n",
            "lib/also_used": "pass\n",
            "lib/unused": "other = 1\n",
        } | {name.replace("__", "/", 1): text for name, text in files.items()}
        for name, text in texts.items():
            (root / f"{name}.py").write_text(text)
        return code_digest(root / "script.py")

    return compute


@pytest.mark.parametrize(
    "script",
    [
        "# new comment\n" + SCRIPT,
        SCRIPT.replace('"""Words."""', '"""Other words."""'),
        SCRIPT.replace('    """Words."""\n', ""),
        SCRIPT.replace("return x + value", "return (x\n            + value)"),
        SCRIPT.replace(
            "import os\nfrom lib.used import value\n", "from lib.used import value\nimport os\n"
        ),
        SCRIPT[: SCRIPT.index("def first")]
        + SCRIPT[SCRIPT.index("def second") :]
        + "\n"
        + SCRIPT[SCRIPT.index("def first") : SCRIPT.index("def second")],
    ],
)
def test_words_layout_and_order_do_not_count(digest, script):
    assert script != SCRIPT
    assert digest(script=script) == digest()


@pytest.mark.parametrize(
    "files",
    [
        {"script": SCRIPT.replace("x + value", "x - value")},
        {"script": SCRIPT.replace(":>3", ":>4")},
        {"script": SCRIPT + "\nsecond()\n"},
        {"script": SCRIPT.replace("def first(x)", "def first(x, y=0)")},
        {"lib__used": "from . import deeper\nvalue = deeper.depth + 1.0\n"},
        {"lib__deeper": "depth = 2\n"},
        {"lib__also_used": "raise SystemExit\n"},
        {"lib____init__": "raise SystemExit\n"},
        {"script": SCRIPT.replace("is negative", "is too small")},
    ],
)
def test_a_change_of_meaning_counts_in_the_script_and_in_all_that_it_imports(digest, files):
    assert digest(**files) != digest()


@pytest.mark.parametrize(
    "files",
    [
        {"lib__unused": "other = 2\n"},
        {"lib__used": "from . import deeper\nvalue = deeper.depth\nother = 2\n"},
        {"lib__deeper": "depth = 1\n\ndef other():\n    return depth\n"},
        {"lib____init__": "x = 1\n"},
    ],
    ids=["a module", "a variable", "a function", "of a package"],
)
def test_what_is_not_reached_does_not_count(digest, files):
    assert digest(**files) == digest()


def test_what_is_logged_does_not_count(digest):
    logs = "import logging\nlogger = logging.getLogger(__name__)\n" + SCRIPT
    logs = logs.replace("    return x\n", "    logger.info('checked %s', x)\n    return x\n")
    others = logs.replace("'checked %s', x", "'%s is fine', str(x)")
    assert others != logs

    assert digest(script=others) == digest(script=logs)


@pytest.mark.parametrize(
    ("used", "deeper", "changed"),
    [
        ("from lib.deeper import f as x, g as y\n", "f, g = 1, 2\n", ("f as x, g", "g as x, f")),
        ("try:\n    from lib.deeper import f\nexcept OSError:\n    f = 1\n", "f = 2\n", ()),
        ("if True:\n    import lib.deeper as f\n", "f = 2\n", ()),
        ("from lib.deeper import *\nf = 1\n", "f = 2\n", ()),
        ("import lib.deeper\nf = lib.deeper.f\n", "f = 2\n", ()),
        ("from lib.deeper import f\n_old = f\ndef f():\n    return _old\n", "f = 2\n", ()),
        ("from lib.deeper import f\ndef f():\n    return 1\n", "", ("return 1", "return 2")),
        ("import os\nos.x, f = 1, 2\n", "", ("1, 2", "3, 2")),
        ("class A:\n    x: 'list[B]'\nclass B:\n    y = 1\nf = A\n", "", ("y = 1", "y = 2")),
    ],
)
def test_a_change_behind_a_name_counts_however_the_name_comes_in(digest, used, deeper, changed):
    files = {"script": "from lib.used import f, x, y\nprint(f, x, y)\n", "lib__deeper": deeper}
    before = digest(lib__used=used, **files)

    if changed:
        after = digest(lib__used=used.replace(*changed), **files)
    else:
        after = digest(lib__used=used, **files | {"lib__deeper": deeper.replace("2", "3")})

    assert after != before


def test_what_a_package_does_at_import_counts_wherever_it_is_reached_from(digest):
    files = {"script": "import lib.used\n", "lib__used": "from lib.also_used import x\n"}
    before = digest(**files)

    assert digest(**files, lib____init__="import os\nos.environ['A'] = '1'\n") != before


def test_where_a_definition_lies_does_not_count(digest):
    moved = {
        "lib__used": "from lib.deeper import value\n",
        "lib__deeper": "depth = 1\nvalue = depth\n",
    }
    here = {"lib__used": "depth = 1\nvalue = depth\n", "lib__deeper": ""}

    assert digest(**moved) == digest(**here)


def test_what_a_name_of_another_package_stands_for_counts(digest):
    before = "from math import sqrt as root\nvalue = root(4)\n"

    assert digest(lib__used=before) != digest(lib__used=before.replace("math", "cmath"))


def test_an_import_within_a_function_counts_for_those_who_reach_it(digest):
    door = """
def {name}():
    if unknown:
        from lib.{one} import value
    else:
        from lib.{other} import value
    return value
"""
    files = {
        "script": "from lib.used import first\nfirst()\n",
        "lib__used": door.format(name="first", one="deeper", other="unused")
        + door.format(name="second", one="also_used", other="also_used"),
        "lib__deeper": "value = 1\n",
        "lib__unused": "value = 2\n",
        "lib__also_used": "value = 3\n",
    }
    before = digest(**files)
    for name in ("deeper", "unused"):
        assert digest(**files | {f"lib__{name}": "value = 9\n"}) != before
    assert digest(**files | {"lib__also_used": "value = 9\n"}) == before


def test_members_of_a_registry_count_all_of_them_or_those_that_are_used(tmp_path):
    (tmp_path / "lib/members").mkdir(parents=True)
    for package in ("lib", "lib/members"):
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "lib/registry.py").write_text(
        "from somewhere import Registry\nMEMBERS = Registry[type[int]]('lib.members', 'MEMBER')\n"
    )
    for name in ("one", "one_plus"):
        (tmp_path / f"lib/members/{name}.py").write_text(f"MEMBER = '{name}'\n")
    script = tmp_path / "script.py"
    script.write_text("from lib.registry import MEMBERS\nprint(MEMBERS)\n")

    def digests():
        module._content.cache_clear()
        module._file.cache_clear()
        return [code_digest(script, members=only and {"lib.members": only}) for only in ONLY]

    ONLY = (None, ["one"], ["one+"])
    before = digests()
    assert len(set(before)) == 3
    (tmp_path / "lib/members/one_plus.py").write_text("MEMBER = 'changed'\n")
    assert [a == b for a, b in zip(before, digests(), strict=True)] == [False, True, False]


@pytest.mark.parametrize("script", ["train.py", "evaluate.py", "explain.py"])
@pytest.mark.parametrize(("used", "other"), [("jax", "tensorflow"), ("tensorflow", "jax")])
def test_the_modules_of_a_backend_that_is_not_in_use_do_not_count(tmp_path, script, used, other):
    """Nor does a folder above the project that is called like them."""
    scripts = tmp_path / "backends" / f"on_{other}" / "scripts"
    shutil.copytree(ROOT / "scripts", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    backends = scripts / "resnetcam" / "backends"

    def changed(backend):
        for path in (backends / f"on_{backend}").glob("[a-z]*.py"):
            path.write_text(path.read_text() + "\nassert True\n")
        module._content.cache_clear()
        module._file.cache_clear()
        return code_digest(scripts / script, without=f"backends/on_{other}/")

    before = code_digest(scripts / script, without=f"backends/on_{other}/")
    assert before == code_digest(ROOT / "scripts" / script, without=f"backends/on_{other}/")
    assert changed(other) == before
    assert changed(used) != before


def test_the_order_of_statements_counts(digest):
    one = SCRIPT + "\na = 1\na = 2\n"
    other = SCRIPT + "\na = 2\na = 1\n"

    assert digest(script=one) != digest(script=other)


def test_what_comes_before_an_import_counts(digest):
    before = SCRIPT + "\nos.environ['A'] = '1'\nimport json\n"
    after = SCRIPT + "\nimport json\nos.environ['A'] = '1'\n"

    assert digest(script=before) != digest(script=after)


@pytest.fixture
def in_a_new_process():
    """Forget what this process remembers of files."""

    def forget():
        module._content.cache_clear()
        module._file.cache_clear()
        module._remembered.cache_clear()

    yield forget
    forget()


@pytest.fixture
def script(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/used.py").write_text("value = 1\n")
    path = tmp_path / "script.py"
    path.write_text("from lib.used import value\nprint(value)\n")
    return path


def test_a_memory_saves_parsing_and_changes_no_digest(
    script, tmp_path, in_a_new_process, monkeypatch
):
    memory = tmp_path / "folder/memory.json"
    plain = code_digest(script)
    assert code_digest(script, memory=memory) == plain
    in_a_new_process()
    monkeypatch.setattr(module.ast, "parse", None)

    assert code_digest(script, memory=memory) == plain


def test_a_memory_follows_edits(script, tmp_path, in_a_new_process):
    memory = tmp_path / "memory.json"
    before = code_digest(script, memory=memory)
    (tmp_path / "lib/used.py").write_text("value = 2\n")
    in_a_new_process()

    after = code_digest(script, memory=memory)

    assert after == code_digest(script) != before


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"by": 1, "files": 2}', "\x00"])
def test_a_damaged_memory_is_forgotten(script, tmp_path, in_a_new_process, damage):
    memory = tmp_path / "memory.json"
    plain = code_digest(script, memory=memory)
    memory.write_text(damage)
    in_a_new_process()

    assert code_digest(script, memory=memory) == plain


def test_a_memory_of_other_code_is_forgotten(script, tmp_path, in_a_new_process):
    memory = tmp_path / "memory.json"
    plain = code_digest(script, memory=memory)
    content = module.json.loads(memory.read_text())
    for file in content["files"].values():
        for definition in file["definitions"].values():
            definition["meaning"] = "0"
    memory.write_text(module.json.dumps(content | {"by": "other code"}))
    in_a_new_process()

    assert code_digest(script, memory=memory) == plain


def test_where_nothing_can_be_remembered_the_digest_is_the_same(script, tmp_path):
    (tmp_path / "file").write_text("not a folder")

    assert code_digest(script, memory=tmp_path / "file/memory.json") == code_digest(script)


def test_the_digest_is_the_same_on_every_python(digest):
    assert digest() == "a6d033624c8e794a"


@pytest.mark.parametrize(
    ("script", "modules"),
    [
        ("explain.py", {"explain/methods/gradcam", "networks/split", "on_tensorflow/attribution"}),
        (
            "measure_maps.py",
            {"explain/faithfulness", "explain/randomisation", "on_tensorflow/prediction"},
        ),
        ("train.py", {"training/session", "training/loop", "on_tensorflow/training"}),
        ("draw_gradcam_figures.py", {"report/figures/canvas", "explain/display"}),
    ],
)
def test_stages_depend_on_what_they_use(script, modules):
    scripts = (ROOT / "scripts").resolve()
    reached = {
        path.relative_to(scripts / "resnetcam").with_suffix("").as_posix().removeprefix("backends/")
        for path in local_files(scripts / script)
        if path.parent != scripts
    }

    assert modules <= reached
    assert not {"report/context", "sources/archives"} & reached
    assert ("report/figures/canvas" in reached) == script.startswith("draw")
    assert ("training/session" in reached) == (script == "train.py")
    assert ("on_tensorflow/attribution" in reached) == (script in ("explain.py", "measure_maps.py"))


def test_a_computation_has_no_wording(digest, tmp_path):
    """Neither messages of errors, nor what only makes them, nor annotations."""

    def computed(text):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "lib").mkdir(parents=True)
        (folder / "lib/code.py").write_text(text)
        return computation_digest(folder, ["lib.code.compute"])

    before = """
import logging
from typing import Any

logger = logging.getLogger(__name__)

class Sum:
    def plus(self, x):
        return x + 1

def message(x):
    return f"{x} is wrong"

def compute(x: int, sum: Sum) -> int:
    if x < 0:
        logger.error("negative")
        raise ValueError(message(x))
    return sum.plus(x)
"""
    same = [
        before.replace("is wrong", "is not right"),
        before.replace('"negative"', '"below zero"'),
        before.replace("ValueError(message(x))", "TypeError"),
        before.replace("x: int", "x: Any"),
        before + "\ndef unused():\n    return 1\n",
    ]
    different = [
        before.replace("x + 1", "x - 1"),  # reached by the annotation alone
        before.replace("x < 0", "x <= 0"),
        before.replace("sum.plus(x)", "sum.plus(-x)"),
    ]
    assert before not in same + different
    assert {computed(text) for text in same} == {computed(before)}
    assert computed(before) not in {computed(text) for text in different}
