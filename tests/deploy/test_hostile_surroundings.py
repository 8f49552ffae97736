"""The whole chain where the user's environment is full of settings for other work."""

import pytest

pytestmark = pytest.mark.slow

HOSTILE = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # of Jupyter and Colab
    "PYTHONWARNINGS": "error",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",  # gives other bits
    "GIT_DIR": "/nowhere",
    "LC_ALL": "C",
}
# They hold times.
WITH_A_CLOCK = {"history.csv", "run.json", "comparison.csv", "comparison.png"}
WITH_A_CLOCK |= {"comparison.svg", "report.md", "report.html", "README.md"}


def contents(workflow):
    results = workflow.folder / "results"
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in results.rglob("*")
        if path.is_file() and path.name not in WITH_A_CLOCK
    }


def test_nothing_of_the_users_environment_ends_a_stage_or_changes_a_result(
    fresh_workflow, finished_workflow, monkeypatch
):
    """And every process by itself gives what processes give whose imports were made before."""
    workflow = fresh_workflow()
    (workflow.folder / "matplotlibrc").write_bytes(b"\xff\xfe")
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)

    workflow.run(own_process=True)

    found, expected = contents(workflow), contents(finished_workflow)
    assert len(expected) > 30
    assert [name for name in expected if found.get(name) != expected[name]] == []


def test_stages_see_no_packages_of_the_user_and_ask_for_huge_pages(fresh_workflow, monkeypatch):
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    workflow = fresh_workflow()
    workflow.edit(
        "scripts/draw_shapes.py",
        "with logged(snakemake):\n",
        "import os\nwith logged(snakemake):\n    assert os.environ['PYTHONNOUSERSITE'] == '1'\n"
        "    assert os.environ['GLIBC_TUNABLES'] == 'glibc.malloc.hugetlb=1'\n",
    )

    workflow.run("results/shapes/source.json", own_process=True)
