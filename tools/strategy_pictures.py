#!/usr/bin/env python3
"""Draws docs/pictures/strategy_*.svg from the tables of docs/strategies.md (needs matplotlib).

One picture per section that names one: range and close of each day with the forecast of high and
low beside it, the side of the strategy as an arrow, and what each day earned.
"""
import pathlib
import re

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "tradewind"
matplotlib.rcParams["svg.fonttype"] = "none"
from matplotlib import pyplot as plot  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "strategies.md"
RANGE, CLOSE, FORECAST, GAIN, LOSS = "#8a8f98", "#1f2329", "#3b7dd8", "#2e9e5b", "#cf4444"


def table_of(text):
    """The first table: row name -> cells as numbers (the header's as text)."""
    rows = {}
    for line in re.findall(r"^\| (.*) \|$", text, re.MULTILINE):
        name, *cells = [cell.strip() for cell in line.split("|")]
        if name == "day":
            if rows:
                break
            rows[name] = cells
        elif name != "---":
            rows[name] = [float(cell) for cell in cells]
    return rows


def draw(days, rows, file):
    figure, (bars, gains) = plot.subplots(2, 1, figsize=(7.2, 4.0), sharex=True,
                                          gridspec_kw={"height_ratios": [3, 1.3]})
    for i, _ in enumerate(days["day"]):
        low, high, close = days["low %"][i], days["high %"][i], days["close %"][i]
        bars.plot([i, i], [low, high], color=RANGE, linewidth=6, solid_capstyle="butt")
        bars.plot([i - 0.12, i + 0.12], [close, close], color=CLOSE, linewidth=2)
        low, high = days["forecast low %"][i], days["forecast high %"][i]
        bars.plot([i + 0.27, i + 0.22, i + 0.22, i + 0.27], [low, low, high, high],
                  color=FORECAST, linewidth=1.2)
        side = rows.get("side", [0] * len(days["day"]))[i]
        if side:
            bars.annotate("", xy=(i - 0.25, 1.6 * side), xytext=(i - 0.25, -1.6 * side),
                          arrowprops={"arrowstyle": "-|>", "color": GAIN if side > 0 else LOSS})
    bars.axhline(0, color=RANGE, linewidth=0.6)
    bars.set_ylabel("% of last close")
    earned = rows.get("return %") or rows["with offsets %"]
    gains.bar(range(len(earned)), earned, width=0.5,
              color=[GAIN if value >= 0 else LOSS for value in earned])
    gains.axhline(0, color=RANGE, linewidth=0.6)
    gains.set_ylabel("earned %")
    gains.set_xticks(range(len(days["day"])), days["day"])
    for axes in (bars, gains):
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    plot.close(figure)


def main():
    _, *sections = re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)
    days = table_of(next(text for text in sections if text.startswith("The days")))
    for section in sections:
        picture = re.search(r"\((pictures/[^)]+\.svg)\)", section)
        if picture:
            file = DOCUMENT.parent / picture[1]
            file.parent.mkdir(exist_ok=True)
            draw(days, table_of(section), file)


if __name__ == "__main__":
    main()
