"""Texts that no spreadsheet takes for a formula.

A cell is a formula where it begins with one of four signs. It begins anew where a program splits it: Excel at every
semicolon where the decimal sign is a comma, LibreOffice at whatever was ticked last, all of them at line breaks. On the
way a program may drop a byte-order mark, blanks and quotes, and take full-width and other forms of a sign for the sign
itself. Before all such signs stands an apostrophe; `analysis.data.reading` takes it away again.
"""

import re

SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−⁼⁺⁻₌₊₋"
SEPARATORS = ";,|\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
DROPPED = (
    " \xa0\u1680\u2000-\u200f\u202a-\u202f\u205f-\u2064\u3000\ufeff\xad\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\"'"
)
_FORMULA = re.compile(f"(^|[{SEPARATORS}])(?=[{DROPPED}]*[{SIGNS}])")


def escaped(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would begin a formula.

    Examples
    --------
    >>> escaped("=1+1"), escaped("fine;=1+1"), escaped("3 - 2")
    ("'=1+1", "fine;'=1+1", '3 - 2')
    """
    return _FORMULA.sub(r"\1'", text)
