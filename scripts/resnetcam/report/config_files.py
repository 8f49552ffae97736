"""How Snakemake was called for a report: said in it, and compared with what replaces it."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LINE = re.compile(r"^Written \S+ \S+ UTC from (.*)\.$", re.MULTILINE)


@dataclass(frozen=True)
class Call:
    """A call of Snakemake; paths as seen from the folder that it works in.

    Attributes:
        config_files: all files that settings came from; later ones lie over earlier ones.
        overlays: those of them that the command line names.
        snakefile: what the command line must name; None if Snakemake finds it by itself.
        in_module: the workflow is a module of another one, which gives the settings.
    """

    config_files: Sequence[str] = ("config.yaml",)
    overlays: Sequence[str] = ()
    snakefile: str | None = None
    in_module: bool = False

    def command(
        self,
        target: str | None,
        cores: int,
        settings: Mapping[str, Any],
        threads: int | None = None,
    ) -> list[str]:
        """Return the words of the command that makes a file again, or all that is made by itself.

        Args:
            settings: for ``--config``; a module takes none from the command line.
            threads: of each training; a module's rules have names of their own.
        """
        words = ["snakemake", *([target] if target else [])]
        words += ["--snakefile", self.snakefile] if self.snakefile else []
        words += ["--cores", str(cores)]
        words += ["--set-threads", f"train={threads}"] if threads and not self.in_module else []
        words += ["--configfile", *self.overlays] if self.overlays else []
        given = [] if self.in_module else [f"{key}={value}" for key, value in settings.items()]
        return words + (["--config", *given] if given else [])


def written(config_files: Sequence[str]) -> str:
    """Return the sentence of a report that says when and from which config files it was made."""
    now = datetime.datetime.now(datetime.UTC)
    return f"Written {now:%Y-%m-%d %H:%M} UTC from {_names(config_files)}."


def report_to_be_replaced(report: str | Path, config_files: Sequence[str]) -> str:
    """Return a warning if a report that is there was made with other config files, or nothing."""
    path = Path(report)
    if not path.is_file():
        return ""
    found = _LINE.search(path.read_text(encoding="utf-8", errors="replace").replace("\\", ""))
    if not found or found[1] == _names(config_files):
        return ""
    return (
        f"{path} was made from {found[1]}; this run replaces it by one\n"
        f"  from {_names(config_files)}. To keep both, stop now and copy it."
    )


def _names(config_files: Sequence[str]) -> str:
    """The files in the order in which they lie over each other."""
    return ", ".join(name.replace("\\", "") for name in config_files)
