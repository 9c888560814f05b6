// Series: several figures over their periods as one chart, with its data beside it.

import { chart } from "../chart.js";
import { h } from "../dom.js";
import { measured, sameMeasure } from "../figure_words.js";
import { Problem, askOrNull, names, save } from "../ledger.js";
import { mixedNote, mixedSeries, publisherCell } from "../mixed_series.js";
import { quantity } from "../numbers.js";
import { address } from "../place.js";
import { empty, table } from "../table.js";
import { glossary, termsOf } from "../terms.js";
import { TEXTS } from "../texts.js";
import { asked, asking, downloads, filterForm, refused } from "./figures.js";

const words = TEXTS.series;
const PAGE = 200;

export async function series({ params, signal }) {
  const filters = asked(params);
  const narrowed = Object.keys(filters).length > 0;
  const chosen = narrowed ? filters : { subject: "world", metric: "mine_production" };
  const { sort, ...ofChart } = chosen;
  const answer = await asking("/v1/figures", { ...chosen, limit: PAGE }, { signal });
  if (answer instanceof Problem) return refused(words.heading, params, "/series", answer);
  const drawable = answer.items.some((item) => item.period_end && (item.value ?? item.low ?? item.high));
  const spec = drawable ? await askOrNull("/v1/charts/series", ofChart, { signal }) : null;
  const called = await names(answer.items.flatMap((item) => [item.subject, item.material, item.publisher]), { signal });
  const mixed = mixedSeries(answer.items);
  const alone = sameMeasure(answer.items);
  const columns = [
    { title: TEXTS.figures.columns.subject, cell: (item) => h("a", { href: address(`/figures/${item.figure_id}`) }, called(item.subject)) },
    ...(alone ? [] : [{ title: TEXTS.figures.columns.metric, cell: (item) => measured(item, called) }]),
    { title: TEXTS.figures.columns.period, cell: (item) => item.period },
    { title: TEXTS.figures.columns.value, number: true, cell: (item) => quantity(item) },
    { title: TEXTS.figures.columns.publisher, cell: publisherCell(mixed, called) },
  ];
  const as = (format) => h("button", { type: "button", class: "plain", onclick: () => save("/v1/charts/series", { ...ofChart, format }, `series.${format}`) }, format.toUpperCase());
  return h("section", {},
    h("h1", {}, words.heading), h("p", { class: "lead" }, words.lead),
    filterForm(params, "/series"),
    spec
      ? [await chart(spec, { label: `${words.heading}: ${[spec.title?.text, ...(spec.title?.subtitle ?? [])].join(". ")}` }),
         h("p", { class: "downloads" }, `${TEXTS.figure.chartAs} `, as("png"), " · ", as("svg"))]
      : empty(words.none),
    mixedNote(mixed, called),
    answer.items.length ? h("p", { class: "soft" }, TEXTS.figures.shown(answer.items.length, answer.next), alone ? [": ", measured(answer.items[0], called)] : null) : null,
    answer.items.length ? table(columns, answer.items, { caption: words.data, id: "series" }) : null,
    glossary(termsOf(answer.items)),
    h("p", {}, h("a", { href: address("/vintages", ofChart) }, words.triangle), " · ", h("a", { href: address("/compare", ofChart) }, words.compare)),
    downloads("/v1/figures", chosen, "series"),
  );
}
