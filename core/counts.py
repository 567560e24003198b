"""Numbers with the thing they count, in the singular or the plural."""


def counted(number: int, word: str, ending: str = "s") -> str:
    """'1 row' or '1,640 rows'; ``ending`` makes the plural ("es" for a batch)."""
    return f"{number:,} {word}{'' if number == 1 else ending}"
