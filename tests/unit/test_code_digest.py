import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from resnetcam.workflow import code_digest as module
from resnetcam.workflow.code_digest import code_digest

ROOT = Path(__file__).parents[2]

SCRIPT = '''\
"""What it does."""
import os
from lib.used import value
from lib import also_used


def first(x):
    """Words."""
    return x + value  # a comment


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
            "lib/used": "from . import deeper\nvalue = 1\n",
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
        {"lib__used": "from . import deeper\nvalue = 1.0\n"},
        {"lib__deeper": "depth = 2\n"},
        {"lib__also_used": "raise SystemExit\n"},
        {"lib____init__": "x = 1\n"},
    ],
)
def test_a_change_of_meaning_counts_in_the_script_and_in_all_that_it_imports(digest, files):
    assert digest(**files) != digest()


def test_what_is_not_imported_does_not_count(digest):
    assert digest(lib__unused="other = 2\n") == digest()


@pytest.mark.parametrize("script", ["train.py", "evaluate.py", "explain.py"])
@pytest.mark.parametrize(("used", "other"), [("jax", "tensorflow"), ("tensorflow", "jax")])
def test_the_modules_of_a_backend_that_is_not_in_use_do_not_count(tmp_path, script, used, other):
    """Nor does a folder above the project that is called like them."""
    scripts = tmp_path / "backends" / f"on_{other}" / "scripts"
    shutil.copytree(ROOT / "scripts", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    backends = scripts / "resnetcam" / "backends"

    def changed(backend):
        for path in (backends / f"on_{backend}").glob("[a-z]*.py"):
            path.write_text(path.read_text() + "\nCHANGED = True\n")
        module._content.cache_clear()
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
        module._remembered.cache_clear()

    yield forget
    forget()


@pytest.fixture
def script(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/used.py").write_text("value = 1\n")
    path = tmp_path / "script.py"
    path.write_text("from lib.used import value\n")
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
    falsified = [[key, ["0", names]] for key, (_, names) in content["files"]]
    memory.write_text(module.json.dumps({"by": "other code", "files": falsified}))
    in_a_new_process()

    assert code_digest(script, memory=memory) == plain


def test_where_nothing_can_be_remembered_the_digest_is_the_same(script, tmp_path):
    (tmp_path / "file").write_text("not a folder")

    assert code_digest(script, memory=tmp_path / "file/memory.json") == code_digest(script)


def test_the_digest_is_the_same_on_every_python(digest):
    assert digest() == "5d8f5f2ddece53e2"


@pytest.mark.parametrize(
    ("script", "modules"),
    [
        (
            "explain.py",
            {
                "explain/cam",
                "explain/explanation",
                "networks/split",
                "backends/on_tensorflow/attribution",
            },
        ),
        (
            "measure_faithfulness.py",
            {"explain/faithfulness", "explain/baselines", "evaluation/classifier"},
        ),
        ("randomise.py", {"explain/randomisation", "explain/explanation", "explain/cam"}),
        (
            "train.py",
            {"training/session", "recipe/augmentation", "backends/on_tensorflow/training"},
        ),
    ],
)
def test_stages_depend_on_what_they_use(script, modules):
    code = (
        "import sys; sys.path.insert(0, 'scripts')\n"
        "from resnetcam.workflow.code_digest import local_files\n"
        "from pathlib import Path\n"
        f"root = Path('scripts').resolve()\n"
        f"print(*(p.relative_to(root) for p in local_files(root / '{script}')))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    reached = {name.removeprefix("resnetcam/").removesuffix(".py") for name in output.split()}

    assert modules <= reached
    assert not {"report/figures/canvas", "report/context", "data/archives"} & reached
    assert ("training/session" in reached) == (script == "train.py")
