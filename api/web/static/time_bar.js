// The time bar: the point in time at which everything on the screen is told.

import { announce, h, s } from "./dom.js";
import { ask } from "./ledger.js";
import { place, set } from "./place.js";
import { TEXTS } from "./texts.js";

const DAY_MS = 86_400_000;
const STEP_MS = 900;
const TICKS_MAX = 400;
const words = TEXTS.time;

const bar = { days: [], counts: new Map(), first: 0, last: 0, playing: null };

const dayNumber = (text) => Math.floor(Date.parse(`${text}T00:00:00Z`) / DAY_MS);
const dayText = (number) => new Date(number * DAY_MS).toISOString().slice(0, 10);
const today = () => Math.floor(Date.now() / DAY_MS);

/** Which day the address says; the last one where it says none. An instant counts as its day. */
function shownDay() {
  const text = place().params.get("as_of");
  const number = text ? dayNumber(text.slice(0, 10)) : bar.last;
  return Number.isNaN(number) ? bar.last : number;
}

/** Go to a day; the last one is no day at all but now. */
export function goTo(number, options) {
  const day = Math.max(bar.first - 1, Math.min(bar.last, number));
  set({ as_of: day >= bar.last ? "" : dayText(day) }, options);
}

/** Go to the next day on which something was published, or the one before. */
export function step(direction) {
  const now = shownDay();
  const next = direction > 0 ? bar.days.find((day) => day > now) ?? bar.last : bar.days.findLast((day) => day < now) ?? bar.first - 1;
  goTo(next);
}

function stepYears(direction) {
  const date = new Date(shownDay() * DAY_MS);
  date.setUTCFullYear(date.getUTCFullYear() + direction);
  goTo(Math.floor(date.getTime() / DAY_MS));
}

function onKey(event) {
  const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (event.shiftKey) stepYears(direction);
  else step(direction);
}

/** The keys work anywhere but where somebody writes. */
function onPageKey(event) {
  if (event.target.closest("input, textarea, select, [contenteditable], .scroll")) return;
  onKey(event);
}

function play() {
  if (bar.playing) {
    clearInterval(bar.playing);
    bar.playing = null;
  } else {
    if (shownDay() >= bar.last) goTo(bar.first, { replace: true });
    bar.playing = setInterval(() => {
      if (shownDay() >= bar.last) return play();
      return step(1);
    }, STEP_MS);
  }
  show();
}

/** Where something was published: a line each, as many as can be seen. */
function ticks() {
  const span = Math.max(1, bar.last - bar.first + 1);
  const places = new Map();
  for (const day of bar.days) {
    const spot = Math.round(((day - bar.first + 1) / span) * TICKS_MAX);
    places.set(spot, (places.get(spot) ?? 0) + bar.counts.get(day));
  }
  const most = Math.log1p(Math.max(1, ...places.values()));
  return s(
    "svg",
    { class: "ticks", viewBox: `0 0 ${TICKS_MAX} 20`, preserveAspectRatio: "none", "aria-hidden": "true" },
    [...places].map(([spot, count]) => {
      const height = 4 + 16 * (Math.log1p(count) / most);
      return s("line", { x1: spot, x2: spot, y1: 20, y2: 20 - height });
    }),
  );
}

/** A bare number is a position of the log. */
function meant(name, text) {
  return name === "recorded_as_of" && /^\d+$/.test(text) ? `position:${text}` : text;
}

let parts;

function made() {
  const slider = h("input", {
    type: "range", id: "slider", step: 1, "aria-label": words.slider, title: words.hint,
    oninput: () => goTo(Number(slider.value), { replace: true }),
    onkeydown: onKey,
  });
  const field = h("input", {
    type: "date", id: "as-of", onchange: () => field.value ? goTo(dayNumber(field.value)) : goTo(bar.last),
  });
  const playing = h("button", { type: "button", id: "play", onclick: play });
  const now = h("button", { type: "button", id: "now", title: words.nowHelp, onclick: () => goTo(bar.last) }, words.now);
  const clock = (name, label, help) => {
    const input = h("input", { type: "text", id: name.replaceAll("_", "-"), size: 18, autocomplete: "off", placeholder: help, title: help, onchange: () => set({ [name]: meant(name, input.value.trim()) }) });
    return [input, h("label", {}, label, " ", input)];
  };
  const [recorded, recordedLabel] = clock("recorded_as_of", words.recorded, words.recordedHelp);
  const [effective, effectiveLabel] = clock("effective_at", words.effective, words.effectiveHelp);
  const more = h("details", { class: "clocks" }, h("summary", {}, words.more), recordedLabel, effectiveLabel);
  const track = h("div", { class: "track" });
  document.getElementById("time").replaceChildren(
    h("div", { class: "bar" },
      h("label", { class: "as-of" }, words.asOf, " ", field),
      now,
      h("button", { type: "button", id: "back", "aria-label": words.back, title: words.back, onclick: () => step(-1) }, "‹"),
      playing,
      h("button", { type: "button", id: "forward", "aria-label": words.forward, title: words.forward, onclick: () => step(1) }, "›"),
      track,
      more,
    ),
  );
  track.append(slider);
  document.addEventListener("keydown", onPageKey);
  return { slider, field, playing, now, track, recorded, effective, more };
}

/** Show the point in time that the address says. */
export function show() {
  parts ??= made();
  const day = shownDay();
  const { params } = place();
  parts.slider.value = day;
  parts.slider.setAttribute("aria-valuetext", day >= bar.last ? words.now : dayText(day));
  parts.field.value = dayText(day);
  parts.playing.textContent = bar.playing ? "❚❚" : "▶";
  parts.playing.setAttribute("aria-label", bar.playing ? words.pause : words.play);
  parts.playing.title = bar.playing ? words.pause : words.play;
  parts.now.setAttribute("aria-pressed", String(!params.get("as_of")));
  for (const [input, name] of [[parts.recorded, "recorded_as_of"], [parts.effective, "effective_at"]]) {
    if (document.activeElement !== input) input.value = params.get(name) ?? "";
    if (params.get(name)) parts.more.open = true;
  }
  if (params.get("as_of")) announce(words.changed(dayText(day)));
}

/** Learn on which days something was published. */
export async function learn() {
  parts ??= made();
  bar.last = today();
  const { items } = await ask("/v1/publications", { limit: 10_000 }, { timeless: true });
  bar.days = items.map((item) => dayNumber(item.day)).filter((day) => day <= bar.last);
  bar.counts = new Map(items.map((item) => [dayNumber(item.day), item.statements]));
  bar.first = bar.days[0] ?? bar.last - 365;
  parts.slider.min = bar.first - 1;
  parts.slider.max = bar.last;
  parts.field.max = dayText(bar.last);
  parts.track.querySelector(".ticks")?.remove();
  parts.track.prepend(ticks());
  show();
}
