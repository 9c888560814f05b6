// Sparklines: how the number of a figure moved as it was published again, small enough for a row of a table.

import { h, s } from "./dom.js";
import { DAY_MS, daysOf } from "./days.js";
import { ask } from "./ledger.js";
import { grouped } from "./numbers.js";
import { TEXTS } from "./texts.js";

const WIDTH = 84;
const HEIGHT = 20;
const EDGE = 3;
const FIGURES_MAX = 200;
const VINTAGES_MAX = 10_000;
const PUBLISHERS_MAX = 4;

/** Whether more than one thing was said of a figure: again, or by another publisher. */
export function moves(item) {
  return item.statements > 1 || item.publishers > 1;
}

/** An empty place for the line of such a figure. */
export function place(item) {
  return moves(item) ? h("span", { class: "spark", "data-figure": item.figure_id }) : null;
}

/** Draw the lines of all figures of a table, in their places: one request for a page of them, and none for each. */
export async function drawAll(table, items, { until, signal }) {
  const moved = items.filter(moves);
  for (let start = 0; start < moved.length; start += FIGURES_MAX) {
    const some = moved.slice(start, start + FIGURES_MAX);
    const answer = await ask("/v1/vintages", { figure_id: some.map((one) => one.figure_id).join(","), limit: VINTAGES_MAX }, { signal });
    const said = Map.groupBy(answer.items.filter((one) => number(one) !== null), (one) => one.figure_id);
    for (const item of some) {
      const spot = table.querySelector(`[data-figure="${CSS.escape(item.figure_id)}"]`);
      spot?.replaceChildren(line(said.get(item.figure_id) ?? [], item.publisher, Date.parse(until) / DAY_MS) ?? "");
    }
  }
}

function number(vintage) {
  const text = vintage.canonical_value ?? vintage.canonical_low ?? vintage.canonical_high;
  return text === null || text === undefined ? null : Number(text);
}

/** A step line for each publisher over the time of publication; the one that answers stands out. */
function line(vintages, publisher, until) {
  const days = (one) => daysOf(one.vintage_date)[0];
  if (vintages.length < 2) return null;
  const numbers = vintages.map(number);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const first = Math.min(...vintages.map(days));
  const x = (day) => EDGE + ((day - first) / Math.max(1, until - first)) * (WIDTH - 2 * EDGE);
  const y = (value) => (most === least ? HEIGHT / 2 : HEIGHT - EDGE - ((value - least) / (most - least)) * (HEIGHT - 2 * EDGE));
  const byPublisher = [...Map.groupBy(vintages, (one) => one.publisher)].sort(([one]) => (one === publisher ? 1 : -1)).slice(-PUBLISHERS_MAX);
  const steps = byPublisher.map(([name, said]) => {
    let path = `M${x(days(said[0]))},${y(number(said[0]))}`;
    for (const one of said.slice(1)) path += `H${x(days(one))}V${y(number(one))}`;
    return s("path", { class: name === publisher ? "said" : "other", d: `${path}H${WIDTH - EDGE}` });
  });
  const own = vintages.filter((one) => one.publisher === publisher);
  const told = own.length ? own : vintages;
  const words = TEXTS.figures.moved(grouped(String(told[0].canonical_value ?? "")), grouped(String(told.at(-1).canonical_value ?? "")), vintages.length);
  return s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img", "aria-label": words },
    s("title", {}, words), steps, s("circle", { cx: WIDTH - EDGE, cy: y(number(told.at(-1))), r: 2 }));
}
