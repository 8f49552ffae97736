"""The report's figures: PNG files for one run each, the same bytes for the same input.

Nothing here goes through pyplot: no display, no global state, no settings of the user's own.
Colours are Okabe and Ito's, which colour-blind readers can tell apart; lines differ in style too.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from resnetcam.cam import normalized, resize_bilinear
from resnetcam.files import replacing
from resnetcam.maps import Maps
from resnetcam.predictions import softmax

History = Sequence[Mapping[str, float]]

_WIDTH = 8.8  # inches; 1,320 pixels, which GitHub shows at about 880
_STYLE = {
    "savefig.dpi": 150,
    "font.size": 9,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "text.parse_math": False,  # a class name may hold a dollar sign
}
_BLUE, _ORANGE, _GREEN, _GREY = "#0072B2", "#D55E00", "#009E73", "#666666"
_ENLARGEMENT = 8
_MAX_ANNOTATED_CLASSES = 20


class Explained(NamedTuple):
    """Test images with what the network says about them and where its evidence lies.

    Attributes:
        image_index: uint32 (M,), positions in the test set.
        images: uint8 (M, H, W, 3), RGB.
        labels: uint8 (M,), the true classes.
        probabilities: float32 (M, C).
        predicted_maps, true_maps: float32 (M, h, w), raw maps for the predicted and the true class.
        regions: bool (M, H, W), true on the object; all false where its region is not known.
    """

    image_index: NDArray[np.uint32]
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    predicted_maps: NDArray[np.float32]
    true_maps: NDArray[np.float32]
    regions: NDArray[np.bool_]

    @property
    def predictions(self) -> NDArray[np.int64]:
        """The most probable classes, int64 (M,)."""
        return self.probabilities.argmax(1)


def gather_explained(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    logits: NDArray[np.float32],
    predicted: Maps,
    true: Maps,
    regions: tuple[NDArray[np.uint32], NDArray[np.bool_]] | None = None,
) -> Explained:
    """Put together the test images that have maps for both the predicted and the true class.

    Args:
        images: the whole test set, uint8 (N, H, W, 3); labels: uint8 (N,); logits: float32 (N, C).
        predicted, true: maps for these class choices, each of any part of the test set.
        regions: indices (R,) and masks bool (R, H, W) of the test images whose region is known.
    """
    index, in_predicted, in_true = np.intersect1d(
        predicted.image_index, true.image_index, return_indices=True
    )
    masks = np.zeros(images.shape[:3], bool)
    if regions is not None:
        masks[regions[0]] = regions[1]
    return Explained(
        index,
        images[index],
        labels[index],
        softmax(logits[index]),
        predicted.maps[in_predicted],
        true.maps[in_true],
        masks[index],
    )


def choose_examples(
    labels: NDArray[np.uint8], eligible: NDArray[np.bool_], count: int = 10, seed: int = 0
) -> NDArray[np.int64]:
    """Draw images at random, from as many classes as possible: nobody picks the pretty ones.

    Args:
        labels: uint8 (M,), the true classes.
        eligible: bool (M,), which images may be drawn.
        count: how many to draw; fewer if there are fewer.
        seed: of the draw, and of nothing else.

    Returns:
        Positions in ``labels``, in the order of their classes.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed, 0xF165]))
    drawn = generator.permutation(np.flatnonzero(eligible))
    classes = labels[drawn]
    # How many of its class come before it: first one of each class, then a second one, and so on.
    rounds = [(classes[:place] == classes[place]).sum() for place in range(len(drawn))]
    chosen = drawn[np.argsort(rounds, kind="stable")[:count]]
    return chosen[np.lexsort((chosen, labels[chosen]))]


def overlay(
    image: NDArray[np.uint8], raw_map: NDArray[np.float32], colormap: str, alpha: float
) -> NDArray[np.float64]:
    """Blend a map over an image: resize, stretch to 0..1, colour as RGB, mix once in float.

    Args:
        image: uint8 (H, W, 3), RGB, at the size at which it is shown.
        raw_map: float32 (h, w), resized bilinearly with half-pixel centres; a flat one counts as 0.
        colormap: one of matplotlib's.
        alpha: weight of the map's colours, 0 to 1.

    Returns:
        float64 (H, W, 3), RGB in 0..1.
    """
    heat = normalized(resize_bilinear(raw_map[None], *image.shape[:2]))[0]
    colors = matplotlib.colormaps[colormap](heat)[..., :3]
    return (1 - alpha) * (image / 255) + alpha * colors


def learning_curves(
    path: str | Path,
    history: History,
    selected_epoch: int,
    selected_on: str,
    published: History | None = None,
    published_on: str = "",
) -> None:
    """Draw loss, accuracy and learning rate against the epoch.

    Args:
        path: of the PNG file.
        history: rows of ``history.csv``.
        selected_epoch: the epoch whose weights became the model, marked by a line.
        selected_on: ``validation`` or ``test``, the set behind ``val_loss`` and ``val_accuracy``.
        published: rows of a published log to draw beside ours. Its losses include the L2 penalty,
            so ours are then drawn with it, and the axis says so. Its ``val`` is its test set.
        published_on: what its images were, to stand in the legend where they were not ours.
    """
    chooser = "test set (chooses the epoch)" if selected_on == "test" else "validation"
    with _figure(path, 3.5) as figure:
        panels = figure.subplots(1, 3, width_ratios=[3, 3, 2], sharex=True)
        if published:
            name = f"published ({published_on})" if published_on else "published"
            labels = (f"{name}: training", f"{name}: test set")
            _draw_history(panels, published, labels, (_GREY, _GREY), linewidth=1)
            history = [_with_penalty(row) for row in history]
        _draw_history(panels, history, ("training", chooser), (_BLUE, _ORANGE), linewidth=1.6)
        for axes in panels:
            axes.axvline(selected_epoch, color="black", lw=1, ls=":", label="selected epoch")
            axes.set_xlabel("epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.grid(axis="y", color="#e5e5e5", linewidth=0.6)
        panels[0].set_title("cross-entropy + L2 penalty" if published else "cross-entropy")
        panels[1].set_title("accuracy")
        panels[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        panels[2].set_title("learning rate at the epoch's end")
        if min(row["learning_rate"] for row in history) > 0:
            panels[2].set_yscale("log")
            panels[2].yaxis.set_major_formatter("{x:g}")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3)


def confusion_matrix(
    path: str | Path, counts: NDArray[np.int64], class_names: Sequence[str]
) -> None:
    """Draw who is taken for whom: shares of each true class, with counts and per-class recall.

    Args:
        path: of the PNG file.
        counts: int64 (C, C), images by (true class, predicted class).
        class_names: C names.
    """
    totals = counts.sum(1)
    shares = counts / np.maximum(totals, 1)[:, None]
    ticks = np.arange(len(counts))
    names = [_short(name) for name in class_names]
    recalls = [
        f"{share:.1%} of {n:,}" if n else "no images"
        for share, n in zip(shares.diagonal(), totals, strict=True)
    ]
    with _figure(path, 7.4) as figure:
        axes = figure.add_subplot()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(ticks, names, rotation=35, ha="right")
        axes.set_yticks(ticks, names)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
        axes.text(1.01, 1.01, "recall", transform=axes.transAxes, weight="bold")
        recall_axis = axes.secondary_yaxis("right")
        recall_axis.set_yticks(ticks, recalls)
        for one in (axes, recall_axis):
            one.tick_params(length=0)
            one.spines[:].set_visible(False)
        if len(counts) <= _MAX_ANNOTATED_CLASSES:
            _write_cells(axes, counts, shares)


def gradcam_examples(
    path: str | Path,
    explained: Explained,
    class_names: Sequence[str],
    *,
    correct: bool,
    count: int = 10,
    seed: int = 0,
    colormap: str = "inferno",
    alpha: float = 0.5,
) -> None:
    """Draw images, their maps and the most probable classes, for hits or for misses.

    Hits have one map, since the predicted class is the true one; misses have a map for each.

    Args:
        path: of the PNG file.
        explained: images to draw from.
        class_names: C names.
        correct: whether to draw correctly classified images or misclassified ones.
        count, seed: how many images, and the seed of the draw (``choose_examples``).
        colormap, alpha: of the overlays.
    """
    eligible = (explained.predictions == explained.labels) == correct
    chosen = choose_examples(explained.labels, eligible, count, seed)
    if not len(chosen):
        kind = "correctly classified" if correct else "misclassified"
        _draw_message(path, f"None of the {len(eligible):,} explained test images is {kind}.")
        return
    columns = ["image", "predicted = true class"] if correct else ["image", "predicted", "true"]
    rows = -(-len(chosen) // 2)
    height = rows * (1.6 if correct else 1.4) + 0.7
    with _figure(path, height, layout="none") as figure:
        grid = _example_grid(figure, rows, height)
        for place, position in enumerate(chosen):
            axes = _example_axes(figure, grid[place], columns, with_headings=place < 2)
            one = Explained(*(values[position : position + 1] for values in explained))
            _draw_example(axes, one, class_names, colormap, alpha)
        _draw_color_scale(figure, colormap, 0.13 / height, 0.1 / height)


def mean_image(path: str | Path, mean: NDArray[np.float32], images: int) -> None:
    """Draw the mean training image, as it is and with its contrast stretched.

    Args:
        path: of the PNG file.
        mean: float32 (H, W, 3), in units of pixel/255.
        images: how many images it is the mean of.
    """
    low, high = float(mean.min()), float(mean.max())
    stretched = (mean - low) / max(high - low, 1e-12)
    with _figure(path, 2.4) as figure:
        *panels, text = figure.subplots(1, 3, width_ratios=[1, 1, 1.3])
        panels[0].imshow(mean, interpolation="nearest")
        panels[0].set_title("as it is")
        panels[1].imshow(stretched, interpolation="nearest")
        panels[1].set_title(f"stretched from {low:.2f} to {high:.2f}")
        for axes in (*panels, text):
            axes.set_axis_off()
        explanation = (
            f"The mean of {images:,} training\nimages (1 is full brightness).\n\n"
            "The network sees the difference\nof an image from it."
        )
        text.text(0, 0.5, explanation, va="center", size=10)


@contextlib.contextmanager
def _figure(path: str | Path, height: float, layout: str = "constrained") -> Iterator[Figure]:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure((_WIDTH, height), layout=layout)
        yield figure
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata={"Software": None})


def _draw_history(
    panels: Sequence[Axes],
    history: History,
    labels: tuple[str, str],
    colors: tuple[str, str],
    linewidth: float,
) -> None:
    """Loss, accuracy and learning rate; solid on the training images, dashed on the others."""
    columns = {name: [row[name] for row in history] for name in history[0]}
    epochs = columns["epoch"]
    style = {"linewidth": linewidth, "marker": "o" if len(epochs) <= 20 else "", "markersize": 3}
    for axes, name in zip(panels, ("loss", "accuracy"), strict=False):
        axes.plot(epochs, columns[name], color=colors[0], label=labels[0], **style)
        axes.plot(epochs, columns[f"val_{name}"], "--", color=colors[1], label=labels[1], **style)
    panels[2].plot(epochs, columns["learning_rate"], color=colors[0], **style)


def _with_penalty(row: Mapping[str, float]) -> dict[str, float]:
    return {**row, **{name: row[name] + row["penalty"] for name in ("loss", "val_loss")}}


def _write_cells(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        on_dark = share > 0.65
        color = "white" if on_dark else "black" if count else "#999999"
        weight = "bold" if row == column else "normal"
        text = f"{share:.0%}\n{count:,}" if count else "0"
        axes.text(column, row, text, ha="center", va="center", color=color, weight=weight, size=8)


def _draw_message(path: str | Path, message: str) -> None:
    with _figure(path, 1.2) as figure:
        figure.text(0.5, 0.5, message, ha="center", va="center", size=12)


def _example_grid(figure: Figure, rows: int, height: float) -> GridSpec:
    """Two examples a row; 0.65 inches above are for headings, 0.35 below for the colour scale."""
    return figure.add_gridspec(
        rows,
        2,
        left=0.01,
        right=0.99,
        bottom=0.35 / height,
        top=1 - 0.65 / height,
        wspace=0.06,
        hspace=0.42,
    )


def _example_axes(
    figure: Figure, cell: SubplotSpec, columns: Sequence[str], with_headings: bool
) -> list[Axes]:
    """One axes for each column and a last one for the probabilities."""
    ratios = [1.0] * len(columns) + [1.25]
    axes = cell.subgridspec(1, len(ratios), width_ratios=ratios, wspace=0.06).subplots()
    for one, heading in zip(axes, [*columns, "most probable"], strict=True):
        one.set_axis_off()
        one.set_box_aspect(1)
        if with_headings:
            one.annotate(
                heading,
                (0.5, 1),
                (0, 26),
                xycoords="axes fraction",
                textcoords="offset points",
                ha="center",
                weight="bold",
                size=8.5,
            )
    axes[-1].set_box_aspect(1 / ratios[-1])
    return list(axes)


def _draw_example(
    axes: Sequence[Axes], one: Explained, class_names: Sequence[str], colormap: str, alpha: float
) -> None:
    picture, *overlays, bars = axes
    label, prediction = int(one.labels[0]), int(one.predictions[0])
    picture.imshow(one.images[0], interpolation="nearest")
    picture.set_title(f"test {one.image_index[0]}\n{_short(class_names[label])}", pad=3)
    maps = (one.predicted_maps[0], one.true_maps[0])
    for panel, raw_map, index in zip(overlays, maps, (prediction, label), strict=False):
        _draw_overlay(panel, one.images[0], raw_map, one.regions[0], colormap, alpha)
        peak = f"peak {raw_map.max():.3g}"
        panel.set_title(f"{_short(class_names[index])}\n{peak}", pad=3)
    _draw_probabilities(bars, one.probabilities[0], label, prediction, class_names)


def _draw_overlay(
    axes: Axes,
    image: NDArray[np.uint8],
    raw_map: NDArray[np.float32],
    region: NDArray[np.bool_],
    colormap: str,
    alpha: float,
) -> None:
    axes.imshow(overlay(_enlarged(image), raw_map, colormap, alpha))
    if region.any() and not region.all():
        for color, width in (("black", 2.0), ("white", 0.9)):
            axes.contour(_enlarged(region), [0.5], colors=color, linewidths=width)
    if raw_map.min() == raw_map.max():
        text = "flat map" if raw_map.any() else "no positive\nevidence"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        axes.text(
            0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", size=8, bbox=box
        )


def _draw_probabilities(
    axes: Axes,
    probabilities: NDArray[np.float32],
    label: int,
    prediction: int,
    class_names: Sequence[str],
) -> None:
    """Bars for the three most probable classes, and for the true one if it is not among them."""
    shown = list(np.argsort(-probabilities, kind="stable")[:3])
    shown += [] if label in shown else [label]
    for row, index in enumerate(shown):
        color = _GREEN if index == label else _ORANGE if index == prediction else _GREY
        axes.barh(row, 1, 0.86, color="#f2f2f2")
        axes.barh(row, probabilities[index], 0.86, color=color, alpha=0.4)
        mark = "✓ " if index == label else ""
        axes.text(0.03, row, mark + _short(class_names[index]), va="center", size=8)
        axes.text(0.97, row, f"{probabilities[index]:.0%}", va="center", ha="right", size=8)
    axes.set_xlim(0, 1)
    axes.set_ylim(3.5, -0.5)


def _draw_color_scale(figure: Figure, colormap: str, bottom: float, height: float) -> None:
    axes = figure.add_axes((0.4, bottom, 0.2, height))
    axes.imshow(np.linspace(0, 1, 256)[None], cmap=colormap, aspect="auto")
    axes.set_axis_off()
    for x, text, side in ((-0.03, "the map's lowest value", "right"), (1.03, "its peak", "left")):
        axes.text(x, 0.4, text, transform=axes.transAxes, ha=side, va="center", size=8)


def _enlarged(pixels: NDArray) -> NDArray:
    """Repeat rows and columns of (H, W, ...): nearest neighbour."""
    return pixels.repeat(_ENLARGEMENT, axis=0).repeat(_ENLARGEMENT, axis=1)


def _short(name: str, longest: int = 14) -> str:
    """A class name on one line that fits its place."""
    name = " ".join(name.split())
    return name if len(name) <= longest else name[: longest - 1] + "…"
