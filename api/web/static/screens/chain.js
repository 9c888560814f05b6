// The chain: who supplies whom, from mine to magnet, at the point in time; and how concentrated a stage is.

import { h, s } from "../dom.js";
import { ask, inWords, names } from "../ledger.js";
import { change, grouped } from "../numbers.js";
import { address, set } from "../place.js";
import { named } from "../suggestions.js";
import { badge, empty, table } from "../table.js";
import { TEXTS } from "../texts.js";

const words = TEXTS.chain;
const ACROSS = 240;
const DOWN = 46;
const BOX = { width: 190, height: 34 };
const LETTERS_MAX = 23;
const SHOWN_MAX = 200;
const THIN = 1.5;
const WIDE_PER_PERCENT = 0.12;

export async function chain({ params, signal }) {
  const entity = params.get("entity") ?? "";
  const direction = params.get("direction") ?? "upstream";
  const planned = params.get("planned") ?? "";
  const [trace, links, share] = await Promise.all([
    entity ? ask("/v1/trace", { entity, direction, planned, limit: SHOWN_MAX }, { signal }) : null,
    ask("/v1/links", { limit: SHOWN_MAX }, { signal }),
    concentration(params, signal),
  ]);
  const slugs = [...(trace?.items ?? []).flatMap((edge) => [edge.from, edge.to, edge.subject, edge.object, edge.material]), ...links.items.flatMap((link) => [link.supplier, link.consumer, link.material]), ...(share?.items ?? []).map((item) => item.subject)];
  const called = await names(slugs, { signal });
  return h("section", {},
    h("h1", {}, words.heading), h("p", { class: "lead" }, words.lead),
    form(entity, direction, planned),
    trace ? chainOf(trace, called, { entity, direction }) : null,
    h("section", {}, h("h2", {}, words.links), linksTable(links.items, called)),
    h("section", {}, h("h2", {}, words.concentration), shareForm(params), share ? shareTable(share, called) : empty(words.noShare)));
}

async function concentration(params, signal) {
  const metric = params.get("metric") ?? "mine_production";
  const period = params.get("period") ?? "2024";
  try {
    return await ask("/v1/concentration", { metric, period, compare_as_of: params.get("compare_as_of") ?? "", limit: 50 }, { signal });
  } catch (error) {
    if (error.status === 422) return null;
    throw error;
  }
}

function form(entity, direction, planned) {
  const submit = (event) => {
    event.preventDefault();
    set({ planned: "", ...Object.fromEntries(new FormData(event.target)) });
  };
  return h("form", { class: "filters", onsubmit: submit },
    h("label", {}, h("span", {}, words.entity), named(h("input", { type: "text", id: "chain-entity", name: "entity", value: entity, placeholder: words.placeholder, autocomplete: "off", spellcheck: "false" }), "entity")),
    h("label", {}, h("span", {}, words.direction), h("select", { id: "chain-direction", name: "direction" }, ["upstream", "downstream"].map((name) => h("option", { value: name, selected: name === direction }, words[name])))),
    h("label", { class: "check" }, h("input", { type: "checkbox", id: "chain-planned", name: "planned", value: "true", checked: planned === "true" }), ` ${words.planned}`),
    h("button", {}, TEXTS.figures.apply));
}

/** How wide an edge is drawn: by the share that is stated, which may be none. */
function widthOf(edge) {
  return THIN + (Number(edge.share) || 0) * WIDE_PER_PERCENT;
}

/** Entities in columns by their distance, and an edge for each step, as wide as its share and dashed where planned. */
function chainOf(trace, called, { entity, direction }) {
  const withPlanned = h("a", { href: address("/chain", { entity, direction, planned: "true" }) }, words.withPlanned);
  if (!trace.items.length) return h("p", { class: "empty" }, words.none, " ", withPlanned);
  const note = trace.items.some((edge) => edge.kind === "link") ? null : h("p", { class: "hint" }, words.noLinks, " ", withPlanned);
  const columns = new Map();
  for (const entity of trace.entities) columns.set(entity.depth, [...(columns.get(entity.depth) ?? []), entity]);
  const spots = new Map();
  for (const [depth, entities] of columns) entities.forEach((one, place) => spots.set(one.entity, [20 + depth * ACROSS, 16 + place * DOWN]));
  const height = 32 + Math.max(...[...columns.values()].map((one) => one.length)) * DOWN;
  const width = 40 + columns.size * ACROSS;
  const edges = trace.items.filter((edge) => spots.has(edge.from) && spots.has(edge.to)).map((edge) => {
    const [x1, y1] = spots.get(edge.from);
    const [x2, y2] = spots.get(edge.to);
    const start = [x1 + BOX.width, y1 + BOX.height / 2];
    const end = [x2, y2 + BOX.height / 2];
    const middle = (start[0] + end[0]) / 2;
    return s("path", { class: `edge ${edge.kind} ${edge.status ?? ""}`, "stroke-width": widthOf(edge), d: `M${start[0]},${start[1]} C${middle},${start[1]} ${middle},${end[1]} ${end[0]},${end[1]}` });
  });
  const boxes = trace.entities.map((entity) => {
    const [x, y] = spots.get(entity.entity);
    const name = entity.name ?? entity.entity;
    return s("a", { href: address(`/things/entities/${encodeURIComponent(entity.entity)}`) },
      s("title", {}, name),
      s("rect", { class: "node", x, y, width: BOX.width, height: BOX.height, rx: 6 }),
      s("text", { x: x + 10, y: y + 21 }, name.length > LETTERS_MAX ? `${name.slice(0, LETTERS_MAX - 1)}…` : name));
  });
  const to = (slug) => h("a", { href: address(`/things/entities/${encodeURIComponent(slug)}`) }, called(slug));
  const columnsOf = [
    { title: words.step, number: true, cell: (edge) => edge.depth },
    { title: words.who, cell: (edge) => to(edge.supplier ?? edge.subject) },
    { title: words.how, cell: (edge) => [[edge.relation ? inWords(edge.relation) : words.supplies, called(edge.material)].filter(Boolean).join(", "), edge.status === "planned" ? [" ", badge(inWords(edge.status), "planned")] : ""] },
    { title: words.whom, cell: (edge) => to(edge.consumer ?? edge.object) },
    { title: words.share, number: true, cell: (edge) => (edge.share ? `${edge.share} %` : TEXTS.none) },
    { title: TEXTS.figure.event, cell: (edge) => h("a", { href: address(`/log/${edge.event_id}`) }, edge.published_at) },
  ];
  return h("div", {},
    note,
    h("div", { class: "scroll graph", tabindex: 0, role: "region", "aria-label": words.drawing },
      s("svg", { viewBox: `0 0 ${width} ${height}`, width, height }, edges, boxes)),
    h("p", { class: "soft" }, words.legend),
    table(columnsOf, trace.items, { caption: words.heading, id: "chain" }));
}

function linksTable(items, called) {
  if (!items.length) return empty(TEXTS.things.none);
  const to = (slug) => h("a", { href: address("/chain", { entity: slug }) }, called(slug));
  return table([
    { title: words.supplier, cell: (link) => to(link.supplier) }, { title: words.consumer, cell: (link) => to(link.consumer) },
    { title: words.material, cell: (link) => called(link.material) },
    { title: words.share, number: true, cell: (link) => (link.share ? `${link.share} %` : TEXTS.none) },
    { title: TEXTS.timeline.columns.status, cell: (link) => inWords(link.status) },
  ], items, { caption: words.links, id: "links" });
}

function shareForm(params) {
  const submit = (event) => {
    event.preventDefault();
    set(Object.fromEntries(new FormData(event.target)));
  };
  const field = (name, text, value) => h("label", {}, h("span", {}, text), h("input", { type: name === "compare_as_of" ? "date" : "text", id: `share-${name}`, name, value: params.get(name) ?? value, size: 16 }));
  return h("form", { class: "filters", onsubmit: submit }, field("metric", TEXTS.figures.fields.metric, "mine_production"), field("period", TEXTS.figures.fields.period, "2024"), field("compare_as_of", words.compare, ""), h("button", {}, TEXTS.figures.apply));
}

/** How concentrated it is, in sentences: an index alone tells little. */
function concentrated(summary) {
  const [hhi, equals] = [Number(summary.hhi), Number(summary.effective_number)];
  return h("p", { class: "soft", id: "concentrated" },
    words.shares(grouped(summary.total), summary.unit, summary.n), " ",
    summary.hhi ? [h("abbr", { title: TEXTS.glossary.hhi }, "HHI"), words.hhi(grouped(hhi.toFixed(0)), equals.toFixed(1))] : null,
    summary.top?.["3"] ? words.top(Number(summary.top["3"]).toFixed(1)) : null);
}

function shareTable(share, called) {
  if (!share.items.length) return empty(TEXTS.figures.none);
  const summary = share.summary ?? {};
  return h("div", {},
    summary.n ? concentrated(summary) : null,
    table([
      { title: words.who, cell: (item) => h("a", { href: address(`/figures/${item.figure_id}`) }, called(item.subject)) },
      { title: TEXTS.figures.columns.value, number: true, cell: (item) => [grouped(item.value), h("span", { class: "unit" }, ` ${item.unit}`)] },
      { title: words.share, number: true, cell: (item) => `${Number(item.share).toFixed(1)} %` },
      { unseen: words.bar, cell: (item) => s("svg", { class: "meter", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { width: Number(item.share), height: 10 })) },
      ...(share.items.some((item) => item.share_change) ? [{ title: TEXTS.compare.columns.change, number: true, cell: (item) => (item.share_change ? `${change(Number(item.share_change).toFixed(1))} ${words.points}` : TEXTS.none) }] : []),
    ], share.items, { caption: words.concentration, id: "share" }));
}
