"""A trait without a value of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from marcelle_nb.parameter import Parameter

if TYPE_CHECKING:
    from marcelle_nb.stream import Stream


class StreamTrait(traitlets.TraitType[Any, Any]):
    """A synced trait that reads and writes a stream, so that both are one value.

    Parameters
    ----------
    stream : Stream
        The only storage. Where it is a `Parameter`, a page can write it.
    """

    def __init__(self, stream: Stream[Any]) -> None:
        super().__init__()
        self.stream = stream
        # the bridge answers a page's write itself, see ComponentWidget.set_state
        self.tag(sync=True, echo_update=False)

    def get(self, obj: Any, cls: Any = None) -> Any:  # noqa: ARG002 - traitlets' signature
        """Read the stream."""
        return self.stream.value

    def default(self, obj: Any = None) -> Any:  # noqa: ARG002 - traitlets' signature
        """Read the stream: there is no other default."""
        return self.stream.value

    def set(self, obj: Any, value: Any) -> None:  # noqa: ARG002 - traitlets' signature
        """Write the stream, unless it holds an equal value already.

        Raises
        ------
        traitlets.TraitError
            If the parameter refuses the value.
        """
        try:
            value = self.check(value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from error
        if value != self.stream.value:
            self.stream.set(value)

    def check(self, value: Any) -> Any:
        """Return the value as the stream would hold it; raises what the parameter's kind raises."""
        if isinstance(self.stream, Parameter):
            return self.stream.kind.check(self.stream.name, value)
        return value
