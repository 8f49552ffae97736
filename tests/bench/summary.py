"""What the turns amount to: a table, sentences, a CSV file and a picture."""

import csv
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contenders import FLOP_PER_IMAGE, Row, Settings

BASELINE = "published"
PUBLISHED_IMAGES = 50 * 50_000
ENGINES = ("engine-fast", "engine-jax")  # the first that ran stands for the engine
COMPARISONS = [
    ("engine-fast", "published"),
    ("engine-fast", "torch-eager"),
    ("engine-fast", "torch-compiled"),
    ("engine-jax", "published"),
    ("engine-jax", "torch-eager"),
    ("engine-jax", "torch-compiled"),
    ("engine-published", "published"),
    ("published-onednn", "published"),
]
AUGMENTED = [
    ("fast", "engine-fast", "engine-fast-plain"),
    ("published", "engine-published", "engine-published-plain"),
]


def report(rows: Sequence[Row], settings: Settings, hardware: str, directory: Path) -> None:
    """Print everything; write engine.csv and, of what trained, engine.png."""
    where = _where(rows, settings, hardware)
    measured = {row.contender.name: row for row in rows if row.rates}
    networks = [row for row in measured.values() if row.contender.is_network]
    print(f"{where}\n{_versions(rows)}\n")
    if networks:
        print("\n".join(_table([_figures(row, measured) for row in networks])))
    for line in [*_peaks(measured), *_sentences(measured), *_reasons(rows)]:
        print(line)
    directory.mkdir(exist_ok=True)
    written = [directory / "engine.csv"]
    _write_csv(written[0], [_figures(row, measured) for row in rows])
    if networks:
        written.append(directory / "engine.png")
        _draw(written[1], networks, measured, where)
    print("written: " + ", ".join(f"{path.parent.name}/{path.name}" for path in written))


def _figures(row: Row, measured: dict[str, Row]) -> dict[str, Any]:
    """All that is known about a contender, as numbers; what does not apply is left out."""
    figures: dict[str, Any] = {"contender": row.contender.label, "reason": row.reason}
    if not row.facts or not row.rates:
        return figures
    figures |= {"precision": row.facts.precision, "turns": len(row.rates)}
    figures |= {"spread": row.spread, "peak_memory_mb": row.peak_megabytes}
    if not row.contender.is_network:
        return figures | {"gflop_per_second": row.median / 1e9}
    figures |= {"batch": row.facts.batch, "images_per_second": row.median}
    flop_per_second = row.median * FLOP_PER_IMAGE * row.facts.pixels
    figures["gflop_per_second"] = flop_per_second / 1e9
    engine = next((name for name in ENGINES if name in measured), "")
    peak = f"matmul-{row.facts.precision}"
    if BASELINE in measured:
        figures["ratio_to_published"] = row.median / measured[BASELINE].median
    if engine:
        figures["ratio_to_engine"] = row.median / measured[engine].median
    if peak in measured:
        figures["share_of_peak"] = flop_per_second / measured[peak].median
    return figures


# Heading of the printed table, column of the file, how it is printed.
COLUMNS = [
    ("contender", "contender", "{}"),
    ("precision", "precision", "{}"),
    ("batch", "batch", "{}"),
    ("images/s", "images_per_second", "{:,.0f}"),
    ("spread", "spread", "±{:.0%}"),
    ("/ published", "ratio_to_published", "{:.2f}"),
    ("/ engine", "ratio_to_engine", "{:.2f}"),
    ("of peak", "share_of_peak", "{:.0%}"),
    ("peak MB", "peak_memory_mb", "{:,.0f}"),
]


def _table(figures: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The lines of a Markdown table, padded to be read as it is."""
    cells = [[heading for heading, _, _ in COLUMNS]]
    for row in figures:
        cells.append([form.format(row[key]) if key in row else "" for _, key, form in COLUMNS])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]])
    for first, *rest in cells:
        padded = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield f"| {' | '.join([first.ljust(widths[0]), *padded])} |"
    yield "images/s: median of the turns; spread: half their interquartile range; peak MB: largest"
    yield "resident memory of the process; of peak: of what a large matrix product reaches, at"
    yield f"{FLOP_PER_IMAGE / 1e6:.0f} million operations an image of 32 x 32 pixels."
    yield ""


def _peaks(measured: dict[str, Row]) -> Iterator[str]:
    for row in measured.values():
        if not row.contender.is_network:
            yield f"{row.contender.label}: {row.median / 1e9:,.0f} GFLOP/s, ±{row.spread:.0%}"


def _sentences(measured: dict[str, Row]) -> Iterator[str]:
    """The ratios that matter, each with its range over single turns."""
    for ours, theirs in COMPARISONS:
        for other in measured.values():
            if ours in measured and other.contender.kind == theirs:
                yield _compared(measured[ours], other)
    yield from _versions_compared(measured)
    yield from _whole_recipe(measured)
    for recipe, augmented, plain in AUGMENTED:
        if augmented in measured and plain in measured:
            share = 1 - measured[augmented].median / measured[plain].median
            spread = measured[augmented].spread + measured[plain].spread
            noise = ", which the spread hides" if share < spread else ""
            yield f"augmentation takes {share:.1%} of a step of recipe {recipe}{noise}"


def _compared(one: Row, other: Row) -> str:
    ratios = [a / b for a, b in zip(one.rates, other.rates, strict=False)]
    return (
        f"{one.contender.label}: {one.median / other.median:.2f} times as fast as "
        f"{other.contender.label} ({min(ratios):.2f} to {max(ratios):.2f} in single turns)"
    )


def _versions_compared(measured: dict[str, Row]) -> Iterator[str]:
    """The first version of a contender against its others."""
    first: dict[str, Row] = {}
    for row in measured.values():
        if (one := first.setdefault(row.contender.kind, row)) is not row:
            yield _compared(one, row)


def _whole_recipe(measured: dict[str, Row]) -> Iterator[str]:
    """How long a training of recipe fast takes, and the published one at its own speed."""
    row = measured.get("engine-fast-epochs")
    if not row or not row.facts:
        return
    minutes = row.facts.images / row.median / 60
    told = f"recipe fast trains on {row.facts.images:,} images of all its sizes: {minutes:.1f} min"
    if BASELINE in measured:
        published = PUBLISHED_IMAGES / measured[BASELINE].median / 60
        told += f"; the published run on {PUBLISHED_IMAGES:,}, as published: {published:.0f} min, "
        told += f"{published / minutes:.1f} times as long"
    yield told


def _reasons(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row.reason:
            turns = f" after {len(row.rates)} turns" if row.rates else ""
            yield f"skipped{turns}: {row.contender.label}: {row.reason}"


def _where(rows: Sequence[Row], settings: Settings, hardware: str) -> str:
    if settings.device == "gpu":
        names = {row.facts.device_name for row in rows if row.facts} - {""}
        hardware = ", ".join([*sorted(names), hardware])
    return f"{hardware}, {settings.threads} thread{'s' * (settings.threads > 1)}"


def _versions(rows: Sequence[Row]) -> str:
    used = [item for row in rows if row.facts for item in row.facts.libraries.items()]
    told = [f"{library} {version}" for library, version in dict.fromkeys(used)]
    return ", ".join([f"Python {platform.python_version()}", *told])


def _write_csv(path: Path, figures: Sequence[dict[str, Any]]) -> None:
    names = [name for _, name, _ in COLUMNS] + ["gflop_per_second", "turns", "reason"]
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for row in figures:
            rounded = {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()}
            writer.writerow(rounded)


def _draw(path: Path, rows: Sequence[Row], measured: dict[str, Row], where: str) -> None:
    """Horizontal bars of the medians, with quartiles; the engine's in a colour of their own."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    below = [row.median - row.quartiles[0] for row in rows]
    above = [row.quartiles[1] - row.median for row in rows]
    figure, axes = pyplot.subplots(figsize=(10, 1.2 + 0.42 * len(rows)), layout="constrained")
    axes.barh(
        [_bar_label(row) for row in rows],
        [row.median for row in rows],
        xerr=[below, above],
        color=["tab:orange" if row.contender.module == "engine" else "0.75" for row in rows],
        error_kw={"ecolor": "0.25", "capsize": 2},
    )
    for position, row in enumerate(rows):
        ratio = _figures(row, measured).get("ratio_to_published")
        text = f"{row.median:,.0f}" + (f"  ({ratio:.2f}×)" if ratio else "")
        end = (row.quartiles[1], position)
        axes.annotate(text, end, (6, 0), textcoords="offset points", va="center")
    axes.invert_yaxis()
    axes.set_xlim(0, 1.25 * max(row.quartiles[1] for row in rows))
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("images a second: median and quartiles (× published approach)")
    axes.set_title(f"Training ResNet20 on {where}", fontsize=11)
    figure.savefig(path, dpi=150)


def _bar_label(row: Row) -> str:
    """The contender and its batch size; float32 goes without saying."""
    if not row.facts:
        return row.contender.label
    unusual = f", {row.facts.precision}" if row.facts.precision != "float32" else ""
    return f"{row.contender.label}, batch {row.facts.batch}{unusual}"
