"""Money is exact, and is written the one way programs may rely on."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.values.money import NANO, Money


@pytest.mark.parametrize(
    ("dollars", "text"),
    [("0", "0.00"), ("0.5", "0.50"), ("0.112", "0.112"), ("0.028", "0.028"), ("12.340", "12.34"), ("-1.5", "-1.50")],
)
def test_money_is_written_with_two_decimals_or_as_many_as_it_needs(dollars: str, text: str) -> None:
    assert str(Money.usd(dollars)) == text


@given(st.integers(min_value=-(10**18), max_value=10**18))
def test_what_is_written_reads_back_exactly(nano: int) -> None:
    assert Money.usd(str(Money(nano))) == Money(nano)
    assert Decimal(str(Money(nano))) == Decimal(nano) / NANO


def test_nine_images_cost_what_the_guide_says() -> None:
    assert str(Money.usd("0.028") * 9) == "0.252"


@pytest.mark.parametrize("wrong", ["x", "nan", "inf", "0.0000000001", ""])
def test_what_is_no_amount_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not an amount of dollars"):
        Money.usd(wrong)
