// Figures: a table that is filtered, sorted and paged by the server.

import { h } from "../dom.js";
import { badges, measured, sameMeasure } from "../figure_words.js";
import { Problem, ask, names, question, save } from "../ledger.js";
import { mixedNote, mixedSeries, publisherCell } from "../mixed_series.js";
import { quantity, spread } from "../numbers.js";
import { address, clocks, set } from "../place.js";
import { drawAll, moves, place as sparkPlace } from "../sparklines.js";
import { named } from "../suggestions.js";
import { empty, erasedNote, table } from "../table.js";
import { glossary, termsOf } from "../terms.js";
import { TEXTS } from "../texts.js";

const PAGE = 100;
const words = TEXTS.figures;
const FILTERS = ["subject", "metric", "material", "period", "publisher"];
const KEPT = ["subject", "metric", "material", "nature", "publisher", "period", "disputed", "figure_id", "sort", "subject_kind", "resolve", "prefer", "period_from", "period_to"];
const KINDS = { subject: "subject", metric: "metric", material: "material", publisher: "publisher" };
const FORMATS = { csv: "CSV", xlsx: "Excel", parquet: "Parquet", json: "JSON" };

export function asked(params) {
  const kept = [...params].filter(([name]) => KEPT.includes(name) || name.startsWith("dimension."));
  return Object.fromEntries(kept);
}

export async function figures({ params, signal }) {
  const filters = asked(params);
  const limit = Number(params.get("rows")) || PAGE;
  const answer = await asking("/v1/figures", { ...filters, limit: Math.min(limit, 10_000) }, { signal });
  if (answer instanceof Problem) return refused(words.heading, params, "/figures", answer);
  const called = await names(answer.items.flatMap((item) => [item.subject, item.material, item.publisher]), { signal });
  const mixed = mixedSeries(answer.items);
  const drawn = answer.items.length ? table(columns(called, params, { mixed, items: answer.items }), answer.items, { caption: words.heading, id: "figures" }) : null;
  if (drawn) drawAll(drawn, answer.items, { until: answer.basis.as_of, signal }).catch(unlessLeft);
  return h("section", {},
    h("h1", {}, words.heading),
    filterForm(params),
    hints(answer),
    erasedNote(answer.basis),
    answer.items.length
      ? [
          h("p", { class: "soft", role: "status" }, words.shown(answer.items.length, answer.next), sameMeasure(answer.items) ? [": ", measured(answer.items[0], called)] : null),
          mixedNote(mixed, called),
          drawn,
          glossary(termsOf(answer.items)),
          answer.next ? h("p", {}, h("button", { type: "button", id: "more", onclick: () => set({ rows: String(limit + PAGE * 2) }, { replace: true }) }, words.more)) : null,
          h("p", {}, h("a", { href: address("/series", filters) }, words.chart), " · ", h("a", { href: address("/vintages", filters) }, words.triangle), " · ", h("a", { href: address("/compare", filters) }, TEXTS.series.compare), " · ", h("a", { href: address("/derived", { subject: filters.subject, material: filters.material, period: filters.period }) }, TEXTS.derived.heading)),
          downloads("/v1/figures", filters, "figures"),
        ]
      : empty(words.none),
  );
}

/** Lines that do not come are left out; the table says all that they say. */
function unlessLeft(error) {
  if (error.name !== "AbortError" && !(error instanceof Problem)) throw error;
}

/** The answer, or the problem where what was typed means nothing: the form stays, to be mended. */
export async function asking(path, params, options) {
  try {
    return await ask(path, params, options);
  } catch (error) {
    if (error instanceof Problem && error.status === 422) return error;
    throw error;
  }
}

export function refused(heading, params, path, problem) {
  return h("section", {}, h("h1", {}, heading), filterForm(params, path), h("p", { class: "faults", role: "alert" }, problem.message));
}

function hints(answer) {
  const meant = (answer.hints ?? []).flatMap((hint) => hint.meant.map((name) => [hint.parameter, name]));
  if (!meant.length) return null;
  return h("p", { class: "hint" }, words.didYouMean, meant.slice(0, 6).map(([parameter, name], place) => [
    place ? ", " : "", h("button", { type: "button", class: "plain", onclick: () => set({ [parameter]: String(name) }) }, String(name)),
  ]), words.question);
}

function columns(called, params, { mixed, items }) {
  return [
    { title: sorted(words.columns.subject, "subject", params), cell: (item) => h("a", { href: address(`/figures/${item.figure_id}`) }, called(item.subject)) },
    ...(sameMeasure(items) ? [] : [{ title: words.columns.metric, cell: (item) => measured(item, called) }]),
    { title: sorted(words.columns.period, "period", params), cell: (item) => item.period },
    { title: sorted(words.columns.value, "value", params), number: true, cell: (item) => quantity(item) },
    ...(items.some(moves) ? [{ title: words.columns.vintages, cell: sparkPlace }] : []),
    { unseen: words.columns.marks, cell: badges },
    { title: words.columns.publisher, cell: publisherCell(mixed, called) },
    ...(params.get("disputed") === "true" ? [{ title: words.columns.spread, number: true, cell: (item) => (item.spread ? spread(item).join(" ") : TEXTS.none) }] : []),
    { title: sorted(words.columns.published, "published", params), cell: (item) => item.published_at },
  ];
}

/** A heading by which rows are sorted: up, down, and as they come. */
function sorted(title, name, params) {
  const now = params.get("sort");
  const next = now === name ? `-${name}` : now === `-${name}` ? "" : name;
  const arrow = now === name ? " ↑" : now === `-${name}` ? " ↓" : "";
  return h("button", { type: "button", class: `plain sort${arrow ? " sorted" : ""}`, id: `sort-${name}`, onclick: () => set({ sort: next }, { replace: true }) }, title + arrow);
}

export function filterForm(params, path = "/figures") {
  const fields = FILTERS.map((name) =>
    h("label", {}, h("span", {}, words.fields[name]),
      named(h("input", { type: "text", id: `filter-${name}`, name, value: params.get(name) ?? "", autocomplete: "off", spellcheck: "false", size: 14 }), KINDS[name])));
  const choose = (name, choices) =>
    h("label", {}, h("span", {}, words.fields[name]),
      h("select", { id: `filter-${name}`, name, onchange: (event) => event.target.form.requestSubmit() },
        choices.map(([value, text]) => h("option", { value, selected: (params.get(name) ?? "") === value }, text))));
  const submit = (event) => {
    event.preventDefault();
    const typed = Object.fromEntries(new FormData(event.target));
    set({ ...typed, metric: typed.metric.trim().replaceAll(" ", "_"), rows: "" });
  };
  return h("form", { class: "filters", "aria-label": words.filters, onsubmit: submit },
    fields,
    choose("nature", [["", words.any], ...Object.entries(words.natures)]),
    choose("disputed", [["", words.any], ["true", words.disputedOnly], ["false", words.undisputedOnly]]),
    h("button", {}, words.apply),
    h("a", { href: address(path), class: "clear" }, words.clear),
  );
}

/** Links that save just this view, at this point in time. */
export function downloads(path, params, name) {
  const buttons = Object.entries(FORMATS).map(([format, title]) =>
    h("button", { type: "button", class: "plain", id: `save-${format}`, onclick: () => save(path, { ...params, format }, `${[name, clocks().as_of].filter(Boolean).join("-")}.${format}`) }, title));
  return h("div", {},
    h("p", { class: "downloads" }, `${words.downloads}: `, buttons.map((one, place) => [place ? " · " : "", one])),
    apiCall(path, params));
}

/** The question behind a view, as programs ask it: to copy, or to look at. */
export function apiCall(path, params) {
  const url = new URL(question(path, params), location.href).href;
  return h("p", { class: "downloads api-call" }, `${TEXTS.figure.apiCall}: `, h("code", {}, `curl '${url.replaceAll("'", "%27")}'`));
}
