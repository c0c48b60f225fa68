"""The figures' typeface: the letters of DejaVu Sans that figures need, without its layout tables.

Every PDF embeds the letters it uses, and to find them matplotlib reads the whole font: with DejaVu Sans itself that is
a third of the time of a report. Letters that are not here (Chinese, say) come from the fonts that follow it in the
list. `python -m analysis.figure_font` makes the file anew from matplotlib's own.
"""

from functools import cache
from pathlib import Path

import matplotlib
from matplotlib import font_manager

FONT = Path(__file__).with_name("figure_font.ttf")
FAMILY = "DejaVu Sans Figures"
LETTERS = ("0020-007E", "00A0-017F", "02C6-02DD", "0384-03CE", "0400-045F", "2010-2026", "2030-203A", "2070-209C",
           "20AC", "2122", "2190-2193", "2202-221E", "2248-2265", "25A0-25CF")  # fmt: skip
_FAMILY_RECORDS = {1: FAMILY, 3: FAMILY, 4: FAMILY, 6: FAMILY.replace(" ", ""), 16: FAMILY}


@cache
def families() -> list[str]:
    """Make the typeface known to matplotlib and give the families to write figures in, the first one first."""
    font_manager.fontManager.addfont(FONT)
    return [FAMILY, "DejaVu Sans"]


def make(path: Path) -> None:
    """Cut the letters out of matplotlib's DejaVu Sans; copyright and licence stay in the font, as it asks."""
    from fontTools import subset

    options = subset.Options(layout_features=[], hinting=False, legacy_kern=True, name_IDs=["*"])
    options.drop_tables += ["FFTM", "MATH", "GPOS", "GSUB", "GDEF"]
    font = subset.load_font(str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(",".join(LETTERS)))
    subsetter.subset(font)
    for record in font["name"].names:
        record.string = _FAMILY_RECORDS.get(record.nameID, record.toUnicode())
    subset.save_font(font, str(path), options)


if __name__ == "__main__":
    make(FONT)
