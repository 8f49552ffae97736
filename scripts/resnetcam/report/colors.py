"""The colours of figures, and what each becomes on a dark page (known without matplotlib).

Colours of data are Okabe and Ito's, which colour-blind readers can tell apart.
"""

INK, GREY, FAINT, LINE, GRID, SHADE = (
    "#1F2328", "#666666", "#767676", "#BBBBBB", "#E5E5E5", "#F2F2F2",
)  # fmt: skip
PAPER = "#FEFEFE"  # what looks like a hole; true white stays white on a dark page
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
YELLOW, PINK, SKY = "#E69F00", "#CC79A7", "#56B4E9"

ON_DARK = {
    INK: "#E6EDF3",
    GREY: "#A3ABB5",
    FAINT: "#8B949E",
    LINE: "#59626C",
    GRID: "#2F353D",
    SHADE: "#22272E",
    PAPER: "#0D1117",
    BLUE: "#58A6E8",
    ORANGE: "#F5853F",
    GREEN: "#35C295",
    YELLOW: "#EBB040",
    PINK: "#DC9CC0",
    SKY: "#86CBF2",
}
