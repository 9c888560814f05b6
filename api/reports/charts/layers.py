"""The layers of the chart of vintages: how bands, lines, points, crosses and labels are drawn, whatever is drawn.

Altair makes them, and checks them against the schema of Vega-Lite, once in the life of a process. That takes a tenth of
a second, and fifty charts of one report differ only in what is put into them: the rows, the axes, and the publishers.
"""

import json
from functools import cache
from typing import Any

from api.reports.charts.labels import PLACES, Place

Spec = dict[str, Any]
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first is shipped with the converter, and as wide as the others: what it measured fits in any reader."""
INK, FAINT = "#222222", "#dddddd"
BLANK_WIDTH, BLANK_HEIGHT = 500, 60
GONE = "M-1,-1L1,1M-1,1L1,-1"


def layers() -> dict[str | Place, Spec]:
    """A new copy of each layer, its mark and encoding: `range`, `rule`, `line`, `point`, `gone`, and the labels at each
    place.
    """
    names: list[str | Place] = ["range", "rule", "line", "point", "gone", *PLACES]
    return dict(zip(names, json.loads(_template())["layer"], strict=True))


def settings() -> Spec:
    """A new copy of all that is the same in every chart: fonts, colours, the schema."""
    made: Spec = json.loads(_template())
    return {name: part for name, part in made.items() if name not in ("layer", "data")}


def blank_chart(text: str) -> Spec:
    """A chart in which there is nothing to draw: it says why."""
    mark = {"type": "text", "text": text, "color": INK, "fontSize": 13}
    return {**settings(), "data": {"values": [{}]}, "mark": mark, "width": BLANK_WIDTH, "height": BLANK_HEIGHT}


@cache
def _template() -> str:
    import altair as alt

    x, y, low = alt.X("at:T"), alt.Y("level:Q"), alt.Y("low:Q")
    # Of all layers only the points have a legend, since one that is shared would draw lines and bands into it.
    plain_colour = alt.Color("colour:N", scale=None)
    colour, shape = (
        channel("name:N", title=None, legend=alt.Legend(symbolOpacity=1)) for channel in (alt.Color, alt.Shape)
    )
    chart = alt.Chart()
    labels = [
        chart.mark_text(align=place.align, dx=place.dx, dy=place.dy, color=INK, fontSize=11).encode(
            x=x, y=y, text="label:N"
        )
        for place in PLACES
    ]
    layered = alt.layer(
        chart.mark_rect(fillOpacity=0.18).encode(x=x, x2="upto:T", y=low, y2="high:Q", color=plain_colour),
        chart.mark_rule(strokeWidth=3).encode(x=x, y=low, y2="high:Q", color=plain_colour),
        chart.mark_line(interpolate="step-after", strokeWidth=1.8).encode(
            x=x,
            y=y,
            color=plain_colour,
            strokeDash=alt.StrokeDash("dash:N", scale=None),
            detail=["name:N", "segment:N"],
        ),
        chart.mark_point(filled=True, size=62, opacity=1).encode(x=x, y=y, color=colour, shape=shape),
        chart.mark_point(shape=GONE, size=90, strokeWidth=2.2, opacity=1).encode(x=x, y=y, color=plain_colour),
        *labels,
    )
    size = alt.AutoSizeParams(type="fit", contains="padding")
    return json.dumps(_configured(layered.properties(autosize=size)).to_dict())


def _configured(chart: Any) -> Any:
    fonts = {"labelFont": FONT, "titleFont": FONT, "labelColor": INK, "titleColor": INK}
    return (
        chart.configure(font=FONT, background="#ffffff", aria=False, padding=4)
        .configure_view(stroke=None)
        .configure_axis(**fonts, labelFontSize=11, titleFontSize=11, titleFontWeight="normal", gridColor=FAINT)
        .configure_axisX(grid=False, titlePadding=8)
        .configure_axisY(domain=False, ticks=False)
        .configure_legend(
            **fonts, orient="bottom", labelFontSize=11, labelLimit=640, symbolSize=70, columnPadding=24, offset=8
        )
        .configure_text(font=FONT)
    )
