// Mixed series: answers of several publishers, period by period. A step between two periods may then be one from
// publisher to publisher, and no change in the world.

import { h } from "./dom.js";
import { badge } from "./table.js";
import { TEXTS } from "./texts.js";

const DAY_MS = 86_400_000;
const LENGTHS_DAYS = [27, 32, 93, 185, 367];
const words = TEXTS.mixed;

/** What an item is a period of: the same figure of years is one series, that of quarters another. */
function seriesOf(item) {
  const days = (Date.parse(item.period_end) - Date.parse(item.period_start)) / DAY_MS + 1;
  const length = LENGTHS_DAYS.findIndex((most) => days <= most);
  return JSON.stringify([item.subject, item.metric, item.material, item.dimensions, item.nature, length < 0 ? days : length]);
}

/** Series whose answers are of several publishers: `publishers` of each, and `hops`, the figures where they change. */
export function mixedSeries(items) {
  const bySeries = new Map();
  for (const item of items) {
    if (!item.period_end) continue;
    const key = seriesOf(item);
    if (!bySeries.has(key)) bySeries.set(key, []);
    bySeries.get(key).push(item);
  }
  const mixed = [];
  for (const points of bySeries.values()) {
    points.sort((one, other) => (one.period_end < other.period_end ? -1 : 1));
    const publishers = [...new Set(points.map((one) => one.publisher))];
    if (publishers.length < 2) continue;
    const hops = points.filter((one, place) => place && one.publisher !== points[place - 1].publisher);
    mixed.push({ subject: points[0].subject, publishers, hops: hops.map((one) => one.figure_id) });
  }
  return mixed;
}

/** A sentence that says so; nothing where no series is mixed. */
export function mixedNote(mixed, called) {
  if (!mixed.length) return null;
  const [{ subject, publishers }] = mixed;
  return h("p", { class: "hint", id: "mixed" },
    mixed.length === 1 ? words.one(called(subject), publishers.map(called).join(", ")) : words.several(mixed.length));
}

/** The publisher of an item, and a mark where it is another than in the period before. */
export function publisherCell(mixed, called) {
  const hops = new Set(mixed.flatMap((one) => one.hops));
  return (item) => [called(item.publisher), " ", hops.has(item.figure_id) ? badge(words.hop, "hop", words.hopHelp) : null];
}
