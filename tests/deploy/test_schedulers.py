"""Jobs through stand-ins for other schedulers, by the generic profile."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from tiny_workflow import ROOT

pytestmark = pytest.mark.usefixtures("plugins")

COMMANDS = {
    "grid engine": ["qsub", "qstat", "qacct", "qdel"],
    "pbs": ["qsub", "qstat", "qdel"],
    "lsf": ["bsub", "bjobs", "bkill"],
}
ASKED_FOR = {
    "grid engine": ["-pe", "smp", "h_vmem=4001M", "h_rt=0:60:0", "gpu=0"],
    "pbs": ["select=1:ncpus=1:mem=4000mb:ngpus=0", "walltime=0:60:0"],
    "lsf": ["-n", "-M", "4000MB", "-W", "60"],
}


@pytest.fixture
def scheduler(tmp_path, monkeypatch):
    """Returns a function that makes a stand-in for a scheduler the only one here."""

    def make(kind):
        folder, jobs = tmp_path / "scheduler", tmp_path / "jobs"
        folder.mkdir()
        jobs.mkdir()
        for name in COMMANDS[kind]:
            shutil.copy(Path(__file__).with_name("batch_system.py"), folder / name)
            (folder / name).chmod(0o755)
        tools = [
            str(folder),
            str(Path(sys.executable).parent),
            "/usr/local/bin",
            "/usr/bin",
            "/bin",
        ]
        monkeypatch.setenv("PATH", os.pathsep.join(tools))
        monkeypatch.setenv("BATCH_SYSTEM", str(jobs))
        monkeypatch.setenv("BATCH_KIND", kind)
        return jobs

    return make


def choose(workflow, kind):
    """Prepare the generic profile: no conda, and the lines of one scheduler."""
    path = workflow.folder / "profiles/cluster-generic/config.yaml"
    text = path.read_text().replace("software-deployment-method: conda\n", "")
    if kind != "grid engine":
        start = text.index("cluster-generic-submit-cmd")
        heading = {"pbs": "# PBS", "lsf": "# LSF"}
        block = re.search(
            rf"^{heading[kind]}.*\n((?:# .*\n)+?)(?=# LSF|cluster)", text, re.MULTILINE
        )
        lines = re.sub(r"^# ", "", block[1], flags=re.MULTILINE)
        lines = lines[lines.index("cluster-generic-submit-cmd") :]
        status = text.index("cluster-generic-status-cmd")
        text = text[:start] + lines + text[status:]
    path.write_text(text)
    return workflow


@pytest.mark.parametrize("kind", COMMANDS)
def test_jobs_go_through_the_scheduler_with_what_they_need(fresh_workflow, scheduler, kind):
    jobs = scheduler(kind)
    workflow = choose(fresh_workflow(), kind)
    profile = ["--workflow-profile", "profiles/cluster-generic"]
    quick = ["--seconds-between-status-checks", "1", "--latency-wait", "10"]

    workflow.run("results/shapes/data.h5", *profile, *quick, own_process=True)

    submitted = [json.loads((job / "arguments.json").read_text()) for job in sorted(jobs.iterdir())]
    names = [" ".join(arguments) for arguments in submitted]
    assert len(names) == 2 and "draw_shapes" in names[0] and "preprocess" in names[1]
    assert set(ASKED_FOR[kind]) <= set(" ".join(submitted[0]).replace(",", " ").split())


def test_a_sites_profile_beside_the_default_one_limits_no_gpus(workflow, scheduler):
    """Two trainings at a time where the site's scheduler hands out GPUs, whatever is here."""
    jobs = scheduler("grid engine")
    site = workflow.folder / "site"
    site.mkdir()
    profile = (ROOT / "profiles/cluster-generic/config.yaml").read_text()
    mine = yaml.safe_load(profile)
    kept = [key for key in mine if key == "executor" or key.startswith("cluster-generic")]
    settings = {key: mine[key] for key in kept} | {"jobs": 4}
    settings["cluster-generic-status-cmd"] = f"python {ROOT}/profiles/cluster-generic/job_state.py"
    submit = "mkdir -p logs/cluster && qsub -l gpu={resources.gpu}"
    settings["cluster-generic-submit-cmd"] = submit
    (site / "config.yaml").write_text(yaml.safe_dump(settings))
    workflow.edit("tiny.yaml", "seeds: [1]", "seeds: [1, 2, 3]")
    # Both wait for each other: one at a time would wait for ever.
    workflow.edit(
        "scripts/train.py",
        "with logged(snakemake):\n",
        "import time\nPath(f'{snakemake.wildcards.seed}.here').touch()\n"
        "while len(list(Path().glob('*.here'))) < 2:\n    time.sleep(0.1)\n"
        "with logged(snakemake):\n",
    )

    workflow.run(
        *(f"results/shapes/tiny/seed{seed}/model.keras" for seed in (2, 3)),
        *("--profile", "site", "--config", "device=auto", "--cores", "100"),
        *("--seconds-between-status-checks", "1"),
        own_process=True,
    )

    submitted = [json.loads((job / "arguments.json").read_text()) for job in jobs.iterdir()]
    assert [arguments[1] for arguments in submitted] == ["gpu=1", "gpu=1"]


def test_a_job_that_its_scheduler_kills_is_noticed(fresh_workflow, scheduler):
    jobs = scheduler("grid engine")
    workflow = choose(fresh_workflow(), "grid engine")
    workflow.edit("profiles/cluster-generic/config.yaml", "retries: 2", "retries: 0")
    workflow.edit("scripts/draw_shapes.py", "with logged", "import os; os.kill(0, 9)\nwith logged")
    profile = ["--workflow-profile", "profiles/cluster-generic"]

    result = workflow.run(
        "results/shapes/data.h5",
        *profile,
        "--seconds-between-status-checks",
        "1",
        check=False,
        own_process=True,
    )

    assert result.returncode != 0
    assert "Error in rule draw_shapes" in result.output
    assert len(list(jobs.iterdir())) == 1
