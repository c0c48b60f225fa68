"""Numbers as APA (7th edition) writes them in running text."""

import math


def p_value(p: float) -> str:
    """Write `p = .012` or `p < .001`."""
    if math.isnan(p):
        return "p not computable"
    return "p < .001" if p < 0.001 else f"p = {share(p)}"


def share(value: float) -> str:
    """Write a number that cannot exceed 1 without its leading zero, to three decimals."""
    if math.isnan(value):
        return "–"
    return minus(f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}")


def number(value: float, decimals: int = 2) -> str:
    """Write a number with a real minus sign."""
    return "–" if math.isnan(value) else minus(f"{value:.{decimals}f}")


def interval(low: float, high: float) -> str:
    """Write `95% CI [0.10, 0.45]`."""
    return f"95% CI [{number(low)}, {number(high)}]"


def f_test(df1: float, df2: float, f: float, p: float) -> str:
    """Write `F(2.37, 33.22) = 52.03, p < .001`; whole degrees of freedom without decimals."""
    return f"F({degrees(df1)}, {degrees(df2)}) = {number(f)}, {p_value(p)}"


def t_test(dof: float, t: float, p: float) -> str:
    """Write `t(14) = 2.31, p = .037`."""
    return f"t({degrees(dof)}) = {number(t)}, {p_value(p)}"


def degrees(value: float) -> str:
    """Write degrees of freedom."""
    return f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.2f}"


def minus(text: str) -> str:
    """Put a real minus sign, none before a zero."""
    if text.startswith("-") and not any(c in "123456789" for c in text):
        text = text[1:]
    return text.replace("-", "−")


def listed(words: list[str]) -> str:
    """Join words as English does: `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def counted(n: int, noun: str) -> str:
    """Write `1 participant`, `12 participants`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
