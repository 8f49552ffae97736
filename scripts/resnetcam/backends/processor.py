"""The processor: its name, what it computes by itself, how much of it this process may use."""

import os
import platform

from archspec.cpu import brand_string, host
from archspec.cpu.detect import detected_info


def name() -> str:
    """The processor's name as it reports itself, and its microarchitecture: AMD EPYC (zen4).

    The microarchitecture decides a training's last bits, and clouds cut the name short.
    """
    try:
        reported = brand_string()
    except (OSError, MemoryError):  # to ask takes executable memory, which some systems refuse
        reported = None
    words = " ".join((reported or "").split())
    return f"{words} ({host().name})" if words else host().name


def lacks_avx() -> bool:
    """Whether this is an x86 processor that says what it can, and that AVX is not among it."""
    features = detected_info().features
    return platform.machine() in ("x86_64", "AMD64") and bool(features) and "avx" not in features


def computes_bfloat16() -> bool:
    """Whether it multiplies bfloat16 natively; elsewhere float32 is faster."""
    return bool({"avx512_bf16", "amx_bf16"} & detected_info().features)


def available_threads() -> int:
    """The number of hardware threads that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
