"""Say how a job of Grid Engine, PBS or LSF is: ``running``, ``success`` or ``failed``.

Snakemake calls it with a job's number. Without it a job that its scheduler has killed would be
waited for for ever, since it leaves no word behind. A job that waits for what no queue offers is
told on the terminal, once, with what the scheduler says of it.
"""

import re
import subprocess
import sys
from pathlib import Path

TOLD = Path("logs/cluster")


def main(job: str) -> str:
    """Ask whichever of the three there is."""
    for ask in (lsf, pbs, grid_engine):
        state = ask(job)
        if state:
            return state
    # Between the end of a job and its entry in the books a scheduler may know nothing of it.
    return "running"


def lsf(job: str) -> str:
    """``bjobs`` knows a job for an hour after its end."""
    state = told("bjobs", "-noheader", "-o", "stat", job).strip()
    return {"DONE": "success", "EXIT": "failed", "": ""}.get(state, "running")


def pbs(job: str) -> str:
    """``qstat -x`` knows finished jobs too (PBS Pro, OpenPBS); Torque knows them for a while."""
    text = told("qstat", "-x", "-f", job) or told("qstat", "-f", job)
    state = re.search(r"job_state = (\w)", text)
    if not state:
        return ""
    if state[1] not in "FC":
        if reason := re.search(
            r"comment = (.*(?:can never run|insufficient).*)", text, re.IGNORECASE
        ):
            complain(job, reason[1])
        return "running"
    code = re.search(r"exit_status = (-?\d+)", text, re.IGNORECASE)
    return "success" if code and code[1] == "0" else "failed"


def grid_engine(job: str) -> str:
    """``qstat -j`` knows jobs that wait or run, ``qacct -j`` those that have ended."""
    if told("qstat", "-j", job):
        if not said(job).exists():
            verdict = told("qalter", "-w", "v", job, whatever_status=True)
            if "no suitable queues" in verdict:
                complain(job, verdict.strip())
        return "running"
    text = told("qacct", "-j", job)
    if not text:
        return ""
    codes = re.findall(r"^(?:failed|exit_status)\s+(\d+)", text, re.MULTILINE)
    return "success" if codes and set(codes) == {"0"} else "failed"


def complain(job: str, reason: str) -> None:
    """Say on the terminal, once a job, why it will wait for ever."""
    if said(job).exists():
        return
    TOLD.mkdir(parents=True, exist_ok=True)
    said(job).write_text(reason + "\n")
    print(
        f"Job {job} waits, and may do so for ever: {reason}\n"
        "Lower `set-threads`, or memory and time under `default-resources` and `set-resources`, in "
        "the profile (docs/cluster.md).",
        file=sys.stderr,
    )


def said(job: str) -> Path:
    """Where it is kept that a job's waiting was told."""
    return TOLD / f"{job}.waits"


def told(*command: str, whatever_status: bool = False) -> str:
    """What a command prints; nothing if it fails or is not there."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if whatever_status:
        return result.stdout + result.stderr
    return result.stdout if result.returncode == 0 else ""


if __name__ == "__main__":
    print(main(sys.argv[1]))
