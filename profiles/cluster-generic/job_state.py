"""Say how a job of Grid Engine, PBS or LSF is: ``running``, ``success`` or ``failed``.

Snakemake calls it with a job's number. Without it a job that its scheduler has killed would be
waited for for ever, since it leaves no word behind.
"""

import re
import subprocess
import sys


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
        return "running"
    code = re.search(r"exit_status = (-?\d+)", text, re.IGNORECASE)
    return "success" if code and code[1] == "0" else "failed"


def grid_engine(job: str) -> str:
    """``qstat -j`` knows jobs that wait or run, ``qacct -j`` those that have ended."""
    if told("qstat", "-j", job):
        return "running"
    text = told("qacct", "-j", job)
    if not text:
        return ""
    codes = re.findall(r"^(?:failed|exit_status)\s+(\d+)", text, re.MULTILINE)
    return "success" if codes and set(codes) == {"0"} else "failed"


def told(*command: str) -> str:
    """What a command prints; nothing if it fails or is not there."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout if result.returncode == 0 else ""


if __name__ == "__main__":
    print(main(sys.argv[1]))
