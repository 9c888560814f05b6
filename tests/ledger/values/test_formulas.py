"""Formulas: a small language, read strictly."""

import random
from fractions import Fraction

import pytest

from ledger.errors import FormulaError
from ledger.values import Formula, FormulaInput, FormulaNumber, FormulaOperation, inputs_of, parse_formula
from ledger.values.formulas import FORMULA_DEPTH_MAX, FORMULA_LENGTH_MAX, INPUTS_MAX, TERMS_MAX


def test_products_come_before_sums_and_equals_from_the_left() -> None:
    a, b, c = map(FormulaInput, "abc")
    assert parse_formula("a + b * c") == FormulaOperation("+", a, FormulaOperation("*", b, c))
    assert parse_formula("a - b - c") == FormulaOperation("-", FormulaOperation("-", a, b), c)
    assert parse_formula("a / b * c") == FormulaOperation("*", FormulaOperation("/", a, b), c)
    assert parse_formula("a - (b - c)") == FormulaOperation("-", a, FormulaOperation("-", b, c))
    assert parse_formula("-a") == FormulaOperation("*", FormulaNumber(Fraction(-1)), a)
    assert parse_formula("--a") == a
    assert parse_formula("0.10 * a") == FormulaOperation("*", FormulaNumber(Fraction(1, 10)), a)


@pytest.mark.parametrize("text", ["1e3", "1E3", "1e+3", "1000.0", "0001000", "1.0e3", "10000e-1"])
def test_numbers_are_read_as_everywhere(text: str) -> None:
    assert parse_formula(f"{text} * a") == FormulaOperation("*", FormulaNumber(Fraction(1000)), FormulaInput("a"))
    assert parse_formula(f"a/{text}-1e-1") == parse_formula("a / 1000 - 0.1")


def test_an_input_selects_parts_of_a_key() -> None:
    one = parse_formula('a[material=nd-pr, dimension.basis="a, b", unit=kt, nature=forecast]')
    assert isinstance(one, FormulaInput)
    assert dict(one.selected) == {"material": "nd-pr", "dimension.basis": "a, b", "unit": "kt", "nature": "forecast"}
    assert one.canonical_unit == "t"
    assert parse_formula(one.text) == one
    assert list(parse_formula("a / a[subject=3m]").right.slugs()) == ["3m"]  # type: ignore[union-attr]


def test_shares_sums_and_periods() -> None:
    a = FormulaInput("a")
    whole = FormulaInput("a", over="whole")
    world = FormulaInput("a", (("subject", "world"),))
    assert parse_formula("share(a)") == FormulaOperation("/", a, whole)
    assert parse_formula("share(a, subject=world)") == FormulaOperation("/", a, world)
    assert parse_formula("sum(a)") == FormulaInput("a", over="parts")
    summed = FormulaOperation("+", a, FormulaInput("a", over="parts", subjects=("china", "3m")))
    assert parse_formula("a + sum(a, china, 3m)") == summed
    assert [one.shift for one in inputs_of(parse_formula("a / previous(a) - year_before(a)"))] == [
        "",
        "previous",
        "year_before",
    ]
    assert parse_formula("share / sum") == FormulaOperation("/", FormulaInput("share"), FormulaInput("sum"))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "a b", "a +", "+ a", "(a", "a)", "a ** 2", "a // b", "a % b", "a, b", "a[]", "a[x=1]", "a[subject=]",
        "a[subject=World]", "a[nature=sure] ", "a[unit=furlong]", "a[material=a, material=b]", "a[dimension.=x]",
        "sum()", "share()", "sum(a + b)", "previous(previous(a))", "previous(a)", "a[subject=world]", "1", "1 / 3",
        "sum(a, china, china)", "sum(a[subject=china])", "share(a[subject=china])", "sum(a, world)", "1e * a",
        "1.5.2 * a", "A", "a.b", "__import__('os')", "a; b", "a\x00", "a[dimension.x=\"open]", "lambda: a",
        "a if b else c", "²", "１ * a", "1e5a", "1e5.5 * a",
        "1e+ * a", "1e21 * a", "1e-19 * a", "1e99999999 * a", ".5 * a", "1. * a",
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(FormulaError, match=r"\w"):
        parse_formula(text)


def test_it_is_bounded() -> None:
    for text in (
        "a" * (FORMULA_LENGTH_MAX + 1),
        "+".join(["a"] * (INPUTS_MAX + 1)),
        "a" + "+1" * TERMS_MAX,
        "(" * (FORMULA_DEPTH_MAX + 1) + "a" + ")" * (FORMULA_DEPTH_MAX + 1),
    ):
        with pytest.raises(FormulaError):
            parse_formula(text)
    assert len(list(inputs_of(parse_formula("+".join(["a"] * INPUTS_MAX))))) == INPUTS_MAX


def test_noise_is_refused_and_raises_nothing_else() -> None:
    rng = random.Random(1)
    pieces = ["a", "b_2", "(", ")", "[", "]", ",", "=", "+", "-", "*", "/", "1", "0.5", "sum", "share", "previous", '"',
              "subject", "unit", "t", "world", "dimension.x", " ", "\t", "é", "\ud800", "9" * 40]  # fmt: skip
    read = 0
    for _ in range(20_000):
        text = "".join(rng.choices(pieces, k=rng.randint(1, 12)))
        try:
            formula: Formula = parse_formula(text)
        except FormulaError:
            continue
        read += 1
        assert list(inputs_of(formula))
    assert read > 100
