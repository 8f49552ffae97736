"""A Slurm cluster of one node on this machine, without systemd: for tests, and to try profiles on.

``python tests/deploy/slurm_of_one_node.py start`` and ``stop``, as root, with Debian's packages
slurm-wlm and munge. Everything listens on loopback. A configuration that is already there is left
alone, and then nothing is started.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

CONFIG = Path("/etc/slurm/slurm.conf")
MUNGE_KEY = Path("/etc/munge/munge.key")
STATE = Path("/var/tmp/slurm-of-one-node")
MARK = "# A cluster of one node, written by slurm_of_one_node.py."
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "sinfo", "scancel")

SLURM_CONF = """\
{mark}
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation={state}/ctld
SlurmdSpoolDir={state}/d
SlurmctldPidFile={state}/slurmctld.pid
SlurmdPidFile={state}/slurmd.pid
SlurmctldLogFile={state}/slurmctld.log
SlurmdLogFile={state}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,batch_sched_delay=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=600
KillWait=20
OverTimeLimit=0
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} Boards=1 SocketsPerBoard=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes={host} MaxTime=INFINITE State=UP
"""  # noqa: E501


def why_not() -> str:
    """Say in words why no cluster can be started here; empty if one can."""
    missing = [name for name in PROGRAMS if not _which(name)]
    if missing:
        return f"Slurm is not installed: no {', '.join(missing)}"
    if os.geteuid() != 0:
        return "Slurm's daemons are started as root only"
    if CONFIG.exists() and MARK not in CONFIG.read_text():
        return f"{CONFIG} belongs to another cluster"
    return ""


def start(cpus: int = 16, memory: int = 64_000) -> None:
    """Start munge, the controller and the node; return when the node takes jobs.

    Args:
        cpus, memory: what the node says it has, processors and megabytes; not checked against the
            machine, so more jobs may run than it has processors.

    Raises:
        RuntimeError: with the daemons' logs, if the node is not idle within a minute.
    """
    if reason := why_not():
        raise RuntimeError(reason)
    stop()
    for folder in (STATE / "ctld", STATE / "d", CONFIG.parent, Path("/run/munge")):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.chown("/run/munge", "munge", "munge")
    if not MUNGE_KEY.exists():
        MUNGE_KEY.write_bytes(os.urandom(1024))
        MUNGE_KEY.chmod(0o400)
        shutil.chown(MUNGE_KEY, "munge", "munge")
    host = subprocess.check_output(["hostname", "-s"], text=True).strip()
    text = SLURM_CONF.format(mark=MARK, host=host, state=STATE, cpus=cpus, memory=memory)
    CONFIG.write_text(text)
    CONFIG.with_name("gres.conf").write_text(f"{MARK}\nName=gpu Count=1 File=/dev/null\n")
    _run("runuser", "-u", "munge", "--", _which("munged"), "--force")
    _run(_which("slurmctld"))
    _run(_which("slurmd"))
    _wait_until_idle()


def stop() -> None:
    """End the daemons and remove their configuration and state."""
    for name in ("slurmctld", "slurmd"):
        pid = STATE / f"{name}.pid"
        if pid.exists():
            _end(int(pid.read_text()))
    munge = Path("/run/munge/munged.pid")
    if STATE.exists() and munge.exists():
        _end(int(munge.read_text()))
    for path in (CONFIG, CONFIG.with_name("gres.conf")):
        if path.exists() and MARK in path.read_text():
            path.unlink()
    shutil.rmtree(STATE, ignore_errors=True)


def _wait_until_idle() -> None:
    for _ in range(120):
        shown = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True)
        if shown.stdout.strip() == "idle":
            return
        time.sleep(0.5)
    logs = "\n".join(path.read_text()[-3000:] for path in STATE.glob("*.log"))
    raise RuntimeError(f"The node does not get idle: {shown.stdout}{shown.stderr}\n{logs}")


def _end(pid: int) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for _ in range(50):
            try:
                os.kill(pid, sign)
            except ProcessLookupError:
                return
            time.sleep(0.1)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def _which(name: str) -> str:
    return shutil.which(name, path=os.environ["PATH"] + os.pathsep + "/usr/sbin") or ""


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]]()
