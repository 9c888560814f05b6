// The log: every event as it was recorded, newest first.

import { h } from "../dom.js";
import { ask, inWords } from "../ledger.js";
import { amount } from "../numbers.js";
import { address, set } from "../place.js";
import { empty, table } from "../table.js";
import { TEXTS } from "../texts.js";
import { downloads } from "./figures.js";

const PAGE = 100;
const words = TEXTS.log;
const ABOUT = ["subject", "policy", "agreement", "facility", "link", "commitment", "risk", "entity", "target", "merged"];

export async function log({ params, signal }) {
  const type = params.get("type") ?? "";
  const entity = params.get("entity") ?? "";
  const [types, head] = await Promise.all([
    ask("/v1/event-types", { limit: 1000 }, { signal, timeless: true }),
    ask("/v1/events", { limit: 1 }, { signal }),
  ]);
  const filtered = type || entity;
  const until = Number(params.get("before")) || head.basis.position + 1;
  const from = filtered ? Number(params.get("after")) || 0 : Math.max(0, until - 1 - PAGE);
  const answer = await ask("/v1/events", { type, entity, after: from || "", limit: PAGE }, { signal });
  const items = filtered ? answer.items : answer.items.filter((item) => item.position < until).reverse();
  return h("section", {},
    h("h1", {}, words.heading),
    h("p", { class: "lead" }, words.lead),
    filterForm(types.items, type, entity),
    items.length ? table(columns(), items, { caption: words.heading, id: "log" }) : empty(words.none),
    h("p", { class: "pages" },
      !filtered && from > 0 ? h("a", { href: address("/log", { before: String(from + 1) }) }, words.earlier) : null,
      filtered && answer.next ? h("a", { href: address("/log", { type, entity, after: String(items.at(-1).position) }) }, words.later) : null),
    items.length ? downloads("/v1/events", { type, entity, after: from || "", limit: filtered ? "" : PAGE }, "log") : null,
  );
}

function columns() {
  return [
    { title: words.columns.position, number: true, cell: (item) => h("a", { href: address(`/log/${item.event_id}`) }, item.position) },
    { title: words.columns.recorded, cell: (item) => h("time", { datetime: item.recorded_at }, item.recorded_at.slice(0, 16).replace("T", " ")) },
    { title: words.columns.type, cell: (item) => item.type },
    { title: words.columns.about, cell: about },
    { title: words.columns.says, cell: summary },
  ];
}

function about(item) {
  if (item.target) return h("a", { href: address(`/log/${item.target}`) }, words.target);
  return item[ABOUT.find((name) => item[name])] ?? "";
}

function summary(item) {
  if (item.metric) return [item.metric.replaceAll("_", " "), item.period, `${amount(item)} ${item.unit ?? ""}`].filter(Boolean).join(", ");
  if (item.relation) return [item.subject, item.relation.replaceAll("_", " "), item.object].join(" ");
  if (item.changes && item.explanation) return `${item.explanation} ${Object.entries(item.changes).map(([name, value]) => `${name}: ${value}`).join(", ")}`;
  if (item.by && item.to) return [item.kind ? inWords(item.kind) : null, `${item.by} ${words.to} ${item.to}`].filter(Boolean).join(", ");
  return item.explanation ?? item.title ?? item.text ?? item.description ?? item.name ?? "";
}

function filterForm(types, type, entity) {
  const submit = (event) => {
    event.preventDefault();
    set({ ...Object.fromEntries(new FormData(event.target)), before: "", after: "" });
  };
  return h("form", { class: "filters", onsubmit: submit },
    h("label", {}, h("span", {}, words.type),
      h("select", { id: "log-type", name: "type", onchange: (event) => event.target.form.requestSubmit() },
        h("option", { value: "" }, TEXTS.figures.any),
        types.map((one) => h("option", { value: one.type, selected: one.type === type }, one.type)))),
    h("label", {}, h("span", {}, words.entity), h("input", { type: "text", id: "log-entity", name: "entity", value: entity, autocomplete: "off" })),
    h("button", {}, TEXTS.figures.apply));
}
