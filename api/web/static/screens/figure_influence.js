// What a figure hangs on: what the answer would be without one publisher, or without one event.

import { h } from "../dom.js";
import { ask, inWords } from "../ledger.js";
import { grouped } from "../numbers.js";
import { address } from "../place.js";
import { empty, table } from "../table.js";
import { TEXTS } from "../texts.js";

const words = TEXTS.influence;
const ROWS_MAX = 100;

/** A row of `/v1/influence` for each publisher and each last event without which the answer turns. */
export async function influence(id, called, signal) {
  const { items } = await ask("/v1/influence", { figure_id: id, limit: ROWS_MAX }, { signal });
  if (!items.length) return empty(words.nothing);
  const { columns } = words;
  return h("div", {}, h("p", { class: "soft" }, words.lead), table([
    { title: columns.without, cell: (item) => leftOut(item, called) },
    { title: columns.answer, number: true, cell: (item) => without(item) },
    { title: columns.by, cell: (item) => (item.answered_by_without ? called(item.answered_by_without) : TEXTS.none) },
    { title: columns.turns, cell: (item) => words.turns[item.turns] ?? inWords(item.turns) },
  ], items, { caption: words.heading, id: "influence" }));
}

function leftOut(item, called) {
  if (item.left_out === "publisher") return called(item.publisher);
  return [called(item.publisher), ", ", h("a", { href: address(`/log/${item.event_id}`) }, words.event)];
}

function without(item) {
  if (item.turns === "gone") return TEXTS.none;
  return item.value_without === null ? words.unlike : `${grouped(item.value_without)} ${item.canonical_unit}`;
}
