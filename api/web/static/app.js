// The explorer: the masthead, the time bar, and the screen that the address names.

import { h } from "./dom.js";
import { Problem, keepKey } from "./ledger.js";
import { address, clocks, followLinks, pinned, place } from "./place.js";
import { append } from "./screens/append.js";
import { catalogue } from "./screens/catalogue.js";
import { chain } from "./screens/chain.js";
import { check } from "./screens/check.js";
import { compare } from "./screens/compare.js";
import { derived } from "./screens/derived.js";
import { event } from "./screens/event.js";
import { figure } from "./screens/figure.js";
import { figures } from "./screens/figures.js";
import { home } from "./screens/home.js";
import { log } from "./screens/log.js";
import { series } from "./screens/series.js";
import { thing, things } from "./screens/things.js";
import { timeline } from "./screens/timeline.js";
import { watch } from "./screens/watch.js";
import { vintages } from "./screens/vintages.js";
import { archive } from "./archive.js";
import { TEXTS } from "./texts.js";
import { learn, show } from "./time_bar.js";

const THEME = "supply-ledger-theme";

/** Screens by the first part of the path: one for the path alone, one for what is below it. */
const SCREENS = {
  "": [home],
  figures: [figures, figure],
  catalogue: [catalogue],
  things: [null, things, thing],
  timeline: [timeline],
  series: [series],
  vintages: [vintages],
  chain: [chain],
  append: [append],
  check: [check],
  compare: [compare],
  watch: [watch],
  derived: [derived],
  log: [log, event],
};

const SLOW_MS = 150;

let running = new AbortController();

function screenOf(path) {
  const [first, ...rest] = path.split("/").slice(1).map(decodeURIComponent);
  const screen = SCREENS[first]?.[rest.length];
  return screen ? (context) => screen({ ...context, names: rest }) : null;
}

/** Draw the screen of the address. What was there stays until the new one is whole. */
async function draw() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const { path, params } = place();
  show();
  masthead();
  const main = document.getElementById("screen");
  const slow = setTimeout(() => wait(main), SLOW_MS);
  try {
    const screen = screenOf(path);
    const drawn = screen ? await screen({ params, signal }) : failure(new Problem(404, TEXTS.failure.unknown));
    if (signal.aborted) return;
    put(main, drawn);
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    put(main, failure(error));
    if (!(error instanceof Problem)) throw error;
  } finally {
    clearTimeout(slow);
    if (!signal.aborted) main.removeAttribute("aria-busy");
  }
}

/** Say that an answer takes a while: what was there fades, and where nothing was there yet, it is said in words. */
function wait(main) {
  main.setAttribute("aria-busy", "true");
  if (!main.querySelector("h1")) main.replaceChildren(h("p", { class: "empty loading", role: "status" }, TEXTS.loading));
}

/** Put a screen in the place of the one before, and the focus back to where it was. */
function put(main, drawn) {
  const focused = main.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...main.querySelectorAll("details[id][open]")].map((one) => one.id);
  main.replaceChildren(drawn);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus();
  const heading = main.querySelector("h1");
  const asOf = clocks().as_of;
  document.title = [heading?.textContent, asOf ? TEXTS.asOf(asOf) : null, TEXTS.title].filter(Boolean).join(" · ");
}

function failure(error) {
  const words = TEXTS.failure;
  if (error instanceof Problem && (error.status === 401 || error.status === 403)) return keyForm(error);
  const known = error instanceof Problem;
  return h("section", { class: "failure", role: "alert" },
    h("h1", {}, (known && error.title) || words.heading),
    h("p", {}, known ? (error.status ? error.message : words.offline) : String(error)),
    h("p", {}, h("button", { type: "button", onclick: draw }, words.again)),
  );
}

function keyForm(error) {
  const words = TEXTS.key;
  const field = h("input", { type: "password", id: "key", autocomplete: "off", required: true });
  const use = (event) => {
    event.preventDefault();
    keepKey(field.value.trim());
    start();
  };
  return h("form", { class: "failure", onsubmit: use },
    h("h1", {}, words.heading),
    h("p", {}, error.status === 403 ? error.message : words.help),
    h("label", {}, words.label, " ", field), " ", h("button", {}, words.use),
  );
}

function masthead() {
  const { path } = place();
  const screens = { "/": "home", "/figures": "figures", "/catalogue": "catalogue", "/series": "series", "/vintages": "vintages", "/timeline": "timeline", "/things/policies": "things", "/chain": "chain", "/derived": "derived", "/compare": "compare", "/check": "check", "/watch": "watch", "/log": "log", "/append": "append" };
  const links = Object.entries(screens).map(([to, name]) => {
    const current = to === "/" ? path === "/" : path.startsWith(to.startsWith("/things") ? "/things" : to);
    return h("a", { href: address(to), "aria-current": current ? "page" : undefined }, TEXTS.screens[name]);
  });
  document.getElementById("masthead").replaceChildren(
    h("a", { class: "brand", href: address("/") }, TEXTS.title),
    h("nav", { "aria-label": TEXTS.masthead }, links),
    themeSwitch(),
  );
  const nav = document.getElementById("masthead").querySelector("nav");
  const shown = nav.querySelector("[aria-current]");
  if (shown) nav.scrollLeft = shown.offsetLeft - nav.offsetLeft - (nav.clientWidth - shown.offsetWidth) / 2;  // on a narrow screen
  document.getElementById("colophon").replaceChildren(
    h("span", {}, `supply-ledger ${document.body.dataset.version}`), " · ",
    h("a", { href: "/docs" }, TEXTS.screens.docs), " · ",
    h("button", { type: "button", class: "plain", id: "archive", onclick: archive }, TEXTS.archive), " · ",
    h("a", { id: "pinned", href: pinned(), title: TEXTS.pinnedHelp }, TEXTS.pinned),
  );
}

function themeSwitch() {
  const chosen = localStorage.getItem(THEME) ?? "system";
  const pick = (event) => {
    if (event.target.value === "system") localStorage.removeItem(THEME);
    else localStorage.setItem(THEME, event.target.value);
    paint();
    draw();
  };
  return h("label", { class: "theme" }, h("span", { class: "unseen" }, TEXTS.theme.label),
    h("select", { id: "theme", onchange: pick },
      ["system", "light", "dark"].map((name) => h("option", { value: name, selected: name === chosen }, TEXTS.theme[name])),
    ),
  );
}

function paint() {
  const chosen = localStorage.getItem(THEME);
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

async function start() {
  const learning = learn().catch((error) => {
    if (!(error instanceof Problem)) throw error;
  });
  await Promise.all([learning, draw()]);
}

/** The key / leads to the search, from wherever nobody writes. */
async function onSearchKey(event) {
  if (event.key !== "/" || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  if (place().path !== "/") {
    history.pushState(null, "", address("/"));
    await draw();
  }
  document.getElementById("search")?.focus();
}

paint();
document.addEventListener("keydown", onSearchKey);
followLinks();
window.addEventListener("placechange", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
start();
