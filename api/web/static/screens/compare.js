// Two points in time side by side: what was added, changed and removed, and because of which events.

import { h } from "../dom.js";
import { figureTitle } from "../figure_words.js";
import { ask, inWords, names } from "../ledger.js";
import { change, percent, quantity } from "../numbers.js";
import { CLOCKS, address, set } from "../place.js";
import { empty, table } from "../table.js";
import { fieldName } from "../terms.js";
import { TEXTS } from "../texts.js";
import { downloads } from "./figures.js";
import { SLUGS, titleOf } from "./things.js";

const words = TEXTS.compare;
const PAGE = 50;
const SIFTED = 1000;  // of so many those are shown that differ in the way that is asked for
const NARROWING = ["subject", "metric", "material", "period", "publisher", "nature"];
const ROWS_MAX = 10_000;
const ASKED = ["from_as_of", "to_as_of", "from_recorded_as_of", "to_recorded_as_of"];
const NO_CLOCKS = Object.fromEntries(CLOCKS.map((name) => [name, ""]));  // a comparison has four of its own
const YEAR_MS = 365 * 86_400_000;

export async function compare({ params, signal }) {
  const resource = params.get("resource") ?? "figures";
  const asked = Object.fromEntries(ASKED.map((name) => [name, params.get(name) ?? ""]));
  asked.to_as_of ||= params.get("as_of") ?? new Date().toISOString().slice(0, 10);
  asked.from_as_of ||= new Date(Date.parse(asked.to_as_of.slice(0, 10)) - YEAR_MS).toISOString().slice(0, 10);
  const filters = resource === "figures" ? narrowing(params) : {};
  const more = resource === "figures" ? filters : { resource };
  const how = params.get("how") ?? "";
  const rows = Math.min(Number(params.get("rows")) || (how ? SIFTED : PAGE), ROWS_MAX);
  const answer = await ask("/v1/diff", { ...asked, ...more, limit: rows }, { signal, timeless: true });
  const { next } = answer;
  const items = answer.items.filter((item) => !how || item.kind === how);
  const sides = items.flatMap((item) => [item.before, item.after]).filter(Boolean);
  const called = await names([...sides, ...items].flatMap((one) => [one.subject, one.material, one.facility, one.publisher, one.object]), { signal });
  return h("section", {},
    h("h1", {}, words.heading), h("p", { class: "lead" }, words.lead),
    form(resource, asked, how),
    Object.keys(filters).length ? filtered(filters, asked) : null,
    items.length
      ? [table(columns(resource, called), items, { caption: words.heading, id: "compare" }),
         next ? h("p", {}, h("span", { class: "soft" }, TEXTS.figures.shown(items.length, true)), " ",
           h("button", { type: "button", id: "more", onclick: () => set({ rows: String(rows * 3) }, { replace: true }) }, TEXTS.figures.more)) : null,
         how ? null : downloads("/v1/diff", { ...NO_CLOCKS, ...asked, ...more }, "compared")]
      : empty(words.none));
}

/** The filters of figures in the address: what differs may be wanted of one series alone. */
function narrowing(params) {
  return Object.fromEntries(NARROWING.filter((name) => params.get(name)).map((name) => [name, params.get(name)]));
}

function filtered(filters, { from_as_of: from, to_as_of: to }) {
  return h("p", { class: "soft", id: "narrowed" },
    `${TEXTS.things.filterBy} ${Object.entries(filters).map(([name, value]) => `${fieldName(name)}: ${value}`).join(", ")} — `,
    h("a", { href: address("/compare", { from_as_of: from, to_as_of: to }) }, TEXTS.things.all));
}

function form(resource, asked, how) {
  const submit = (event) => {
    event.preventDefault();
    set({ ...Object.fromEntries(new FormData(event.target)), rows: "" });
  };
  const field = (name, text, type) => h("label", {}, h("span", {}, text), h("input", { type, id: name, name, value: asked[name], size: 16, placeholder: type === "text" ? TEXTS.time.recordedShort : undefined, title: type === "text" ? TEXTS.time.recordedHelp : undefined }));
  return h("form", { class: "filters", onsubmit: submit },
    h("label", {}, h("span", {}, words.resource),
      h("select", { id: "compare-resource", name: "resource" }, ["figures", ...Object.keys(SLUGS).filter((name) => name !== "entities")].map((name) =>
        h("option", { value: name, selected: name === resource }, name === "figures" ? TEXTS.figures.heading : TEXTS.things[name])))),
    h("label", {}, h("span", {}, words.columns.kind), h("select", { id: "how", name: "how" },
      ["", "changed", "added", "removed", "restated"].map((name) => h("option", { value: name, selected: name === how }, words.kinds[name] ?? TEXTS.figures.any)))),
    field("from_as_of", words.from, "date"), field("from_recorded_as_of", words.fromRecorded, "text"),
    field("to_as_of", words.to, "date"), field("to_recorded_as_of", words.toRecorded, "text"),
    h("button", {}, words.apply));
}

function columns(resource, called) {
  const ofFigures = resource === "figures";
  const side = (one) => (one ? (ofFigures ? quantity(one) : [inWords(one.status ?? ""), one.effective_from ? [", ", h("span", { class: "when" }, one.effective_from)] : null]) : TEXTS.none);
  return [
    { title: words.columns.what, cell: (item) => ofFigures
        ? h("a", { href: address(`/figures/${item.figure_id}`) }, figureTitle(item.after ?? item.before ?? item, called))
        : h("a", { href: address(`/things/${resource}/${encodeURIComponent((item.after ?? item.before ?? item)[SLUGS[resource]])}`) }, titleOf(resource, item.after ?? item.before ?? item, called)) },
    { title: words.columns.kind, cell: (item) => h("span", { class: `badge ${item.kind}` }, words.kinds[item.kind] ?? item.kind) },
    { title: words.columns.before, number: ofFigures, cell: (item) => side(item.before) },
    { title: words.columns.after, number: ofFigures, cell: (item) => side(item.after) },
    ...(ofFigures ? [{ title: words.columns.change, number: true, cell: (item) => (item.change ? [change(item.change), " ", h("span", { class: "soft" }, percent(item.change_percent))] : TEXTS.none) }] : []),
    { title: words.columns.causes, cell: (item) => (item.causes ?? []).slice(0, 5).map((cause, place) => [place ? ", " : "", h("a", { class: "when", href: address(`/log/${cause.event_id}`) }, `${inWords(cause.cause)} ${cause.published_at ?? cause.recorded_at.slice(0, 10)}`)]) },
    { title: TEXTS.figures.columns.publisher, cell: (item) => called((item.after ?? item.before ?? item).publisher) },
  ];
}
