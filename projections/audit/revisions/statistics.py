"""The statistics of revisions: of numbers, whatever they are of.

Each function gives an object of JSON numbers, in which nothing is infinite or not a number: what cannot be computed is
null, and `reasons` says by its name why. The measures are those of revision analysis at statistical offices (McKenzie
and Gamba, "Interpreting the results of revision analyses: recommended summary statistics", OECD, 2008).

Importing this module takes the time that scipy and statsmodels take.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.sandwich_covariance import S_hac_simple

Item = dict[str, Any]
Vector = NDArray[np.float64]
Numbers = Sequence[float] | NDArray[Any]

QUANTILES = (5, 10, 25, 50, 75, 90, 95)
EXACT = 1e-12
"""A fit that leaves less than this part of the figures unexplained is exact, as far as floating point can tell."""
CONDITION_MAX = 1e12


def newey_west_lags(count: int) -> int:
    """floor(4 (n/100)^(2/9)): the lags of Newey and West (1994) for the Bartlett kernel, as usually simplified."""
    return math.floor(4 * math.pow(count / 100, 2 / 9))


def of_revisions(revisions: Numbers) -> Item:
    """What revisions (r = later - first, in the order given) are like.

    `mean` = sum r / n (the bias), `median`, `mean_absolute` = sum |r| / n, `rms` = sqrt(sum r^2 / n),
    `standard_deviation` = sqrt(sum (r - mean)^2 / (n - 1)), `minimum`, `maximum`, `range` = maximum - minimum,
    `share_upward`, `share_downward` and `share_unchanged` (parts of 1).

    `standard_error` of the mean, robust to heteroskedasticity and autocorrelation (Newey and West, Econometrica 55,
    1987): sqrt(g_0 + 2 sum_{l=1..L} (1 - l/(L+1)) g_l) / n, where g_l = sum_t e_t e_{t-l}, e = r - mean and L = `lags`
    (see `newey_west_lags`). It is that of an OLS regression on a constant, with a Bartlett kernel and no small-sample
    correction. `p_value`: two-sided, that the mean is 0, by Student's t = mean / standard_error with n - 1 degrees.
    """
    count = len(revisions)
    names = "mean median mean_absolute rms standard_deviation minimum maximum range"
    names += " share_upward share_downward share_unchanged standard_error p_value lags"
    if count == 0:
        return _explained({"n": 0, **dict.fromkeys(names.split())}, "there is no revision to measure")
    r = np.asarray(revisions, dtype=np.float64)
    measured: Item = {
        "n": count,
        "mean": float(r.mean()),
        "median": float(np.median(r)),
        "mean_absolute": float(np.abs(r).mean()),
        "rms": float(np.sqrt((r**2).mean())),
        "standard_deviation": float(r.std(ddof=1)) if count > 1 else None,
        "minimum": float(r.min()),
        "maximum": float(r.max()),
        "range": float(r.max() - r.min()),
        "share_upward": float((r > 0).mean()),
        "share_downward": float((r < 0).mean()),
        "share_unchanged": float((r == 0).mean()),
        "standard_error": None,
        "p_value": None,
        "lags": None,
    }
    if count == 1:
        return _explained(measured, "one revision shows no spread")
    measured["lags"] = newey_west_lags(count)
    if r.min() == r.max():
        measured |= {"mean": float(r[0]), "median": float(r[0]), "standard_deviation": 0.0, "standard_error": 0.0}
        return _explained(measured, "all revisions are the same: nothing to test the mean against")
    measured["standard_error"] = math.sqrt(max(_long_run(r - r.mean(), measured["lags"]).item(), 0)) / count
    if measured["standard_error"] == 0:
        return _explained(measured, "the revisions differ by less than floating point can tell")
    measured["p_value"] = _two_sided(measured["mean"] / measured["standard_error"], degrees=count - 1)
    return _explained(measured, "")


def quantiles_of(values: Numbers) -> Item:
    """`n`, and the 5, 10, 25, 50, 75, 90 and 95 % quantiles as `q05` …, between order statistics linearly (type 7 of
    Hyndman and Fan, The American Statistician 50, 1996).
    """
    names = [f"q{percent:02d}" for percent in QUANTILES]
    if not len(values):
        return _explained({"n": 0, **dict.fromkeys(names)}, "there is nothing to measure")
    quantiles = np.quantile(np.asarray(values, dtype=np.float64), [percent / 100 for percent in QUANTILES])
    return _explained({"n": len(values), **dict(zip(names, map(float, quantiles), strict=True))}, "")


def efficiency(first: Numbers, target: Numbers) -> Item:
    """Whether first figures are efficient forecasts of later ones (Mincer and Zarnowitz, "The evaluation of economic
    forecasts", NBER, 1969): target = `intercept` + `slope` first + e by OLS; an efficient one has 0 and 1.

    `intercept_error` and `slope_error` are Newey-West standard errors as in `of_revisions`: the covariance is
    V = (X'X)^-1 S (X'X)^-1, S the Bartlett-weighted sum of the autocovariances of x_t e_t. `wald` = d' V^-1 d / 2 with
    d = (intercept, slope - 1), and `p_value` that of F(2, n - 2). `r_squared` = 1 - sum e^2 / sum (y - mean y)^2.
    """
    count = len(first)
    names = "intercept slope intercept_error slope_error r_squared wald p_value lags".split()
    fitted: Item = {"n": count, **dict.fromkeys(names)}
    if count < 3:
        return _explained(fitted, "a line through fewer than three figures tests nothing")
    x, y = np.asarray(first, dtype=np.float64), np.asarray(target, dtype=np.float64)
    scale = _size(x, y)
    if _constant(x, scale):
        return _explained(fitted, "the first figures do not differ")
    # The algebra is that of y = level + rise z with z = (x - middle) / width, which is well conditioned.
    x, y = x / scale, y / scale
    middle, width = float(x.mean()), float(np.ptp(x))
    design = np.column_stack([np.ones(count), (x - middle) / width])
    (level, rise), *_ = np.linalg.lstsq(design, y, rcond=None)
    residuals = y - design @ (level, rise)
    back = np.array([[1.0, -middle / width], [0.0, 1 / width]])
    intercept, slope = (0.0, 1.0) if np.array_equal(x, y) else back @ (level, rise)
    fitted |= {"intercept": float(intercept) * scale, "slope": float(slope), "lags": newey_west_lags(count)}
    reasons = {}
    if _constant(y, 1):
        reasons["r_squared"] = "the later figures do not differ"
    else:
        fitted["r_squared"] = 1 - float((residuals**2).sum() / ((y - y.mean()) ** 2).sum())
    if np.abs(residuals).max() <= EXACT:
        fitted |= {"intercept_error": 0.0, "slope_error": 0.0, "reasons": reasons}
        return _explained(fitted, "the line fits exactly: nothing to test it against")
    bread = np.linalg.inv(design.T @ design)
    covariance = bread @ _long_run(design * residuals[:, None], fitted["lags"]) @ bread
    errors = np.sqrt(np.maximum(np.diag(back @ covariance @ back.T), 0))
    fitted |= {"intercept_error": float(errors[0]) * scale, "slope_error": float(errors[1]), "reasons": reasons}
    if np.linalg.cond(covariance) > CONDITION_MAX:
        return _explained(fitted, "the errors of intercept and slope cannot be told apart")
    off = np.array([level - middle, rise - width])
    fitted["wald"] = float(off @ np.linalg.solve(covariance, off)) / 2
    fitted["p_value"] = float(stats.f.sf(fitted["wald"], 2, count - 2))
    return _explained(fitted, "")


def news_and_noise(first: Numbers, target: Numbers) -> Item:
    """Whether revisions (target - first) are news or take noise away (Mankiw and Shapiro, "News or noise: an analysis
    of GNP revisions", Survey of Current Business, May 1986).

    `with_first`: Pearson's correlation of the revision with the first figure, which is 0 where revisions are news;
    `with_target`: with the later figure, which is 0 where they take noise away. `with_first_p_value` and
    `with_target_p_value`: two-sided, that it is 0, by t with n - 2 degrees.
    """
    count = len(first)
    correlated: Item = {"n": count}
    reasons: dict[str, str] = {}
    x, y = np.asarray(first, dtype=np.float64), np.asarray(target, dtype=np.float64)
    for name, other in (("with_first", x), ("with_target", y)):
        correlated |= {name: None, f"{name}_p_value": None}
        why = None
        if count < 3:
            why = "fewer than three figures always lie on a line"
        elif _constant(y - x, _size(x, y)):
            why = "all revisions are the same"
        elif _constant(other, _size(x, y)):
            why = "the figures do not differ"
        if why is not None:
            reasons |= {name: why, f"{name}_p_value": why}
            continue
        correlation = stats.pearsonr(_unit(y - x), _unit(other))
        correlated |= {name: float(correlation.statistic), f"{name}_p_value": float(correlation.pvalue)}
    return {**correlated, "reasons": reasons}


def relative_mean_absolute(revisions: Numbers, target: Numbers) -> float | None:
    """sum |r| / sum |target|: the mean absolute revision relative to the size of the figures (RMAR of the OECD)."""
    size = float(np.abs(target).sum())
    return float(np.abs(revisions).sum()) / size if size else None


def _long_run(scores: Vector, lags: int) -> Vector:
    """g_0 + sum_{l=1..L} (1 - l/(L+1)) (g_l + g_l'): the Bartlett-weighted sum of autocovariances."""
    covariance: Vector = S_hac_simple(scores if scores.ndim == 2 else scores[:, None], nlags=lags)
    return covariance


def _two_sided(t: float, *, degrees: int) -> float:
    return float(2 * stats.t.sf(abs(t), degrees))


def _size(x: Vector, y: Vector) -> float:
    return float(max(np.abs(x).max(), np.abs(y).max()))


def _constant(values: Vector, scale: float) -> bool:
    return bool(np.ptp(values) <= EXACT * scale)


def _unit(values: Vector) -> Vector:
    """The values divided by the largest, which changes no correlation and keeps squares in range."""
    scaled: Vector = values / np.abs(values).max()
    return scaled


def _explained(measured: Mapping[str, Any], why: str) -> Item:
    """The values with a reason for each that is null, and none that is not finite."""
    reasons = dict(measured.get("reasons", {}))
    values = {name: value for name, value in measured.items() if name != "reasons"}
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            values[name] = None
            reasons[name] = "beyond what floating point holds"
        elif value is None:
            reasons.setdefault(name, why)
    return {**values, "reasons": reasons}
