// The triangle of vintages: periods down, dates of publication across, coloured by the change from the first release.

import { h } from "../dom.js";
import { figureTitle, measured } from "../figure_words.js";
import { Problem, names } from "../ledger.js";
import { grouped } from "../numbers.js";
import { address } from "../place.js";
import { empty } from "../table.js";
import { glossary, termsOf } from "../terms.js";
import { TEXTS } from "../texts.js";
import { asked, asking, downloads, filterForm, refused } from "./figures.js";

const words = TEXTS.vintages;
const PAGE = 100;
const DATES_MAX = 40;
const ENDS = "first,latest";
const STEPS = [0.5, 2, 5, 10, 25];
const OTHER = new Set(["figure_id", "subject", "metric", "material", "dimensions", "nature", "period", "period_start", "period_end", "publisher", "canonical_unit"]);

/** How far a number is from the first one, as a class: `up-3`, `down-1`, `same`. */
function shade(value, first) {
  const [now, then] = [Number(value), Number(first)];
  if (!Number.isFinite(now) || !Number.isFinite(then)) return "";
  const percent = then === 0 ? (now === 0 ? 0 : 100) : ((now - then) / Math.abs(then)) * 100;
  if (percent === 0) return "same";
  const step = STEPS.filter((edge) => Math.abs(percent) >= edge).length;
  return `${percent > 0 ? "up" : "down"}-${Math.max(1, step)}`;
}

export async function vintages({ params, signal }) {
  const { sort, disputed, prefer, resolve, ...filters } = asked(params);
  const chosen = Object.keys(filters).length ? filters : { subject: "world", metric: "mine_production" };
  const releases = params.get("releases") === ENDS ? ENDS : "";
  const answer = await asking("/v1/vintages", { layout: "wide", ...chosen, releases, limit: PAGE }, { signal });
  if (answer instanceof Problem) return refused(words.heading, params, "/vintages", answer);
  const { items, next } = answer;
  const called = await names(items.flatMap((item) => [item.subject, item.material, item.publisher]), { signal });
  const dates = Object.keys(items[0] ?? {}).filter((name) => !OTHER.has(name));
  const shown = dates.slice(-DATES_MAX);
  return h("section", {},
    h("h1", {}, words.heading), h("p", { class: "lead" }, words.lead),
    filterForm(params, "/vintages"),
    h("p", { class: "kinds" }, [["", words.every], [ENDS, words.ends]].map(([value, text], place) => [
      place ? " · " : "", h("a", { href: address("/vintages", { ...filters, releases: value }), "aria-current": value === releases ? "page" : undefined }, text)])),
    items.length
      ? [dates.length > shown.length ? h("p", { class: "soft" }, words.left(dates.length - shown.length)) : null,
         oneSeries(items) ? h("h2", {}, called(items[0].subject), ", ", measured(items[0], called), h("span", { class: "unit" }, ` (${items[0].canonical_unit})`)) : null,
         triangle(items, shown, called), legend(), glossary(termsOf(items)),
         next ? h("p", { class: "soft" }, TEXTS.figures.shown(items.length, true)) : null,
         downloads("/v1/vintages", { layout: "wide", ...chosen, releases }, "vintages")]
      : empty(TEXTS.figures.none));
}

/** What all of them measure, where they are of one series: then a period is enough to tell one from the other. */
function oneSeries(items) {
  return new Set(items.map((item) => JSON.stringify([item.subject, item.metric, item.material, item.dimensions, item.nature, item.canonical_unit]))).size === 1;
}

function triangle(items, dates, called) {
  const alone = oneSeries(items);
  return h("div", { class: "scroll from-end", tabindex: 0, role: "region", "aria-label": words.heading },
    h("table", { class: `triangle${alone ? " alone" : ""}`, id: "triangle" },
      h("caption", {}, words.heading),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, `${words.figure}, ${TEXTS.figures.columns.publisher.toLowerCase()}`), dates.map((date) => h("th", { scope: "col", class: "number" }, date)))),
      h("tbody", {}, items.map((item) => {
        const first = dates.map((date) => item[date]).find((value) => value !== null && value !== undefined);
        let before = null;
        return h("tr", {},
          h("th", { scope: "row" }, h("a", { href: address(`/figures/${item.figure_id}`) }, alone ? item.period : figureTitle(item, called)), alone ? null : h("span", { class: "unit" }, ` ${item.canonical_unit}`), " ", h("span", { class: "soft publisher" }, called(item.publisher))),
          dates.map((date) => {
            const value = item[date];
            const changed = value !== before;
            before = value;
            return h("td", { class: `number ${value === null ? "" : shade(value, first)} ${changed ? "" : "again"}` }, value === null || value === undefined ? "" : grouped(String(value)));
          }));
      }))));
}

function legend() {
  const steps = [...STEPS].reverse().map((edge, place) => h("span", { class: `step down-${STEPS.length - place}` }, `−${edge} %`));
  const up = STEPS.map((edge, place) => h("span", { class: `step up-${place + 1}` }, `+${edge} %`));
  return h("p", { class: "legend" }, `${words.legend} `, steps, h("span", { class: "step same" }, "0"), up);
}
