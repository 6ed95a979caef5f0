"""Strings of bits."""

from __future__ import annotations

from typing import Any, Self, SupportsIndex


class BitString(str):
    """A text of zeros and ones: what a BIT column holds.

    Besides being a ``str`` it has the operators ``& | ^ ~ << >>``, as the server has them::

        BitString("1010") & BitString("0110")  # BitString('0010')
        BitString.from_int(5, length=8)  # BitString('00000101')
    """

    __slots__ = ()

    def __new__(cls, value: str = "") -> Self:
        """Return *value*; ValueError is raised for other characters than 0 and 1."""
        if value.strip("01"):
            raise ValueError(f"a string of bits has zeros and ones alone; got {str(value)!r}")
        return super().__new__(cls, value)

    @classmethod
    def from_int(cls, value: int, length: int) -> Self:
        """Return the number *value* as *length* bits."""
        if value < 0 or value >= 1 << length:
            raise ValueError(f"{value} does not fit {length} bits")
        return cls(f"{value:0{length}b}" if length else "")

    @classmethod
    def from_bytes(cls, value: bytes, length: int = -1) -> Self:
        """Return *value* as bits, the first byte first; *length* cuts, or fills with zeros."""
        bits = "".join(f"{byte:08b}" for byte in value)
        return cls(bits if length < 0 else bits[:length].ljust(length, "0"))

    def get_bit(self, index: SupportsIndex) -> int:
        """Return the bit at *index*, counted from the left."""
        return int(str.__getitem__(self, index))

    def set_bit(self, index: SupportsIndex, value: bool | int) -> Self:
        """Return a copy with the bit at *index* set to *value*."""
        bits = list(str(self))
        bits[index] = "1" if value else "0"
        return type(self)("".join(bits))

    def has_bit(self, value: bool | int = 1) -> bool:
        """Tell whether any bit is *value*."""
        return ("1" if value else "0") in str(self)

    def bit_length(self) -> int:
        """Return the number of bits."""
        return len(self)

    def octet_length(self) -> int:
        """Return the number of bytes that hold the bits."""
        return (len(self) + 7) // 8

    def to_bytes(self) -> bytes:
        """Return the bits as bytes, the last one filled with zeros at its right."""
        size = self.octet_length()
        return int(str(self).ljust(size * 8, "0") or "0", 2).to_bytes(size, "big")

    def __bytes__(self) -> bytes:
        return self.to_bytes()

    def __int__(self) -> int:
        return int(str(self), 2) if self else 0

    def __str__(self) -> str:
        return str.__str__(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        found = str.__getitem__(self, key)
        return type(self)(found)

    def __add__(self, other: str) -> Self:
        return type(self)(str.__add__(self, other))

    def __radd__(self, other: str) -> Self:
        return type(self)(str.__add__(other, self))

    def __invert__(self) -> Self:
        return type(self)(str(self).translate(_INVERTED))

    def __lshift__(self, count: int) -> Self:
        return type(self)(str(self)[count:].ljust(len(self), "0"))

    def __rshift__(self, count: int) -> Self:
        kept = str(self)[: max(len(self) - count, 0)]
        return type(self)(kept.rjust(len(self), "0"))

    def _with(self, other: object, name: str) -> Any:
        if not isinstance(other, str):
            return NotImplemented
        if len(other) != len(self):
            raise ValueError("strings of bits of different lengths do not go together")
        if not self:
            return self
        value = getattr(int(self), name)(int(other, 2))
        return type(self).from_int(value, len(self))

    def __and__(self, other: str) -> Self:
        made: Self = self._with(other, "__and__")
        return made

    def __or__(self, other: str) -> Self:
        made: Self = self._with(other, "__or__")
        return made

    def __xor__(self, other: str) -> Self:
        made: Self = self._with(other, "__xor__")
        return made

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__


_INVERTED = str.maketrans("01", "10")
