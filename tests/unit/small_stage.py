"""What Snakemake gives to a script, as far as the frame of a stage asks for it."""

from pathlib import Path
from types import SimpleNamespace

SCRIPTS = Path(__file__).parents[2] / "scripts"


def rule_of_a_stage(log, *wildcards, scripts=SCRIPTS):
    return SimpleNamespace(
        log=[str(log)], rule="train", wildcards=list(wildcards), scriptdir=str(scripts)
    )
