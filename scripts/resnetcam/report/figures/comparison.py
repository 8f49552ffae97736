"""All experiments of a dataset in one figure: what accuracy costs, or of one, how sure it is."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    MaxNLocator,
    NullLocator,
    PercentFormatter,
)

from resnetcam.common.wording import counted, tick_of_time
from resnetcam.data import protocols
from resnetcam.data.protocols import (
    FULL,
    TEST_SELECTED,
    chooses_nothing,
    holds_out,
    is_test_selected,
)
from resnetcam.evaluation.intervals import wilson_interval
from resnetcam.report.colors import BLUE, GREY, GRID, ORANGE, PAPER
from resnetcam.report.comparison import Row
from resnetcam.report.figures.canvas import distinct_colors, drawing, fine_percent, short

_MARKERS = "osD^vP*X"
Marker = str | tuple[int, int, int]
_LEGEND_COLUMNS = 4
_MOST_NAMED = 6  # all of them; of more, only the best for their training time
_TICKS = [s * unit for unit in (1, 60, 3600) for s in (1, 2, 5, 10, 20, 30)] + [180_000, 360_000]


def accuracy_against_cost(path: str | Path, rows: Sequence[Row]) -> None:
    """Draw test accuracy (mean, ± sample standard deviation between seeds) against training time.

    A grey line joins the best for their training time (``best_for_their_time``). Those selected on
    the test set are drawn hollow, those that trained on all images and chose nothing half filled.

    Args:
        path: of the PNG file.
        rows: of ``comparison.csv``.
    """
    recipes = list(dict.fromkeys(row["recipe"] for row in rows))
    models = list(dict.fromkeys(row["model"] for row in rows))
    colours = dict(zip(recipes, distinct_colors(len(recipes)), strict=True))
    markers = {name: _marker(number) for number, name in enumerate(models)}
    handles = _legend(colours, markers, rows)
    with drawing(path, 4.2 + 0.2 * -(-len(handles) // _LEGEND_COLUMNS)) as figure:
        axes = figure.add_subplot()
        for row in rows:
            _draw_point(axes, row, colours[row["recipe"]], markers[row["model"]])
        best = best_for_their_time(rows)
        axes.step(
            [row["training_seconds"] for row in best],
            [row["accuracy_mean"] for row in best],
            where="post",
            color=GREY,
            linewidth=1,
            zorder=0,
        )
        _style(axes, rows)
        figure.legend(handles=handles, loc="outside upper center", ncols=_LEGEND_COLUMNS)
        _name(axes, rows if len(rows) <= _MOST_NAMED else best)


def accuracy_of_one(
    path: str | Path,
    row: Row,
    seeds: Mapping[int, float],
    n: int,
    baselines: Mapping[str, float],
) -> None:
    """Draw one experiment: beside what is easy, and seed by seed on an axis of its own.

    Args:
        path: of the PNG file.
        row: of ``comparison.csv``.
        seeds: the test accuracy of each seed.
        n: the number of test images, for 95% Wilson intervals.
        baselines: test accuracies by what reaches them.
    """
    with drawing(path, 1.7 + 0.22 * max(len(seeds), len(baselines) + 1)) as figure:
        easy, close = figure.subplots(1, 2, width_ratios=[1, 1.3])
        chosen = protocols.label(row["protocol"])
        figure.suptitle(f"{row['experiment']}: test accuracy{chosen}", size=10, weight="bold")
        _draw_bars(easy, {**baselines, short(row["experiment"], 24): row["accuracy_mean"]})
        _draw_seeds(close, row, seeds, n)


def _draw_bars(axes: Axes, accuracies: Mapping[str, float]) -> None:
    """The last one is what the figure is about."""
    places = range(len(accuracies))
    colours = [GREY] * (len(accuracies) - 1) + [BLUE]
    axes.barh(places, list(accuracies.values()), color=colours, alpha=0.6, height=0.6)
    for place, accuracy in zip(places, accuracies.values(), strict=True):
        beside: dict[str, Any] = {"xytext": (3, 0), "textcoords": "offset points"}
        axes.annotate(f"{accuracy:.1%}", (accuracy, place), va="center", **beside)
    axes.set_yticks(places, list(accuracies))
    axes.tick_params(left=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.6, len(accuracies) - 0.4)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_title("beside the baselines", loc="left")


def _draw_seeds(axes: Axes, row: Row, seeds: Mapping[int, float], n: int) -> None:
    intervals = [wilson_interval(accuracy, n) for accuracy in seeds.values()]
    for place, (accuracy, (low, high)) in enumerate(zip(seeds.values(), intervals, strict=True)):
        spread = [[accuracy - low], [high - accuracy]]
        axes.errorbar(accuracy, place, xerr=spread, color=BLUE, marker="o", ms=5, lw=1, capsize=2)
        above: dict[str, Any] = {"xytext": (0, 5), "textcoords": "offset points"}
        written = f"{accuracy:.{2 if n >= 10_000 else 1}%}"
        axes.annotate(written, (accuracy, place), ha="center", size=8, **above)
    if row["accuracy_std"] is not None:
        mean, std = row["accuracy_mean"], row["accuracy_std"]
        axes.axvline(mean, color=ORANGE, linestyle="--", linewidth=1, label="mean")
        label = "± sample standard deviation between seeds"
        axes.axvspan(mean - std, mean + std, color=ORANGE, alpha=0.15, linewidth=0, label=label)
        axes.figure.legend(loc="outside lower right", ncols=2, fontsize=7.5)
    axes.set_yticks(range(len(seeds)), [f"seed {seed}" for seed in seeds])
    axes.set_ylim(len(seeds) - 0.4, -0.8)  # the first one on top
    _limit_to_shares(axes.set_xlim, *(end for interval in intervals for end in interval))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(fine_percent)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    title = f"enlarged, with 95% Wilson intervals over {counted(n, 'test image')}"
    axes.set_title(title, loc="left")


def _limit_to_shares(set_limits: Callable[[float, float], Any], *values: float) -> None:
    """Leave some room around the values, but none beyond 0 and 100 %, which no share can be."""
    low, high = min(values), max(values)
    room = max(0.12 * (high - low), 0.01)
    set_limits(max(low - room, -0.003), min(high + room, 1.003))


def best_for_their_time(rows: Sequence[Row]) -> list[Row]:
    """Return, by rising training time, the rows that are better than every cheaper one.

    Better on the validation images: the best of many by test accuracy would be lucky ones. Those
    chosen on the test set, or on nothing, are left out.
    """
    best: list[Row] = []
    rows = [row for row in rows if holds_out(row["protocol"])]
    for row in sorted(rows, key=lambda row: (row["training_seconds"], -row["val_accuracy_mean"])):
        if not best or row["val_accuracy_mean"] > best[-1]["val_accuracy_mean"]:
            best.append(row)
    return best


def _marker(number: int) -> Marker:
    """As many markers: after the plain ones stars of ever more points."""
    return _MARKERS[number] if number < len(_MARKERS) else (number - len(_MARKERS) + 5, 1, 0)


def _draw_point(axes: Axes, row: Row, colour: str, marker: Marker) -> None:
    axes.errorbar(
        row["training_seconds"],
        row["accuracy_mean"],
        yerr=row["accuracy_std"] or 0,
        color=colour,
        marker=marker,
        **_filling(row["protocol"], colour),
        markersize=6,
        elinewidth=1,
        capsize=2 if row["accuracy_std"] else 0,
    )


def _filling(protocol: str, colour: str) -> dict[str, Any]:
    if is_test_selected(protocol):
        return {"markerfacecolor": PAPER}
    if chooses_nothing(protocol):
        return {"markerfacecolor": colour, "markerfacecoloralt": PAPER, "fillstyle": "left"}
    return {"markerfacecolor": colour}


def _name(axes: Axes, rows: Sequence[Row]) -> None:
    """Number points, and say below which number is which experiment."""
    for number, row in enumerate(rows, start=1):
        place = (row["training_seconds"], row["accuracy_mean"])
        style: dict[str, Any] = {"textcoords": "offset points", "size": 8, "weight": "bold"}
        axes.annotate(str(number), place, xytext=(6, 5), **style)
    names = [
        Line2D([], [], ls="", label=f"{number}  {row['experiment']}: {_accuracy(row)}")
        for number, row in enumerate(rows, start=1)
    ]
    axes.figure.legend(
        handles=names, loc="outside lower center", ncols=2, fontsize=7.5, handlelength=0
    )


def _accuracy(row: Row) -> str:
    return f"{row['accuracy_mean']:.1%}{protocols.label(row['protocol'])}"


def _style(axes: Axes, rows: Sequence[Row]) -> None:
    devices = {row["device"] for row in rows}
    where = f"on {next(iter(devices))}" if len(devices) == 1 else "on different devices"
    axes.set_xlabel(f"training time of a run, {where}")
    axes.set_ylabel("test accuracy")
    axes.yaxis.set_major_formatter(fine_percent)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: tick_of_time(seconds)))
    axes.xaxis.set_minor_locator(NullLocator())
    shortest, *_, longest = sorted(row["training_seconds"] for row in [*rows, *rows])
    axes.set_xlim(shortest / 1.6, longest * 1.6)
    spreads = [(row["accuracy_mean"], row["accuracy_std"] or 0) for row in rows]
    _limit_to_shares(
        axes.set_ylim, *(mean + side * std for mean, std in spreads for side in (-1, 1))
    )
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def _legend(
    colours: Mapping[str, str], markers: Mapping[str, Marker], rows: Sequence[Row]
) -> list[Line2D]:
    def handle(label: str, **style: Any) -> Line2D:
        return Line2D([], [], **{"ls": "", "marker": "o", "color": GREY, "label": label, **style})

    handles = [handle(f"recipe {name}", color=colour) for name, colour in colours.items()]
    if len(markers) > 1:
        handles += [handle(f"model {name}", marker=marker) for name, marker in markers.items()]
    if any(is_test_selected(row["protocol"]) for row in rows):
        handles.append(handle("test-selected", **_filling(TEST_SELECTED, GREY)))
    if any(chooses_nothing(row["protocol"]) for row in rows):
        handles.append(handle("trained on all images, nothing chosen", **_filling(FULL, GREY)))
    if len(best_for_their_time(rows)) > 1:
        handles.append(handle("best for their training time", ls="-", marker=""))
    return handles
