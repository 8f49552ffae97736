"""Figures of a training and its accuracy, and the mean image."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from resnetcam.common.wording import counted
from resnetcam.report.colors import BLUE, FAINT, GREY, GRID, INK, ORANGE, SHADE
from resnetcam.report.figure_names import MOST_CLASSES_OF_A_MATRIX
from resnetcam.report.figures.canvas import drawing, fine_percent, short, whole_percent
from resnetcam.report.figures.shown_classes import most_mistaken

History = Sequence[Mapping[str, float]]


def learning_curves(
    path: str | Path,
    history: History,
    selected_epoch: int,
    selected_on: str,
    published: History | None = None,
    published_on: str = "",
    small_epochs: int = 0,
) -> None:
    """Draw loss, accuracy and learning rate against the epoch.

    Args:
        path: of the PNG file.
        history: rows of ``history.csv``.
        selected_epoch: the epoch whose weights became the model, marked by a line.
        selected_on: ``validation`` or ``test``, the set behind ``val_loss`` and ``val_accuracy``;
            ``nothing`` where the history has neither.
        published: rows of a published log to draw beside ours. Its losses include the L2 penalty,
            so ours are then drawn with it, and the axis says so. Its ``val`` is its test set.
        published_on: what its images were, to stand in the legend where they were not ours.
        small_epochs: how many of the first epochs trained on smaller images, which is shaded.
    """
    chooser = "test set (nothing held out)" if selected_on == "test" else "validation"
    kept = "last epoch, kept" if selected_on == "nothing" else "selected epoch"
    with drawing(path, 3.5) as figure:
        panels = figure.subplots(1, 3, width_ratios=[3, 3, 2], sharex=True)
        if published:
            name = f"published ({published_on})" if published_on else "published"
            labels = (f"{name}: training", f"{name}: test set")
            _draw_history(panels, published, labels, (GREY, GREY), linewidth=1)
            history = [_with_penalty(row) for row in history]
        _draw_history(panels, history, ("training", chooser), (BLUE, ORANGE), linewidth=1.6)
        for axes in panels:
            _mark_epochs(axes, selected_epoch, kept, small_epochs)
        panels[0].set_title("cross-entropy + L2 penalty" if published else "cross-entropy")
        panels[1].set_title("accuracy")
        panels[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        panels[2].set_title("learning rate at the epoch's end")
        if min(row["learning_rate"] for row in history) > 0:
            panels[2].set_yscale("log")
            panels[2].yaxis.set_major_formatter("{x:g}")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3)


def _mark_epochs(axes: Axes, selected_epoch: int, label: str, small_epochs: int) -> None:
    """Shade the first epochs, on smaller images, and mark the one whose weights were kept."""
    if small_epochs:
        end, label_of_shade = small_epochs + 0.5, "smaller training images"
        axes.axvspan(0.5, end, color=SHADE, zorder=0, label=label_of_shade)
    axes.axvline(selected_epoch, color=INK, lw=1, ls=":", label=label)
    axes.set_xlabel("epoch")
    axes.locator_params("x", integer=True)
    axes.grid(axis="y", color=GRID, linewidth=0.6)


def confusion_matrix(
    path: str | Path, counts: NDArray[np.int64], class_names: Sequence[str], selected_on: str
) -> None:
    """Draw who is taken for whom: shares of each true class, with counts and per-class recall.

    Mistakes have a scale of their own: beside a diagonal of 97 % they would all be white. Of more
    than 20 classes those are shown that take part in most mistakes.

    Args:
        path: of the PNG file.
        counts: int64 (C, C), images by (true class, predicted class).
        class_names: C names.
        selected_on: ``test`` if the epoch was chosen on these very images, which the figure says.
    """
    classes = most_mistaken(counts, MOST_CLASSES_OF_A_MATRIX)
    totals = counts.sum(1)[classes]
    title = f"{len(classes)} of {len(counts)} classes, those with most mistakes"
    titles = [title] * (len(classes) < len(counts))
    titles += ["test-selected: slightly optimistic"] * (selected_on == "test")
    counts = counts[np.ix_(classes, classes)]
    shares = counts / np.maximum(totals, 1)[:, None]
    ticks = np.arange(len(counts))
    names = [short(class_names[index]) for index in classes]
    recalls = [
        f"{share:.1%} of {n:,}" if n else "no images"
        for share, n in zip(shares.diagonal(), totals, strict=True)
    ]
    with drawing(path, 7.4) as figure:
        axes = figure.add_subplot()
        _draw_shares(axes, shares)
        axes.set_xticks(ticks, names, rotation=35, ha="right")
        axes.set_yticks(ticks, names)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
        axes.set_title("; ".join(titles), loc="left", pad=10)
        axes.text(1.01, 1.01, "recall", transform=axes.transAxes, weight="bold")
        recall_axis = axes.secondary_yaxis("right")
        recall_axis.set_yticks(ticks, recalls)
        for one in (axes, recall_axis):
            one.tick_params(length=0)
            one.spines[:].set_visible(False)
        _write_cells(axes, counts, shares)


def _draw_shares(axes: Axes, shares: NDArray[np.float64]) -> None:
    """Blue cells of what is right, from 0 to 1; orange ones of mistakes, from 0 to the largest."""
    right = np.eye(len(shares), dtype=bool)
    mistakes = np.ma.array(shares, mask=right | (shares == 0))
    axes.imshow(np.ma.array(shares, mask=~right), cmap="Blues", vmin=0, vmax=1.25, aspect="auto")
    if not mistakes.count():
        return
    most = mistakes.max()
    # Colours that black numbers can be read on.
    drawn = axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=1.5 * most, aspect="auto")
    bar = axes.figure.colorbar(drawn, ax=axes, orientation="horizontal", shrink=0.35, aspect=30)
    bar.ax.set_xlim(0, most)
    bar.ax.xaxis.set_major_formatter(fine_percent)
    bar.set_label("mistakes, as a share of the true class", size=8)
    bar.outline.set_visible(False)


def mean_image(path: str | Path, mean: NDArray[np.float32], images: int) -> None:
    """Draw the mean training image, as it is and with its contrast stretched.

    Args:
        path: of the PNG file.
        mean: float32 (H, W, C), in units of pixel/255; grey if C is 1.
        images: how many images it is the mean of.
    """
    mean = np.broadcast_to(mean, (*mean.shape[:2], 3))
    low, high = float(mean.min()), float(mean.max())
    stretched = (mean - low) / max(high - low, 1e-12)
    with drawing(path, 2.4) as figure:
        *panels, text = figure.subplots(1, 3, width_ratios=[1, 1, 1.3])
        panels[0].imshow(mean, interpolation="nearest")
        panels[0].set_title("unchanged")
        panels[1].imshow(stretched, interpolation="nearest")
        panels[1].set_title(f"stretched from {low:.2f} to {high:.2f}")
        for axes in (*panels, text):
            axes.set_axis_off()
        explanation = (
            f"The mean of {counted(images, 'training image')}\n(1 is full brightness).\n\n"
            "The network sees each image\nminus this mean."
        )
        text.text(0, 0.5, explanation, va="center", size=10)


def _draw_history(
    panels: Sequence[Axes],
    history: History,
    labels: tuple[str, str],
    colors: tuple[str, str],
    linewidth: float,
) -> None:
    """Loss, accuracy and learning rate; solid on the training images, dashed on others, if any."""
    columns = {name: [row[name] for row in history] for name in history[0]}
    epochs = columns["epoch"]
    style: dict[str, Any] = {
        "linewidth": linewidth,
        "marker": "o" if len(epochs) <= 20 else "",
        "markersize": 3,
    }
    for axes, name in zip(panels, ("loss", "accuracy"), strict=False):
        axes.plot(epochs, columns[name], color=colors[0], label=labels[0], **style)
        if (other := f"val_{name}") in columns:
            axes.plot(epochs, columns[other], "--", color=colors[1], label=labels[1], **style)
    panels[2].plot(epochs, columns["learning_rate"], color=colors[0], **style)


def _with_penalty(row: Mapping[str, float]) -> dict[str, float]:
    losses = [name for name in ("loss", "val_loss") if name in row]
    return {**row, **{name: row[name] + row["penalty"] for name in losses}}


def _write_cells(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        share, right = shares[row, column], row == column
        on_dark = right and share > 0.65
        color = "white" if on_dark else "black" if count else FAINT
        weight = "bold" if right else "normal"
        text = f"{whole_percent(float(share))}\n{count:,}" if count else "0"
        axes.text(column, row, text, ha="center", va="center", color=color, weight=weight, size=8)
