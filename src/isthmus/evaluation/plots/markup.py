"""Elements of HTML and SVG as text; whatever comes from outside passes `escaped`."""

import math
from html import escape

__all__ = ["colour_class", "element", "escaped", "number", "ticks"]


def escaped(text: object) -> str:
    """`text` as characters, never as markup; control characters, which no page may hold, become spaces."""
    return escape("".join(sign if sign.isprintable() else " " for sign in str(text)))


def element(tag: str, *children: str, **attributes: object) -> str:
    """`<tag attributes>children</tag>`; `class_` is class, other underscores are hyphens.

    Children are markup already; attributes are escaped here. Floats are written with two decimals.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-") if name != "viewBox" else name}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if not children and tag in _EMPTY:
        return f"<{tag}{written}/>"
    return f"<{tag}{written}>{''.join(children)}</{tag}>"


_EMPTY = {"circle", "line", "path", "rect", "polyline", "br", "input"}
_COLOURS = 10


def colour_class(place: int) -> str:
    """The class of the page that draws in the colour of this place; ten colours, then anew."""
    return f"c{place % _COLOURS}"


def number(value: float, digits: int = 4) -> str:
    """A figure as it stands in tables; a dash where there is none."""
    return "–" if math.isnan(value) else "∞" if math.isinf(value) else f"{value:.{digits}f}".replace("-", "−")


def ticks(top: float) -> list[float]:
    """Round values from 0 to at least `top`, four to six of them."""
    if not top > 0:
        return [0.0, 1.0]
    raw = top / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    return [step * place for place in range(math.ceil(top / step - 1e-9) + 1)]


def _value(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else escape(str(value))
