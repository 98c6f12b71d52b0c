"""`NamedTuple` as `typing` has it, at a tenth of its cost at start-up.

`typing` costs as much to import as a bare interpreter to start, and it compiles each annotation that is a string, with
which the first use of the built-in `compile` builds all types of `ast`. Type checkers see `typing.NamedTuple`:

    TYPE_CHECKING = False
    if TYPE_CHECKING:
        from typing import NamedTuple
    else:
        from txsh.named import NamedTuple
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_make_class: Callable[..., Any] = namedtuple  # noqa: PYI024  # fields are known only here, at run time
_MADE_BY_NAMEDTUPLE = ("__annotations__", "__classcell__", "__module__", "__qualname__")


class _Meta(type):
    """Makes the named tuple when the class statement ends; no class of this metaclass stays behind but the base."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        if not bases:
            return super().__new__(cls, name, bases, namespace)
        fields = list(namespace.get("__annotations__", ()))
        defaults = [namespace.pop(field) for field in fields if field in namespace]
        made = _make_class(name, fields, defaults=defaults, module=namespace["__module__"])
        for key, value in namespace.items():
            if key not in _MADE_BY_NAMEDTUPLE:
                setattr(made, key, value)
        return made


class NamedTuple(metaclass=_Meta):
    """The base to name in a class statement; fields with a default come last, as in `typing`."""
