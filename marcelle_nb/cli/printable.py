"""Text from a file, for a terminal, which takes some characters as orders."""


def printable(text: str) -> str:
    """Write out what a terminal would obey or not show; line breaks stay."""
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )
