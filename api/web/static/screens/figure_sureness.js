// How sure a figure is: how far its publishers used to revise such figures, and whether more is to be expected by now.

import { h } from "../dom.js";
import { ask } from "../ledger.js";
import { grouped } from "../numbers.js";
import { empty, table } from "../table.js";
import { TEXTS } from "../texts.js";

const words = TEXTS.sureness;
const PUBLISHERS_MAX = 50;

/** A row for each publisher: the band of `/v1/uncertainty`, and what `/v1/freshness` says of its next publication. */
export async function sureness(id, called, signal) {
  const [bands, rhythms] = await Promise.all([
    ask("/v1/uncertainty", { figure_id: id, limit: PUBLISHERS_MAX }, { signal }),
    ask("/v1/freshness", { figure_id: id, limit: PUBLISHERS_MAX }, { signal }),
  ]);
  if (!bands.items.length) return empty(TEXTS.things.nothing);
  const { columns } = words;
  const fresh = new Map(rhythms.items.map((item) => [item.publisher, item]));
  return h("div", {}, h("p", { class: "soft" }, words.lead), table([
    { title: columns.publisher, cell: (item) => called(item.publisher) },
    { title: columns.band, number: true, cell: (item) => band(item) },
    { title: columns.record, cell: (item) => record(item) },
    { title: columns.held, number: true, cell: (item) => (item.tried ? words.held(item.held, item.tried) : TEXTS.none) },
    { title: columns.checked, cell: (item) => checked(fresh.get(item.publisher)) },
  ], bands.items, { caption: words.heading, id: "sureness" }));
}

function band(item) {
  if (item.low === null) return h("span", { class: "soft", title: item.reasons.low }, TEXTS.none);
  return [words.between(grouped(item.low), grouped(item.high), item.canonical_unit), h("br"),
    h("small", { class: "soft" }, words.expected(grouped(item.expected)))];
}

function record(item) {
  if (item.low === null) return item.reasons.low;
  return words.record(item.own, item.others, Math.round(100 * item.unchanged_share));
}

/** When somebody last looked at the sources of an item of `/v1/freshness`, and what they were like. */
export function checked(item) {
  if (!item) return TEXTS.none;
  if (item.last_checked_at) return words.checked(item.last_checked_at, words.found[item.last_found]);
  return item.last_retrieved_on ? words.retrieved(item.last_retrieved_on) : words.nobody;
}
