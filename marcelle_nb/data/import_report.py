"""What came of reading files into a dataset."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, repr=False)
class ImportReport:
    """What was read, and what could not be.

    Attributes
    ----------
    ids : list of str
        The ids of the new instances, in the order of the files.
    broken : dict of str to str
        What was left out, and why.
    """

    ids: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        n, n_broken = len(self.ids), len(self.broken)
        text = f"{n:,} instance{'s' * (n != 1)} read"
        if n_broken:
            text += f", {n_broken:,} file{'s' * (n_broken != 1)} not:"
        lines = [f"\n  {name}: {reason}" for name, reason in list(self.broken.items())[:20]]
        rest = f"\n  … and {n_broken - 20:,} more" if n_broken > 20 else ""
        return f"<{type(self).__name__} {text}{''.join(lines)}{rest}>"
