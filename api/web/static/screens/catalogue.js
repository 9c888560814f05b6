// The catalogue: publishers, metrics, materials and subjects, with counts and spans.

import { h } from "../dom.js";
import { ask, inWords } from "../ledger.js";
import { grouped } from "../numbers.js";
import { address, set } from "../place.js";
import { empty, table } from "../table.js";
import { TEXTS } from "../texts.js";

const words = TEXTS.catalogue;
const PAGE = 200;

export async function catalogue({ params, signal }) {
  const kind = params.get("kind") ?? "metric";
  const q = params.get("q") ?? "";
  const { items, next } = await ask("/v1/catalogue", { kind, q, limit: PAGE }, { signal });
  const columns = [
    { title: words.columns.name, cell: (item) => h("a", { href: address("/figures", { [kind]: item.name }) }, item.title && item.title !== item.name ? item.title : inWords(item.name)) },
    { title: words.columns.figures, number: true, cell: (item) => grouped(String(item.figures)) },
    { title: words.columns.statements, number: true, cell: (item) => grouped(String(item.statements)) },
    { title: words.columns.first, cell: (item) => item.first_published_at },
    { title: words.columns.last, cell: (item) => item.latest_published_at },
  ];
  return h("section", {},
    h("h1", {}, words.heading),
    h("p", { class: "lead" }, words.lead),
    h("p", { class: "kinds" }, Object.entries(words.kinds).map(([name, text], place) => [
      place ? " · " : "", h("a", { href: address("/catalogue", { kind: name, q }), "aria-current": name === kind ? "page" : undefined }, text)])),
    h("form", { class: "filters", role: "search", onsubmit: (event) => { event.preventDefault(); set({ q: new FormData(event.target).get("q") }); } },
      h("label", {}, h("span", {}, words.find), h("input", { type: "search", id: "catalogue-q", name: "q", value: q })),
      h("button", {}, TEXTS.figures.apply)),
    items.length ? table(columns, items, { caption: words.kinds[kind], id: "catalogue" }) : empty(words.none),
    next ? h("p", { class: "soft" }, TEXTS.figures.shown(items.length, true)) : null,
  );
}
