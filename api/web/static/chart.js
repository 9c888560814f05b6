// Charts: specifications from the API, drawn by Vega in this page.

import { h } from "./dom.js";
import { TEXTS } from "./texts.js";

let library;

/** Vega, loaded when the first chart is wanted. */
function loaded() {
  library ??= import("./vega.js");
  return library;
}

/** An element in which the chart is drawn: at once, or as soon as Vega is there, for which nothing else waits. On a narrow
 * screen it is moved sideways, since letters that shrink with it could not be read. */
export async function chart(spec, { label }) {
  const element = h("div", { class: "chart", role: "img", "aria-label": label });
  if (window.vegaEmbed) {
    await draw(element, spec, label);
  } else {
    element.append(h("p", { class: "empty" }, TEXTS.figure.drawing));
    loaded().then(() => draw(element, spec, label));
  }
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": TEXTS.figure.chartRegion }, element);
}

async function draw(element, spec, label) {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  await window.vegaEmbed(element, dark ? inTheDark(spec) : spec, {
    ast: true, patch: withPlainDates, actions: false, renderer: "svg", tooltip: false, defaultStyle: false, mode: "vega-lite",
  });
  element.setAttribute("role", "img");  // Vega calls it a visualization: what it shows says more
  element.setAttribute("aria-label", label);
  element.removeAttribute("aria-roledescription");
  const drawing = element.querySelector("svg");
  if (drawing) {
    drawing.removeAttribute("width");
    drawing.removeAttribute("height");
    drawing.setAttribute("aria-hidden", "true");  // the label of the whole says what it is, and a table has its data
    for (const part of [drawing, ...drawing.querySelectorAll("[role], [aria-roledescription], [aria-label]")]) {
      for (const name of ["role", "aria-roledescription", "aria-label"]) part.removeAttribute(name);
    }
  }
}

const DATE = /^\{data: datetime\((-?\d+)\)\}$/;

/** Vega's interpreter, which a page without eval needs, makes no date of `datetime(MILLISECONDS)`: give the number. */
function withPlainDates(spec) {
  for (const scale of spec.scales ?? []) {
    const ends = (scale.domain?.fields ?? []).map((field) => DATE.exec(field.signal ?? "")?.[1]);
    if (ends.length && ends.every((end) => end !== undefined)) scale.domain = ends.map(Number);
  }
  return spec;
}

const PAPER = "#15191d";
const INK = "#dfe5ea";
const FAINT = "#39424a";
const BRIGHTER = {
  "#0b5fa5": "#63b3f2", "#c24a00": "#ff9a57", "#00735c": "#3ccfae", "#7b3f98": "#c99be2", "#222222": "#e4e8eb",
  "#8a5a00": "#e0ab4a", "#b0175b": "#ff7fb2", "#4b6a88": "#9dbad6", "#999999": "#8a949c", "#dddddd": FAINT, "#555555": "#aeb7be", "#ffffff": PAPER,
};

/** The same chart in colours that are seen on dark ground. */
function inTheDark(value) {
  if (typeof value === "string") return BRIGHTER[value.toLowerCase()] ?? value;
  if (Array.isArray(value)) return value.map(inTheDark);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inTheDark(part)]));
  }
  return value;
}
