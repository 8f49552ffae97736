"""Files of earlier runs that were damaged: told by name, and made again as it is said."""

import re
import shlex
import subprocess

import pytest

pytestmark = pytest.mark.slow

RESULTS = "results/shapes"


@pytest.mark.parametrize(
    "name",
    [
        "source.json",
        "baseline.json",
        "tiny/seed1/metrics.json",
        "tiny/seed1/model.keras",
        "tiny/seed1/gradcam.h5",
    ],
)
def test_a_damaged_file_is_told_and_what_is_said_makes_it_again(workflow, name):
    path = workflow.folder / RESULTS / name
    whole = path.read_bytes()
    path.write_bytes(whole[:100] if len(whole) > 100 else whole[:20])

    result = workflow.run(check=False)

    assert result.returncode != 0
    assert "Traceback" not in result.output
    told = " ".join(result.output.split())
    assert f"{RESULTS}/{name} cannot be used: " in told
    assert "Once that is fixed, run the same command: it does only" in told
    commands = set(re.findall(rf"`(rm {RESULTS}/{name})`", told))
    assert len(commands) == 1
    subprocess.run(shlex.split(commands.pop()), check=True, cwd=workflow.folder)

    workflow.run()

    assert path.read_bytes() == whole
    assert workflow.planned() == {}


def test_of_a_job_whose_results_seem_too_old_nobody_says_that_it_was_killed(workflow):
    """As where the clocks of two machines differ."""
    data, made = (workflow.folder / RESULTS / name for name in ("data.h5", "baseline.json"))
    made.unlink()
    subprocess.run(["touch", "-d", "+3 hours", data], check=True)

    result = workflow.run(f"{RESULTS}/baseline.json", check=False)

    assert result.returncode != 0
    table = (workflow.folder / RESULTS / "failures.csv").read_text()
    assert "according to its log it finished" in table and "killed" not in table
    assert "clock skew" in result.output  # Snakemake's own words, further up
