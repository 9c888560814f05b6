// The statistics of a figure: how often each publisher spoke, and how far it moved what it had said.

import { h } from "../dom.js";
import { daysOf } from "../days.js";
import { ask } from "../ledger.js";
import { change, grouped, percent } from "../numbers.js";
import { empty, table } from "../table.js";
import { TEXTS } from "../texts.js";

const words = TEXTS.statistics;
const PUBLISHERS_MAX = 50;

/** A row for each publisher, as `/v1/revisions` measures it. */
export async function statistics(id, called, signal) {
  const { items } = await ask("/v1/revisions", { figure_id: id, limit: PUBLISHERS_MAX }, { signal });
  if (!items.length) return empty(TEXTS.things.nothing);
  const { columns } = words;
  return h("div", {}, h("p", { class: "soft" }, words.lead), table([
    { title: columns.publisher, cell: (item) => called(item.publisher) },
    { title: columns.statements, number: true, cell: (item) => item.statements },
    { title: columns.revisions, number: true, cell: (item) => item.revisions },
    { title: columns.first, number: true, cell: (item) => said(item.first, item.canonical_unit, item.first_published_at) },
    { title: columns.latest, number: true, cell: (item) => said(item.latest, item.canonical_unit, item.latest_published_at) },
    { title: columns.inAll, number: true, cell: (item) => moved(item.total_change, item.total_change_percent) },
    { title: columns.mean, number: true, cell: (item) => meanRevision(item) },
    { title: columns.largest, number: true, cell: (item) => largestRevision(item) },
    { title: columns.days, number: true, cell: (item) => daysBetween(item) ?? TEXTS.none },
  ], items, { caption: words.heading, id: "statistics" }));
}

function said(value, unit, day) {
  return value === null || value === undefined ? TEXTS.none : [`${grouped(value)} ${unit}`, h("br"), h("small", { class: "soft" }, day)];
}

function moved(by, percents) {
  return by === null || by === undefined ? TEXTS.none : [change(by), " ", h("span", { class: "soft" }, percent(percents))];
}

/** Steps in which the number itself was changed. */
function revisions(item) {
  return (item.steps ?? []).filter((step) => step.cause === "revision" && step.change_percent !== null);
}

function meanRevision(item) {
  const sizes = revisions(item).map((step) => Math.abs(Number(step.change_percent)));
  return sizes.length ? `${(sizes.reduce((sum, one) => sum + one, 0) / sizes.length).toFixed(1)} %` : TEXTS.none;
}

function largestRevision(item) {
  const steps = revisions(item);
  if (!steps.length) return TEXTS.none;
  const largest = steps.reduce((one, other) => (Math.abs(Number(other.change_percent)) > Math.abs(Number(one.change_percent)) ? other : one));
  return moved(largest.change, largest.change_percent);
}

/** Days from one statement to the next, on average: a date that is known to its year counts from its end. */
function daysBetween(item) {
  const [first, last] = [daysOf(item.first_published_at), daysOf(item.latest_published_at)];
  if (item.statements < 2 || !first || !last) return null;
  return grouped(String(Math.round((last[1] - first[1]) / (item.statements - 1))));
}
