"""How far two colours stand out from each other."""

from PIL import ImageColor

Colour = str | tuple[int, ...]


def contrast(one: Colour, other: Colour) -> float:
    """The ratio of two colours' luminances as WCAG 2.2 defines it, 1 to 21; a name as CSS writes it, or RGB."""
    darker, lighter = sorted(_luminance(colour) + 0.05 for colour in (one, other))
    return lighter / darker


def _luminance(colour: Colour) -> float:
    levels = ImageColor.getrgb(colour) if isinstance(colour, str) else colour
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (level / 255 for level in levels)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
