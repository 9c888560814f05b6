"""Charts as Vega-Lite specifications, made by Altair, and drawn as SVG without a browser and without a network.

A specification is plain JSON: a page draws the same one in the browser. Everything in it is decided in Python (the
bounds of the axes, the ticks, where a label fits), so equal facts give equal specifications, in any time zone. Exact
decimals become floating-point numbers here and nowhere else.
"""

from api.reports.charts.layers import Spec, blank_chart
from api.reports.charts.series_chart import series_chart
from api.reports.charts.slip_chart import slips_chart
from api.reports.charts.svg import drawn_png, svg
from api.reports.charts.vintage_chart import vintages_chart

__all__ = ["Spec", "blank_chart", "drawn_png", "series_chart", "slips_chart", "svg", "vintages_chart"]
