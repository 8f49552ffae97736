"""What `make bench` measures: which contenders there are and what they tell the conductor.

A contender is a file beside this one with a function ``build(settings, **options)``. It runs in a
process of its own, so nothing here imports a numerical library.
"""

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

# ResNet20v1 for 32x32 images: 40.8 million multiply-adds forward (He et al. 2015, section 4.2),
# each a multiplication and an addition; the backward pass takes about twice as many, for the
# gradients by activations and by weights.
FLOP_PER_IMAGE = 3 * 2 * 40.8e6
PARAMETERS = 274_442


class UnavailableError(Exception):
    """Why a contender cannot run here, in words for the user."""


@dataclass(frozen=True)
class Settings:
    """The same for all contenders."""

    threads: int
    device: str  # cpu or gpu
    seconds: float  # wanted length of a turn
    bfloat16: bool  # whether the processor, or the GPU, computes it natively


@dataclass(frozen=True)
class Facts:
    """What a contender says about itself when it is ready."""

    work: int  # images in a round; floating-point operations for a matrix product
    precision: str
    libraries: dict[str, str]
    batch: int = 0
    device_name: str = ""
    pixels: float = 1.0  # of an image, as a share of 32x32
    images: int = 0  # that a whole training sees, where a round stands for one


@dataclass(frozen=True)
class Workload:
    """What ``build`` returns: ``run(rounds)`` does that many rounds and returns the seconds."""

    run: Callable[[int], float]
    facts: Facts


@dataclass(frozen=True)
class Contender:
    """One row of the table; ``name`` is what ``--only`` matches.

    ``packages`` is a folder whose packages go before those that are installed.
    """

    name: str
    label: str
    module: str
    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    packages: str = ""

    @property
    def kind(self) -> str:
        """The name without the version of a library."""
        return self.name.partition("@")[0]

    @property
    def is_network(self) -> bool:
        """Whether it trains the network, rather than measuring what the hardware can do."""
        return self.module != "matrix_product"


@dataclass(frozen=True)
class Row:
    """What came of a contender: work per second in each turn, or the reason why there is none."""

    contender: Contender
    facts: Facts | None
    rates: list[float]
    peak_megabytes: float
    reason: str

    @property
    def median(self) -> float:
        return statistics.median(self.rates)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.rates) < 2:
            return self.median, self.median
        first, _, third = statistics.quantiles(self.rates, n=4, method="inclusive")
        return first, third

    @property
    def spread(self) -> float:
        """Half the interquartile range, as a share of the median."""
        first, third = self.quartiles
        return (third - first) / 2 / self.median


ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "1"}
# As the Snakefile sets it for every stage.
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
PLAIN = {"augmented": False}


def _engine(name: str, label: str, **options: Any) -> Contender:
    return Contender(name, label, "engine", options, HUGE_PAGES)


CONTENDERS = [
    _engine("engine-fast", "engine, recipe fast", recipe="fast"),
    _engine("engine-fast-plain", "engine, recipe fast, no augmentation", recipe="fast", **PLAIN),
    _engine(
        "engine-fast-epochs",
        "engine, recipe fast, all its epochs, images of all its sizes",
        recipe="fast",
        all_epochs=True,
    ),
    Contender(
        "engine-fast-small-pages",
        "engine, recipe fast, memory in small pages",
        "engine",
        {"recipe": "fast"},
    ),
    _engine("engine-published", "engine, recipe published", recipe="published"),
    _engine(
        "engine-published-plain",
        "engine, recipe published, no augmentation",
        recipe="published",
        **PLAIN,
    ),
    _engine("engine-jax", "engine on JAX, recipe fast", recipe="fast", backend="jax"),
    Contender("published", "published approach", "keras_fit", {"approach": "published"}),
    Contender(
        "published-onednn",
        "published approach, oneDNN on",
        "keras_fit",
        {"approach": "published"},
        ONEDNN,
    ),
    Contender(
        "keras-fit",
        "Keras fit, no augmentation, oneDNN on",
        "keras_fit",
        {"approach": "arrays"},
        ONEDNN,
    ),
    Contender("torch-eager", "PyTorch eager, no augmentation", "pytorch_resnet"),
    Contender(
        "torch-compiled", "PyTorch compiled, no augmentation", "pytorch_resnet", {"compiled": True}
    ),
    Contender(
        "matmul-float32", "matrix product, float32", "matrix_product", {"precision": "float32"}
    ),
    Contender(
        "matmul-bfloat16", "matrix product, bfloat16", "matrix_product", {"precision": "bfloat16"}
    ),
]


# What makes a processor with AVX-512 compute as one that lacks it.
AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    # As TensorFlow decides for itself there.
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def held_to_avx2(contenders: Iterable[Contender]) -> Iterator[Contender]:
    """Contenders as on a processor without AVX-512; without JAX, which cannot be held to it."""
    for contender in contenders:
        if contender.options.get("backend") != "jax":
            yield replace(contender, environment=AVX2 | contender.environment)


def with_each_pytorch(
    contenders: Sequence[Contender], folders: Sequence[Path]
) -> Iterator[Contender]:
    """PyTorch's contenders once for each folder that holds one, in place of the installed one.

    Matrix products, which PyTorch computes where it can, are the first folder's.
    """
    versions = {folder: _pytorch_version(folder) for folder in folders}
    for contender in contenders:
        if contender.module == "pytorch_resnet" and folders:
            for folder, version in versions.items():
                label = contender.label.replace("PyTorch", f"PyTorch {version}")
                name = f"{contender.name}@{version}"
                yield replace(contender, name=name, label=label, packages=str(folder.resolve()))
        elif contender.module == "matrix_product" and folders:
            yield replace(contender, packages=str(folders[0].resolve()))
        else:
            yield contender


def _pytorch_version(folder: Path) -> str:
    for found in metadata.distributions(name="torch", path=[str(folder)]):
        return found.version
    raise SystemExit(
        f"{folder} holds no PyTorch. Put one there: pip install --target {folder} torch==VERSION"
    )
