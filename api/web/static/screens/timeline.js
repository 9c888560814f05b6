// The timeline: what holds over time as bars over the time of the world; planned or foreseen is hatched.

import { h, s } from "../dom.js";
import { DAY_MS, daysOf } from "../days.js";
import { ask, inWords, names } from "../ledger.js";
import { address } from "../place.js";
import { besides, keyOf, statedDates } from "../stated_dates.js";
import { badge, empty } from "../table.js";
import { TEXTS } from "../texts.js";
import { SLUGS, titleOf } from "./things.js";


const words = TEXTS.timeline;
const GROUPS = ["policies", "agreements", "facilities", "commitments", "risks"];
const SHOWN_MAX = 300;
const ITEMS_MAX = 1000;
const VINTAGES_MAX = 10_000;
const WIDTH = 600;
const BAR = 14;

export async function timeline({ params, signal }) {
  const chosen = params.get("show") ?? "policies";
  const resource = GROUPS.includes(chosen) ? chosen : "policies";
  const [{ items, basis }, stated] = await Promise.all([
    ask(`/v1/${resource}`, { limit: ITEMS_MAX }, { signal }),
    ask("/v1/vintages", { resource, limit: VINTAGES_MAX }, { signal }),
  ]);
  const told = statedDates(stated.items, SLUGS[resource]);
  const called = await names(items.flatMap((item) => [item.facility, item.publisher]), { signal });
  const dated = items.map((item) => ({ item, from: daysOf(item.effective_from), to: daysOf(item.effective_to) })).filter((one) => one.from || one.to);
  dated.sort((one, other) => (one.from ?? one.to)[0] - (other.from ?? other.to)[0]);
  const undated = items.length - dated.length;
  return h("section", {},
    h("h1", {}, words.heading), h("p", { class: "lead" }, words.lead),
    h("p", { class: "kinds" }, GROUPS.map((name, spot) => [spot ? " · " : "",
      h("a", { href: address("/timeline", { show: name }), "aria-current": name === resource ? "page" : undefined }, TEXTS.things[name])])),
    dated.length ? keys() : null,
    dated.length ? chartOf(resource, dated.slice(0, SHOWN_MAX), { called, basis, told }) : empty(words.none),
    undated ? h("p", { class: "soft" }, words.undated(undated), " ", h("a", { href: address(`/things/${resource}`) }, TEXTS.things.all)) : null);
}

/** A pattern of slanted lines: what is planned in the colour of bars, what is still to come in that of the paper. */
function hatches() {
  const pattern = (id) => s("pattern", { id, class: id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    s("path", { d: "M0,0V6" }));
  return s("svg", { class: "hatch", "aria-hidden": "true" }, s("defs", {}, pattern("planned"), pattern("ahead")));
}

/** What the bars mean: each drawn as it is drawn below. */
function keys() {
  const bar = { x: 1, y: 1, width: 28, height: 12 };
  const drawn = (name) => {
    if (name === "now") return s("line", { class: "now", x1: 15, x2: 15, y1: 0, y2: 14 });
    if (name === "planned") return [s("rect", { ...bar, fill: "url(#planned)" }), s("rect", { ...bar, class: "span planned" })];
    if (name === "ahead" || name === "unsure") return [s("rect", { ...bar, class: "span" }), s("rect", { ...bar, ...(name === "ahead" ? { fill: "url(#ahead)" } : { class: "unsure", width: 14 }) })];
    return s("rect", { ...bar, class: name });
  };
  return h("ul", { class: "keys timeline" }, Object.entries(words.keys).map(([name, text]) =>
    h("li", {}, s("svg", { viewBox: "0 0 30 14", "aria-hidden": "true" }, drawn(name)), text)));
}

function chartOf(resource, rows, { called, basis, told }) {
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
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.heading }, hatches(),
    h("table", { class: "timeline", id: "timeline" },
      h("caption", {}, TEXTS.things[resource]),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, words.columns.what), h("th", { scope: "col" }, words.columns.status), h("th", { scope: "col" }, words.columns.from), h("th", { scope: "col" }, words.columns.to), h("th", { scope: "col", class: "bars" }, h("span", { class: "unseen" }, words.columns.bars), axis))),
      h("tbody", {}, rows.map(({ item, from, to }) => {
        const left = x((from ?? to)[0]);
        const right = Math.max(left + 3, to ? x(to[1]) : WIDTH);
        const planned = ["planned", "announced", "mou"].includes(item.status) || (item.foreseen && from && from[0] > now);
        const ahead = Math.max(left, x(now));
        const { ghosts, gaps } = besides(item, told.get(keyOf(item, SLUGS[resource])) ?? []);
        return h("tr", {},
          h("th", { scope: "row" }, h("a", { href: address(`/things/${resource}/${encodeURIComponent(item[SLUGS[resource]])}`) }, titleOf(resource, item, called), item.stage ? ` (${inWords(item.stage)})` : "")),
          h("td", {}, badge(inWords(item.status), `status ${item.status}`), gaps.map((gap) => h("small", { class: "soft" }, h("span", { class: "unseen" }, `${words.interrupted} `), words.still(gap.from, gap.to ?? words.open)))),
          h("td", {}, h("span", { class: "when" }, item.effective_from ?? ""), before(item, ghosts)), h("td", { class: "when" }, item.effective_to ?? ""),
          h("td", { class: "bars" }, s("svg", { viewBox: `0 0 ${WIDTH} 24`, preserveAspectRatio: "none", "aria-hidden": "true" }, lines(),
            ghosts.map((ghost) => ghostOf(ghost, { x, right: left })),
            planned ? s("rect", { fill: "url(#planned)", x: left, y: 5, width: right - left, height: BAR }) : null,
            s("rect", { class: `span ${planned ? "planned" : item.status}`, x: left, y: 5, width: right - left, height: BAR, rx: 3 }),
            !planned && right > ahead + 1 ? s("rect", { fill: "url(#ahead)", class: "ahead-part", x: ahead, y: 5, width: right - ahead, height: BAR }) : null,
            from && from[1] > from[0] ? s("rect", { class: "unsure", x: left, y: 5, width: Math.max(2, Math.min(right, x(from[1])) - left), height: BAR }) : null,
            gaps.map((gap) => interruption(gap, x, right)))));
      }))));
}

/** The dates that were stated before, in words, and by how much the last of them moved. */
function before(item, ghosts) {
  const texts = [...new Set(ghosts.map((ghost) => ghost.effective_from).filter((text) => text && text !== item.effective_from))];
  if (!texts.length) return null;
  const [then, now] = [daysOf(texts[0]), daysOf(item.effective_from)];
  const days = then && now ? Math.round(now[0] - then[0]) : 0;
  const moved = days ? (days > 0 ? words.later(days) : words.earlier(-days)) : "";
  return h("small", { class: "soft stated-before" }, h("br"), words.before(texts.join(", ")), moved);
}

/** A bar as it was stated before: to its own end, else to where the bar of now begins. */
function ghostOf(ghost, { x, right }) {
  const from = daysOf(ghost.effective_from);
  const to = daysOf(ghost.effective_to);
  if (!from) return null;
  const [start, end] = [x(from[0]), to ? x(to[1]) : right];
  return s("rect", { class: "ghost", x: Math.min(start, end), y: 2.5, width: Math.max(3, Math.abs(end - start)), height: BAR + 5, rx: 3 });
}

function interruption(gap, x, right) {
  const from = daysOf(gap.from);
  const to = daysOf(gap.to);
  if (!from) return null;
  return s("rect", { class: "interrupted", x: x(from[0]), y: 5, width: Math.max(2, (to ? Math.min(right, x(to[1])) : right) - x(from[0])), height: BAR });
}
