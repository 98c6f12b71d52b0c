"""The cheap `NamedTuple` behaves as that of `typing`."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple

import pytest

from txsh.syntax.source import Source, Span
from txsh.syntax.tree import Part


class Point(NamedTuple):
    """A place on paper."""

    x: int
    y: int = 7

    @property
    def total(self) -> int:
        return self.x + self.y

    @classmethod
    def origin(cls) -> Point:
        return cls(0, 0)


class Nothing(NamedTuple):
    """A value without fields."""


def test_fields_stand_in_order_and_the_last_may_have_defaults() -> None:
    assert Point._fields == ("x", "y")
    assert Point(1) == (1, 7)
    assert Point(y=2, x=1)._replace(x=3) == Point(3, 2)
    assert repr(Point(1)) == "Point(x=1, y=7)"


def test_a_field_without_a_default_must_be_given() -> None:
    with pytest.raises(TypeError, match="x"):
        Point()  # type: ignore[call-arg]  # the point of the test


def test_a_value_may_have_no_fields() -> None:
    assert Nothing() == ()
    assert repr(Nothing()) == "Nothing()"


def test_properties_methods_and_the_docstring_stay() -> None:
    assert Point(1).total == 8
    assert Point.origin() == (0, 0)
    assert Point.__doc__ == "A place on paper."
    assert (Point.__module__, Point.__qualname__) == (__name__, "Point")


def test_values_can_be_copied_and_pickled() -> None:
    part = Part("a", False, Span(Source("", "a"), 0, 1))  # positional as the parser makes it

    assert copy.copy(part) == part
    assert pickle.loads(pickle.dumps(part)).text == "a"


def test_an_attribute_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        Point(1).x = 2  # type: ignore[misc]  # the point of the test
