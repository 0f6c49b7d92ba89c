"""Money as whole nano-dollars, so that sums are exact. Does not know what anything costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

NANO = 1_000_000_000  # nano-dollars in a dollar; fal bills in 1e-9 USD (billing events)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in USD, kept as an integer number of nano-dollars."""

    nano: int = 0

    @classmethod
    def usd(cls, text: str | int | float | Decimal) -> Money:
        """Read dollars, exactly. Raises ValueError when `text` is not a finite number or finer than a nano-dollar."""
        try:
            nano = Decimal(str(text)) * NANO
        except InvalidOperation:
            raise ValueError(f"{text!r} is not an amount of dollars") from None
        if not nano.is_finite() or nano != nano.to_integral_value():
            raise ValueError(f"{text!r} is not an amount of dollars")
        return cls(int(nano))

    def __add__(self, other: Money) -> Money:
        return Money(self.nano + other.nano)

    def __sub__(self, other: Money) -> Money:
        return Money(self.nano - other.nano)

    def __mul__(self, count: int) -> Money:
        return Money(self.nano * count)

    def __bool__(self) -> bool:
        return self.nano != 0

    def __str__(self) -> str:
        """No exponent, at least two decimals, no further trailing zeros: `0.112`, `0.50`."""
        whole, part = divmod(abs(self.nano), NANO)
        decimals = f"{part:09d}".rstrip("0").ljust(2, "0")
        return f"{'-' if self.nano < 0 else ''}{whole}.{decimals}"


ZERO = Money(0)
