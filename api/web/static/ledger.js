// Questions to the API, as any client asks them.

import { h } from "./dom.js";
import { clocks } from "./place.js";
import { TEXTS } from "./texts.js";

const KEY = "supply-ledger-key";

/** What went wrong, in the words of the server. */
export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail || title);
    this.status = status;
    this.title = title;
  }
}

export function keepKey(key) {
  sessionStorage.setItem(KEY, key);
}

function headers() {
  const key = sessionStorage.getItem(KEY);
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** The address of a question at the viewpoint; parameters without a value are left out. */
export function question(path, params = {}, { timeless = false } = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...(timeless ? {} : clocks()), ...params })) {
    if (value !== undefined && value !== null && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** The answer to a question. Throws Problem, and AbortError where it is not wanted any more. */
export async function ask(path, params = {}, { signal, timeless } = {}) {
  let response;
  try {
    response = await fetch(question(path, params, { timeless }), {
      signal,
      headers: { ...headers(), Accept: "application/json" },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "", "");
  }
  const body = await response.json();
  if (!response.ok) throw new Problem(response.status, body.title, body.detail);
  return body;
}

/** Send something: an event, or a file. Throws Problem, whose `errors` say what does not fit and where. */
export async function send(path, body, { params = {}, type = "application/json" } = {}) {
  let response;
  try {
    response = await fetch(question(path, params, { timeless: true }), {
      method: "POST", body, headers: { ...headers(), Accept: "application/json", "Content-Type": type },
    });
  } catch {
    throw new Problem(0, "", "");
  }
  const answer = await response.json();
  if (response.ok || answer.errors === undefined || answer.items || answer.basis) {
    if (!response.ok && !answer.basis) throw new Problem(response.status, answer.title, answer.detail);
    return answer;
  }
  const problem = new Problem(response.status, answer.title, answer.detail);
  problem.errors = answer.errors;
  throw problem;
}

/** The same; null where there is nothing of that name. */
export async function askOrNull(path, params, options) {
  try {
    return await ask(path, params, options);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** Save what a question gives as a file: a link would not carry the key. What goes wrong is said beside the button. */
export async function save(path, params, name) {
  const spot = document.activeElement?.closest("p, div, section") ?? document.getElementById("screen");
  spot.querySelector(":scope > .faults")?.remove();
  try {
    await saved(path, params, name);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    spot.append(h("span", { class: "faults", role: "alert" }, ` ${error.status ? error.message : TEXTS.failure.offline}`));
  }
}

async function saved(path, params, name) {
  let response;
  try {
    response = await fetch(question(path, params), { headers: headers() });
  } catch {
    throw new Problem(0, "", "");
  }
  if (!response.ok) {
    const body = await response.json();
    throw new Problem(response.status, body.title, body.detail);
  }
  keepFile(await response.blob(), name);
}

/** Send something, and save what comes back. What goes wrong is said beside the button. */
export async function sendForFile(path, body, { params = {}, type, name }) {
  const spot = document.activeElement?.closest("p, div, section") ?? document.getElementById("screen");
  spot.querySelector(":scope > .faults")?.remove();
  let response;
  try {
    response = await fetch(question(path, params, { timeless: true }), { method: "POST", body, headers: { ...headers(), "Content-Type": type } });
  } catch {
    response = null;
  }
  if (response?.ok) {
    keepFile(await response.blob(), name);
  } else {
    const said = response ? (await response.json()).detail : TEXTS.failure.offline;
    spot.append(h("span", { class: "faults", role: "alert" }, ` ${said}`));
  }
}

function keepFile(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const known = new Map();
const NAMES_MAX = 5_000;
const NAMES_AT_ONCE = 100;
const NAMES_AHEAD = 1_000;
let lookedAhead = false;

/** What slugs are called: a function from a slug to its name. Names are looked up once, and as they are now. */
export async function names(slugs, { signal } = {}) {
  const wanted = [...new Set(slugs)].filter((slug) => slug && !known.has(slug));
  if (known.size > NAMES_MAX) known.clear();
  for (let start = 0; start < wanted.length; start += NAMES_AT_ONCE) {
    const some = wanted.slice(start, start + NAMES_AT_ONCE);
    const { items } = await ask("/v1/entities", { entity: some.join(","), limit: 1000 }, { signal, timeless: true });
    for (const slug of some) known.set(slug, inWords(slug));
    keepNames(items);
    if (!lookedAhead) (window.requestIdleCallback ?? setTimeout)(lookAhead);
  }
  return (slug) => (slug ? known.get(slug) ?? inWords(slug) : "");
}

function keepNames(items) {
  for (const item of items) for (const slug of [item.entity, ...item.merged]) known.set(slug, item.name);
}

/** Look up the names that other screens and days will need, once, when there is nothing else to do. */
async function lookAhead() {
  if (lookedAhead) return;
  lookedAhead = true;
  try {
    for (let cursor = ""; cursor !== null && known.size < NAMES_MAX;) {
      const { items, next } = await ask("/v1/entities", { limit: NAMES_AHEAD, cursor }, { timeless: true });
      keepNames(items);
      cursor = next;
    }
  } catch {
    // A screen looks up the names that it needs, and says what goes wrong.
  }
}

/** A name such as `mine_production` in words. */
export function inWords(name) {
  return String(name).replaceAll("_", " ");
}
