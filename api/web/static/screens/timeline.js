// The timeline: what holds over time as bars over the time of the world; planned or foreseen is hatched.

import { h, s } from "../dom.js";
import { ask, inWords, names } from "../ledger.js";
import { address } from "../place.js";
import { badge, empty } from "../table.js";
import { TEXTS } from "../texts.js";
import { SLUGS, titleOf } from "./things.js";

const words = TEXTS.timeline;
const GROUPS = ["policies", "agreements", "facilities", "commitments", "risks"];
const SHOWN_MAX = 300;
const DAY_MS = 86_400_000;
const WIDTH = 600;
const BAR = 14;

/** The first and the last day that a text such as `2025`, `2025-07`, `2025-Q3`, `late 2027` names, in days; null. */
function daysOf(text) {
  const match = /(\d{4})(?:-(\d{2}|Q[1-4]|H[12]))?(?:-(\d{2}))?/.exec(text ?? "");
  if (!match) return null;
  const year = Number(match[1]);
  let [first, count] = [1, 12];
  if (match[2]?.startsWith("Q")) [first, count] = [3 * Number(match[2][1]) - 2, 3];
  else if (match[2]?.startsWith("H")) [first, count] = [6 * Number(match[2][1]) - 5, 6];
  else if (match[2]) [first, count] = [Number(match[2]), 1];
  const third = { early: 0, mid: 1, late: 2 }[/(early|mid|late)/.exec(text)?.[1]];
  if (third !== undefined && !match[2]) [first, count] = [1 + 4 * third, 4];
  if (match[3]) return [Date.UTC(year, first - 1, Number(match[3])) / DAY_MS, Date.UTC(year, first - 1, Number(match[3])) / DAY_MS];
  return [Date.UTC(year, first - 1, 1) / DAY_MS, Date.UTC(year, first - 1 + count, 1) / DAY_MS - 1];
}

export async function timeline({ params, signal }) {
  const chosen = params.get("show") ?? "policies";
  const resource = GROUPS.includes(chosen) ? chosen : "policies";
  const { items, basis } = await ask(`/v1/${resource}`, { limit: 1000 }, { signal });
  const called = await names(items.flatMap((item) => [item.facility, item.publisher]), { signal });
  const dated = items.map((item) => ({ item, from: daysOf(item.effective_from), to: daysOf(item.effective_to) })).filter((one) => one.from || one.to);
  dated.sort((one, other) => (one.from ?? one.to)[0] - (other.from ?? other.to)[0]);
  const undated = items.length - dated.length;
  return h("section", {},
    h("h1", {}, words.heading), h("p", { class: "lead" }, words.lead),
    h("p", { class: "kinds" }, GROUPS.map((name, spot) => [spot ? " · " : "",
      h("a", { href: address("/timeline", { show: name }), "aria-current": name === resource ? "page" : undefined }, TEXTS.things[name])])),
    dated.length ? chartOf(resource, dated.slice(0, SHOWN_MAX), called, basis) : empty(words.none),
    undated ? h("p", { class: "soft" }, words.undated(undated), " ", h("a", { href: address(`/things/${resource}`) }, TEXTS.things.all)) : null);
}

function chartOf(resource, rows, called, basis) {
  const now = Date.parse(basis.effective_at ?? basis.as_of) / DAY_MS;
  const edges = rows.flatMap((row) => [row.from?.[0], row.to?.[1]]).filter(Number.isFinite);
  const start = Math.min(...edges, now) - 60;
  const end = Math.max(...edges, now) + 120;
  const x = (day) => ((day - start) / (end - start)) * WIDTH;
  const years = [];
  const [firstYear, lastYear] = [start, end].map((day) => new Date(day * DAY_MS).getUTCFullYear());
  const every = Math.ceil((lastYear - firstYear + 1) / 8);
  for (let year = firstYear + 1; year <= lastYear; year += every) years.push(year);
  const axis = s("svg", { class: "axis", viewBox: `0 0 ${WIDTH} 18`, "aria-hidden": "true" }, years.map((year) =>
    s("text", { x: x(Date.UTC(year, 0, 1) / DAY_MS), y: 13 }, year)));
  const lines = () => [...years.map((year) => s("line", { class: "year", x1: x(Date.UTC(year, 0, 1) / DAY_MS), x2: x(Date.UTC(year, 0, 1) / DAY_MS), y1: 0, y2: 24 })), s("line", { class: "now", x1: x(now), x2: x(now), y1: 0, y2: 24 })];
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.heading },
    h("table", { class: "timeline", id: "timeline" },
      h("caption", {}, TEXTS.things[resource]),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, words.columns.what), h("th", { scope: "col" }, words.columns.status), h("th", { scope: "col" }, words.columns.from), h("th", { scope: "col" }, words.columns.to), h("th", { scope: "col", class: "bars" }, h("span", { class: "unseen" }, words.columns.bars), axis))),
      h("tbody", {}, rows.map(({ item, from, to }) => {
        const left = x((from ?? to)[0]);
        const right = Math.max(left + 3, to ? x(to[1]) : WIDTH);
        const planned = ["planned", "announced", "mou"].includes(item.status) || (item.foreseen && from && from[0] > now);
        return h("tr", {},
          h("th", { scope: "row" }, h("a", { href: address(`/things/${resource}/${encodeURIComponent(item[SLUGS[resource]])}`) }, titleOf(resource, item, called), item.stage ? ` (${inWords(item.stage)})` : "")),
          h("td", {}, badge(inWords(item.status), `status ${item.status}`)),
          h("td", {}, item.effective_from ?? ""), h("td", {}, item.effective_to ?? ""),
          h("td", { class: "bars" }, s("svg", { viewBox: `0 0 ${WIDTH} 24`, preserveAspectRatio: "none", "aria-hidden": "true" }, lines(),
            s("rect", { class: `span ${planned ? "planned" : item.status}`, x: left, y: 5, width: right - left, height: BAR, rx: 3 }),
            from && from[1] > from[0] ? s("rect", { class: "unsure", x: left, y: 5, width: Math.max(2, Math.min(right, x(from[1])) - left), height: BAR }) : null,
            item.interrupted_from ? interruption(item, x, right) : null)));
      }))));
}

function interruption(item, x, right) {
  const from = daysOf(item.interrupted_from);
  const to = daysOf(item.interrupted_to);
  if (!from) return null;
  return s("rect", { class: "interrupted", x: x(from[0]), y: 5, width: Math.max(2, (to ? x(to[1]) : right) - x(from[0])), height: BAR });
}
