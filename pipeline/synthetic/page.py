"""Writes the documentation page of the synthetic borough: how it works, its table, its pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.synthetic import analysis, targets
from pipeline.synthetic.hazards import LONELINESS_BANDS
from pipeline.synthetic.options import DATA
from pipeline.synthetic.reading import Borough, Report, Row

FACT, TARGET = "#005eb8", "#768692"
PICTURES = "synthetic-borough"


def write_page(report: Report, folder: Path, docs: Path) -> Path:
    """Write `synthetic-borough.md` and its pictures under `docs`; returns the page."""
    pictures = docs / PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    b = Borough(folder)
    _draw(report, b, pictures)
    text = (DATA / "page.md").read_text(encoding="utf-8")
    filled = text.replace("{people}", f"{b.options.people:,}".replace(",", " ")).replace("{seed}", str(b.options.seed))
    filled = filled.replace("{within}", f"{report.within} of {len(report.rows)}").replace("{table}", report.table())
    page = docs / "synthetic-borough.md"
    page.write_text(filled, encoding="utf-8")
    return page


def _draw(report: Report, b: Borough, pictures: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    _registers(report, pictures)
    _emergencies(report, pictures)
    _areas(b, pictures)
    _months(b, pictures)
    _risk(b, pictures)
    _lonely(report, pictures)


def _figure(title: str) -> tuple[Any, Any]:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    from matplotlib import pyplot as plt

    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def _registers(report: Report, pictures: Path) -> None:
    rows = [row for row in report.rows if row.measure == "register"]
    figure, axes = _figure("Disease registers, % of the eligible list")
    place = np.arange(len(rows))
    axes.barh(place - 0.2, [row.target for row in rows], 0.4, color=TARGET, label="published")
    axes.barh(place + 0.2, [row.achieved for row in rows], 0.4, color=FACT, label="synthetic")
    axes.set_yticks(place, [row.group for row in rows], fontsize=7)
    axes.invert_yaxis()
    axes.legend(frameon=False)
    _save(figure, pictures / "registers.png")


def _emergencies(report: Report, pictures: Path) -> None:
    from matplotlib import pyplot as plt

    rows = [row for row in report.rows if row.measure == "emergency admissions"]
    bands = len(targets.EMERGENCY_EDGES) - 1
    # one panel each, because the lines of the four younger bands overlap
    figure, panels = plt.subplots(1, bands, figsize=(9.5, 3.4), layout="constrained")
    figure.suptitle(
        "Emergency admissions per 1,000 a year, by age and deprivation fifth (1 = most deprived)", x=0.01, ha="left"
    )
    for band, axes in enumerate(panels):
        five: list[Row] = rows[5 * band : 5 * band + 5]
        axes.plot(range(1, 6), [row.target for row in five], "--", color=TARGET, label="published")
        axes.plot(range(1, 6), [row.achieved for row in five], "-o", color=FACT, label="synthetic")
        axes.set_title(five[0].group.split(",")[0], loc="left", fontsize=10)
        axes.set_xticks(range(1, 6))
        axes.set_ylim(0, 1.1 * max(row.high for row in five))
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False, fontsize=8, loc="lower left")
    _save(figure, pictures / "emergency-admissions.png")


def _areas(b: Borough, pictures: Path) -> None:
    ratios = analysis.area_ratios(b)
    figure, axes = _figure("Emergency admission ratio of each LSOA against its deprivation")
    scale = ratios["emergency_ratio"].mean()
    axes.scatter(
        ratios["imd_score"], 100 * ratios["emergency_ratio"] / scale, s=10, color=TARGET, label="real (IoD 2025)"
    )
    axes.scatter(ratios["imd_score"], ratios["ratio"], s=10, color=FACT, label="synthetic")
    axes.set_xlabel("IMD score")
    axes.set_ylabel("borough = 100")
    axes.legend(frameon=False)
    _save(figure, pictures / "areas.png")


def _months(b: Borough, pictures: Path) -> None:
    months = b.emergencies.group_by(month=pl.col("day").dt.truncate("1mo")).len("n").sort("month")
    figure, axes = _figure("Emergency admissions a month")
    axes.plot(months["month"], months["n"], color=FACT)
    axes.set_ylim(0)
    _save(figure, pictures / "months.png")


def _risk(b: Borough, pictures: Path) -> None:
    people = analysis.test_people(b).sort("risk")
    groups = people.with_columns(group=pl.int_range(pl.len()) * 20 // pl.len()).group_by("group", maintain_order=True)
    points = groups.agg(pl.col("risk").mean(), event=(pl.col("admissions") > 0).mean())
    figure, axes = _figure("The true risk against what happened, twentieths of adults")
    axes.plot([0, 0.6], [0, 0.6], "--", color=TARGET)
    axes.plot(points["risk"], points["event"], "o", color=FACT)
    axes.set_xlabel("mean true risk of an unplanned admission in 12 months")
    axes.set_ylabel("share admitted")
    _save(figure, pictures / "risk.png")


def _lonely(report: Report, pictures: Path) -> None:
    rows = [row for row in report.rows if row.group.startswith("often lonely")]
    figure, axes = _figure("Often or always lonely, % by age")
    place = np.arange(len(LONELINESS_BANDS))
    axes.bar(place - 0.2, [row.target for row in rows], 0.4, color=TARGET, label="Community Life Survey")
    axes.bar(place + 0.2, [row.achieved for row in rows], 0.4, color=FACT, label="synthetic")
    axes.set_xticks(place, [row.group.removeprefix("often lonely, ") for row in rows])
    axes.legend(frameon=False)
    _save(figure, pictures / "loneliness.png")
