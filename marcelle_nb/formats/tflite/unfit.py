"""That shapes or values do not fit an operator."""


class Unfit(Exception):
    """Shapes or values do not fit the operator; the message says what was expected."""
