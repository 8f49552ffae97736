"""What accuracy costs: all experiments of a dataset in one figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from resnetcam.comparison import Row
from resnetcam.figures.canvas import BLUE, GREEN, GREY, ORANGE, PINK, SKY, YELLOW, drawing

_COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, YELLOW, "#000000", GREY)
_MARKERS = "osD^vP*X"
_MOST_NAMED = 6  # all of them; of more, only the best for their time
_TICKS = [s * unit for unit in (1, 60, 3600) for s in (1, 2, 5, 10, 20, 30)] + [180_000, 360_000]


def accuracy_against_cost(path: str | Path, rows: Sequence[Row]) -> None:
    """Draw test accuracy (mean, ± sample standard deviation between seeds) against training time.

    A grey line joins the best for their time (``best_for_their_time``). Those chosen on the test
    set are drawn hollow.

    Args:
        path: of the PNG file.
        rows: of ``comparison.csv``.
    """
    recipes = list(dict.fromkeys(row["recipe"] for row in rows))
    models = list(dict.fromkeys(row["model"] for row in rows))
    with drawing(path, 4.4) as figure:
        axes = figure.add_subplot()
        for row in rows:
            colour = _COLOURS[recipes.index(row["recipe"]) % len(_COLOURS)]
            marker = _MARKERS[models.index(row["model"]) % len(_MARKERS)]
            _draw_point(axes, row, colour, marker)
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
        handles = _legend(recipes, models, rows)
        figure.legend(handles=handles, loc="outside upper center", ncols=4)
        _name(axes, rows if len(rows) <= _MOST_NAMED else best)


def best_for_their_time(rows: Sequence[Row]) -> list[Row]:
    """Return, by rising training time, the rows that are better than every cheaper one.

    Better on the validation images: the best of many by test accuracy would be lucky ones. Those
    chosen on the test set are left out.
    """
    best: list[Row] = []
    honest = [row for row in rows if row["protocol"] == "holdout"]
    for row in sorted(honest, key=lambda row: (row["training_seconds"], -row["val_accuracy_mean"])):
        if not best or row["val_accuracy_mean"] > best[-1]["val_accuracy_mean"]:
            best.append(row)
    return best


def _draw_point(axes: Axes, row: Row, colour: str, marker: str) -> None:
    axes.errorbar(
        row["training_seconds"],
        row["accuracy_mean"],
        yerr=row["accuracy_std"] or 0,
        color=colour,
        marker=marker,
        markerfacecolor="white" if row["protocol"] == "test_selected" else colour,
        markersize=6,
        elinewidth=1,
        capsize=2 if row["accuracy_std"] else 0,
    )


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
    label = " (test-selected)" if row["protocol"] == "test_selected" else ""
    return f"{row['accuracy_mean']:.1%}{label}"


def _style(axes: Axes, rows: Sequence[Row]) -> None:
    devices = {row["device"] for row in rows}
    where = f"on {next(iter(devices))}" if len(devices) == 1 else "on different devices"
    axes.set_xlabel(f"training time of a run, {where}")
    axes.set_ylabel("test accuracy")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: _duration(seconds)))
    axes.xaxis.set_minor_locator(NullLocator())
    shortest, *_, longest = sorted(row["training_seconds"] for row in [*rows, *rows])
    axes.set_xlim(shortest / 1.6, longest * 1.6)
    axes.margins(y=0.12)
    axes.grid(color="#e5e5e5", linewidth=0.6)
    axes.set_axisbelow(True)


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def _legend(recipes: Sequence[str], models: Sequence[str], rows: Sequence[Row]) -> list[Line2D]:
    def handle(label: str, **style: Any) -> Line2D:
        return Line2D([], [], **{"ls": "", "marker": "o", "color": GREY, "label": label, **style})

    handles = [
        handle(f"recipe {name}", color=_COLOURS[number % len(_COLOURS)])
        for number, name in enumerate(recipes)
    ]
    if len(models) > 1:
        handles += [
            handle(f"model {name}", marker=_MARKERS[number % len(_MARKERS)])
            for number, name in enumerate(models)
        ]
    if any(row["protocol"] == "test_selected" for row in rows):
        handles.append(handle("test-selected", markerfacecolor="white"))
    if len(best_for_their_time(rows)) > 1:
        handles.append(handle("best for their time", ls="-", marker=""))
    return handles
