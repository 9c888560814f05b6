// Derived figures: what follows by a formula from figures that publishers state, and what made it change.

import { h } from "../dom.js";
import { measured } from "../figure_words.js";
import { Problem, ask, inWords, names } from "../ledger.js";
import { grouped } from "../numbers.js";
import { address, set } from "../place.js";
import { named } from "../suggestions.js";
import { empty, table } from "../table.js";
import { TEXTS } from "../texts.js";
import { asking, downloads } from "./figures.js";

const words = TEXTS.derived;
const PAGE = 200;
const FILTERS = ["subject", "material", "period", "publisher"];
const KEPT = ["metric", "nature", "computed", "prefer", ...FILTERS];
const KINDS = { subject: "subject", material: "material", publisher: "publisher" };

export async function derived({ params, signal }) {
  const filters = Object.fromEntries([...params].filter(([name]) => KEPT.includes(name) || name.startsWith("dimension.")));
  const clock = params.get("clock");
  const [known, answer] = await Promise.all([
    ask("/v1/definitions", { limit: PAGE }, { signal }),
    asking(clock ? "/v1/derived-vintages" : "/v1/derived", { ...filters, limit: PAGE, ...(clock ? { clock, computed: "" } : {}) }, { signal }),
  ]);
  const items = answer instanceof Problem ? [] : answer.items;
  const inputs = items.flatMap((item) => item.inputs ?? item.attributions);
  const slugs = [...items, ...inputs].flatMap((one) => [one.subject, one.material, one.publisher, ...(one.said_by ?? [])]);
  const called = await names(slugs.filter(Boolean), { signal });
  return h("section", {},
    h("h1", {}, words.heading),
    h("p", { class: "lead" }, words.lead),
    known.items.length ? table(ofDefinitions(), known.items, { caption: words.definitions, id: "definitions" }) : empty(words.nothing),
    h("p", {}, h("a", { href: address("/append", { type: "MetricDefined" }) }, words.define)),
    h("h2", {}, clock ? words.changes[clock] : words.figures),
    filterForm(params, known.items),
    answer instanceof Problem ? h("p", { class: "faults", role: "alert" }, answer.message) : null,
    items.length ? table(clock ? ofChanges(called) : ofFigures(called, params), items, { caption: words.heading, id: "derived" }) : empty(words.none),
    answer.next ? h("p", { class: "soft" }, words.cut(PAGE)) : null,
    clock
      ? h("p", {}, h("a", { href: address("/derived", filters) }, words.figures))
      : h("p", {}, Object.entries(words.changes).map(([name, text], place) => [place ? " · " : "", h("a", { href: address("/derived", { ...filters, clock: name }) }, text)])),
    downloads(clock ? "/v1/derived-vintages" : "/v1/derived", { ...filters, ...(clock ? { clock } : {}) }, "derived"),
  );
}

function filterForm(params, known) {
  const fields = FILTERS.map((name) =>
    h("label", {}, h("span", {}, TEXTS.figures.fields[name]),
      named(h("input", { type: "text", id: `filter-${name}`, name, value: params.get(name) ?? "", autocomplete: "off", spellcheck: "false", size: 14 }), KINDS[name])));
  const metrics = [["", TEXTS.figures.any], ...known.map((one) => [one.metric, one.title ?? inWords(one.metric)])];
  const submit = (event) => {
    event.preventDefault();
    set(Object.fromEntries(new FormData(event.target)));
  };
  return h("form", { class: "filters", "aria-label": TEXTS.figures.filters, onsubmit: submit },
    h("label", {}, h("span", {}, TEXTS.figures.fields.metric),
      h("select", { id: "filter-metric", name: "metric", onchange: (event) => event.target.form.requestSubmit() },
        metrics.map(([value, text]) => h("option", { value, selected: (params.get("metric") ?? "") === value }, text)))),
    fields,
    h("button", {}, TEXTS.figures.apply),
    h("a", { href: address("/derived"), class: "clear" }, TEXTS.figures.clear));
}

function ofDefinitions() {
  const { columns } = words;
  return [
    { title: columns.metric, cell: (item) => h("a", { href: address("/derived", { metric: item.metric }) }, item.title ?? inWords(item.metric)) },
    { title: columns.formula, cell: (item) => h("code", {}, item.formula) },
    { title: columns.unit, cell: (item) => item.unit },
    { title: columns.since, cell: (item) => h("a", { href: address(`/log/${item.event_id}`) }, item.recorded_at.slice(0, 10)) },
  ];
}

function ofFigures(called, params) {
  const { columns } = words;
  return [
    { title: columns.subject, cell: (item) => called(item.subject) },
    { title: columns.metric, cell: (item) => measured(item, called) },
    { title: columns.period, cell: (item) => item.period },
    { title: columns.value, number: true, cell: (item) => h("a", { href: address("/derived", { ...kept(params), ...whose(item), clock: "publication" }) }, item.value === null ? words.noValue : `${grouped(item.value)} ${item.unit}`) },
    { title: columns.inputs, cell: (item) => item.inputs.map((one) => h("div", {}, ofInput(one, item, called))) },
    { title: columns.publisher, cell: (item) => item.said_by.map(called).join(", ") },
  ];
}

function kept(params) {
  return Object.fromEntries(["publisher", "prefer"].filter((name) => params.get(name)).map((name) => [name, params.get(name)]));
}

function whose(item) {
  const dimensions = Object.entries(item.dimensions ?? {}).map(([name, value]) => [`dimension.${name}`, value]);
  const one = { metric: item.metric, subject: item.subject, material: item.material, nature: item.nature, period: item.period, ...Object.fromEntries(dimensions) };
  return Object.fromEntries(Object.entries(one).filter(([, value]) => value));
}

function ofInput(one, item, called) {
  const said = one.reason ? (words.reasons[one.reason] ?? inWords(one.reason)) : `${grouped(one.value)} ${one.unit}`;
  const other = one.period_end === item.period_end ? null : (one.period ?? one.period_end);
  const title = [one.subject && called(one.subject), inWords(one.metric), other].filter(Boolean).join(", ");
  return [one.figure_id ? h("a", { href: address(`/figures/${one.figure_id}`) }, title) : title, ": ", said];
}

function ofChanges(called) {
  const { columns } = words;
  return [
    { title: columns.subject, cell: (item) => called(item.subject) },
    { title: columns.metric, cell: (item) => measured(item, called) },
    { title: columns.period, cell: (item) => item.period },
    { title: columns.since, cell: (item) => (item.event_id ? h("a", { href: address(`/log/${item.event_id}`) }, item.recorded_at.slice(0, 10)) : item.known_from.slice(0, 10)) },
    { title: columns.value, number: true, cell: (item) => (item.value === null ? words.noValue : `${grouped(item.value)} ${item.unit}`) },
    { title: columns.change, number: true, cell: (item) => (item.change === null ? words.kinds[item.kind] : grouped(item.change)) },
    { title: columns.inputs, cell: (item) => (item.attribution === "definition" ? words.redefined : item.attributions.map((one) => h("div", {}, ofMove(one, called)))) },
  ];
}

function ofMove(one, called) {
  const said = (side) => (side === null ? TEXTS.none : words.reasons[side] ?? (/^-?\d/.test(side) ? grouped(side) : inWords(side)));
  const title = `${called(one.subject)}, ${inWords(one.metric)}`;
  return [one.event_id ? h("a", { href: address(`/log/${one.event_id}`) }, title) : title, `: ${said(one.before)} → ${said(one.after)} ${one.unit ?? ""}`,
    one.share === null ? "" : h("strong", {}, ` ${words.share(grouped(one.share))}`)];
}
