"""The statistics of revisions agree with statsmodels and numpy, and with small cases worked out by hand."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from projections.audit.revisions.statistics import (
    efficiency,
    newey_west_lags,
    news_and_noise,
    of_revisions,
    quantiles_of,
    relative_mean_absolute,
)
from tests.oracle.model_revisions import UNDECIDED, line, wrong

Numbers = Sequence[float]


def drawn(seed: int, count: int, *, scale: float = 1.0) -> list[float]:
    """Revisions that remember the one before, as those of neighbouring periods do."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.3, 1, count + 1)
    return [float((noise[at] + 0.6 * noise[at - 1]) * scale) for at in range(1, count + 1)]


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-300)


def hac(target: Any, design: Any, lags: int) -> Any:
    fitted = OLS(np.asarray(target), np.asarray(design))
    return fitted.fit(cov_type="HAC", cov_kwds={"maxlags": lags}, use_t=True)


def explained(found: dict[str, Any]) -> bool:
    """Whether every null has a reason, and nothing else has; and nothing is not finite."""
    values = {name: value for name, value in found.items() if name != "reasons"}
    assert all(not isinstance(value, float) or math.isfinite(value) for value in values.values())
    return {name for name, value in values.items() if value is None} == set(found["reasons"])


@pytest.mark.parametrize(("seed", "count"), [(1, 2), (2, 3), (3, 7), (4, 30), (5, 99), (6, 101), (7, 1500)])
@pytest.mark.parametrize("scale", [1.0, -1e-6, 3.7e11])
def test_the_mean_revision_and_its_error_are_those_of_statsmodels(seed: int, count: int, scale: float) -> None:
    revisions = drawn(seed, count, scale=scale)
    found = of_revisions(revisions)
    fitted = hac(revisions, np.ones(count), found["lags"])
    assert found["lags"] == math.floor(4 * (count / 100) ** (2 / 9))
    assert found["mean"] == near(fitted.params[0])
    assert found["standard_error"] == near(fitted.bse[0])
    assert found["p_value"] == near(fitted.pvalues[0])
    assert fitted.df_resid == count - 1
    assert explained(found)


def test_the_other_measures_are_those_of_numpy() -> None:
    revisions = [*drawn(8, 40, scale=250.0), 0.0, 0.0]
    found, r = of_revisions(revisions), np.array(revisions)
    assert found["median"] == near(np.median(r))
    assert found["mean_absolute"] == near(np.mean(np.abs(r)))
    assert found["rms"] == near(np.sqrt(np.mean(r * r)))
    assert found["standard_deviation"] == near(np.std(r, ddof=1))
    assert (found["minimum"], found["maximum"]) == (r.min(), r.max())
    assert found["range"] == near(r.max() - r.min())
    shares = [found[f"share_{way}"] for way in ("upward", "downward", "unchanged")]
    assert shares == [near((r > 0).sum() / 42), near((r < 0).sum() / 42), near(2 / 42)]
    assert relative_mean_absolute(revisions, [2.0, -4.0]) == near(np.abs(r).sum() / 6)


def test_three_revisions_by_hand() -> None:
    # e = (0, -3, 3); g_0 = 18, g_1 = -9, one lag with weight 1/2: S = 18 - 9 = 9, error = 3/3; t = 2 with 2 degrees.
    found = of_revisions([2.0, -1.0, 5.0])
    assert (found["n"], found["mean"], found["median"], found["lags"], found["standard_error"]) == (3, 2, 2, 1, near(1))
    assert found["p_value"] == near(1 - 2 / math.sqrt(6))
    assert (found["mean_absolute"], found["rms"], found["range"]) == (near(8 / 3), near(math.sqrt(10)), 6)
    assert found["standard_deviation"] == near(3)
    assert (found["share_upward"], found["share_downward"], found["share_unchanged"]) == (near(2 / 3), near(1 / 3), 0)


def test_nothing_to_measure_is_null_with_a_reason() -> None:
    found = of_revisions([])
    assert found["n"] == 0
    assert found["mean"] is None
    assert explained(found)


def test_one_revision_has_a_mean_and_no_error() -> None:
    found = of_revisions([-5.0])
    assert (found["mean"], found["median"], found["range"], found["share_downward"]) == (-5, -5, 0, 1)
    assert {name for name, value in found.items() if value is None} == {
        "standard_deviation",
        "standard_error",
        "p_value",
        "lags",
    }
    assert explained(found)


@pytest.mark.parametrize("value", [0.0, 0.1, -7e15])
def test_revisions_that_are_all_the_same_are_tested_against_nothing(value: float) -> None:
    found = of_revisions([value] * 7)
    assert (found["mean"], found["standard_deviation"], found["standard_error"]) == (value, 0, 0)
    assert found["p_value"] is None
    assert explained(found)


def test_quantiles_lie_between_order_statistics() -> None:
    found = quantiles_of([4.0, 1.0, 3.0, 2.0, 10.0])
    assert [found[f"q{percent:02d}"] for percent in (5, 10, 25, 50, 75, 90, 95)] == [
        near(value) for value in (1.2, 1.4, 2, 3, 4, 7.6, 8.8)
    ]
    assert explained(quantiles_of([]))


def first_and_later(seed: int, count: int, *, scale: float, level: float) -> tuple[list[float], list[float]]:
    first = [level + value for value in drawn(seed, count, scale=scale)]
    return first, [1.1 * x + r for x, r in zip(first, drawn(seed + 100, count, scale=0.3 * scale), strict=True)]


@pytest.mark.parametrize(("seed", "count"), [(11, 5), (12, 12), (13, 40), (14, 300)])
@pytest.mark.parametrize(("scale", "level"), [(1.0, 0.0), (1.0, 5.0), (20.0, -8.0)])
def test_efficiency_is_tested_as_statsmodels_does(seed: int, count: int, scale: float, level: float) -> None:
    first, target = first_and_later(seed, count, scale=scale, level=level)
    found = efficiency(first, target)
    fitted = hac(target, np.column_stack([np.ones(count), first]), newey_west_lags(count))
    tested = fitted.wald_test((np.eye(2), [0, 1]), use_f=True, scalar=True)
    assert [found["intercept"], found["slope"]] == [near(value) for value in fitted.params]
    assert [found["intercept_error"], found["slope_error"]] == [near(value) for value in fitted.bse]
    assert found["r_squared"] == near(fitted.rsquared)
    assert (found["wald"], found["p_value"]) == (near(tested.statistic), near(tested.pvalue))
    assert explained(found)


@pytest.mark.parametrize(("scale", "level"), [(1e6, 5e6), (0.1, 3.0), (1e12, 0.0)])
def test_efficiency_of_figures_far_from_one_is_that_of_exact_fractions(scale: float, level: float) -> None:
    first, target = first_and_later(15, 20, scale=scale, level=level)
    exact = line(list(zip(map(Fraction, first), map(Fraction, target), strict=True)))
    assert wrong(exact, efficiency(first, target)) is None
    assert not [name for name, value in exact.items() if value is UNDECIDED or value is None]


def test_efficiency_by_hand() -> None:
    # Through (0, 1), (1, 0), (2, 5): slope 2, intercept 0, e = (1, -2, 1), r^2 = 1 - 6/14.
    found = efficiency([0.0, 1.0, 2.0], [1.0, 0.0, 5.0])
    assert (found["intercept"], found["slope"]) == (pytest.approx(0, abs=1e-12), near(2))
    assert found["r_squared"] == near(1 - 6 / 14)
    # One lag with weight 1/2, scores e (1, z) with z = x - 1: (1, -1), (-2, 0), (1, 1); S = [[2, 0], [0, 2]]; with
    # (X'X)^-1 = diag(1/3, 1/2): V = diag(2/9, 1/2). Level and slope are off by 2 - 1 and 2 - 1: wald = (9/2 + 2)/2.
    assert found["slope_error"] == near(math.sqrt(1 / 2))
    assert found["intercept_error"] == near(math.sqrt(2 / 9 + 1 / 2))
    assert found["wald"] == near(13 / 4)


@pytest.mark.parametrize(
    ("first", "target", "known"),
    [
        ([], [], set()),
        ([1.0, 2.0], [1.0, 3.0], set()),
        ([5.0, 5.0, 5.0], [5.0, 6.0, 7.0], set()),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], set()),
        (
            [1.0, 2.0, 4.0],
            [1.0, 2.0, 4.0],
            {"intercept", "slope", "r_squared", "intercept_error", "slope_error", "lags"},
        ),
        ([1.0, 2.0, 4.0], [7.0, 7.0, 7.0], {"intercept", "slope", "intercept_error", "slope_error", "lags"}),
    ],
)
def test_what_no_line_can_test_is_null_with_a_reason(first: Numbers, target: Numbers, known: set[str]) -> None:
    found = efficiency(first, target)
    assert {name for name, value in found.items() if value is not None} - {"n", "reasons"} == known
    assert explained(found)


@pytest.mark.parametrize("scale", [1.0, 1e9, 1e-9])
def test_news_and_noise_are_pearsons_correlations(scale: float) -> None:
    first = drawn(21, 25, scale=scale)
    target = [x + r for x, r in zip(first, drawn(22, 25, scale=scale), strict=True)]
    revisions = np.array(target) - np.array(first)
    found = news_and_noise(first, target)
    for name, other in (("with_first", first), ("with_target", target)):
        r = np.corrcoef(revisions, other)[0, 1]
        assert found[name] == near(r)
        assert found[f"{name}_p_value"] == near(2 * stats.t.sf(abs(r) * math.sqrt(23 / (1 - r * r)), 23))
    assert explained(found)


@pytest.mark.parametrize(
    ("first", "target"),
    [([], []), ([1.0, 2.0], [3.0, 3.5]), ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), ([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])],
)
def test_correlations_that_mean_nothing_are_null_with_a_reason(first: Numbers, target: Numbers) -> None:
    found = news_and_noise(first, target)
    assert found["with_first"] is None
    assert explained(found)


def test_a_revision_to_one_and_the_same_target_still_correlates_with_the_first() -> None:
    found = news_and_noise([1.0, 2.0, 3.0], [3.0, 3.0, 3.0])
    assert (found["with_first"], found["with_target"]) == (near(-1), None)
    assert explained(found)


def test_extremes_are_finite_or_null() -> None:
    wild = [1e130, -1e-30, 3e131, 0.0, -2e130]
    for found in (of_revisions(wild), efficiency(wild, wild[::-1]), news_and_noise(wild, wild[::-1])):
        assert explained(found)
