// The search: words in, what they find out, as a list that keys walk through.

import { h } from "./dom.js";
import { Problem, ask } from "./ledger.js";
import { address, go } from "./place.js";
import { TEXTS } from "./texts.js";

const WAIT_MS = 120;
const FOUND_MAX = 12;
const THINGS = { policy: "policies", agreement: "agreements", facility: "facilities", commitment: "commitments", link: "links", risk: "risks" };

/** Where a finding leads to. */
export function addressOf(item) {
  if (item.kind === "figure") return address(`/figures/${item.figure_id}`);
  if (item.kind === "series") {
    return address("/figures", { subject: item.subject, metric: item.metric, material: item.material ?? "" });
  }
  if (item.kind === "entity") return address(`/things/entities/${encodeURIComponent(item.slug)}`);
  return address(`/things/${THINGS[item.kind]}/${encodeURIComponent(item.slug)}`);
}

export function searchBox() {
  const words = TEXTS.search;
  let waiting, running, chosen = -1;
  const list = h("ul", { id: "found", role: "listbox", "aria-label": words.label, hidden: true });
  const field = h("input", {
    type: "search", id: "search", placeholder: words.placeholder, autocomplete: "off", role: "combobox",
    "aria-label": words.label, title: words.hint, "aria-controls": "found", "aria-expanded": "false", "aria-autocomplete": "list",
    oninput: () => {
      clearTimeout(waiting);
      waiting = setTimeout(find, WAIT_MS);
    },
    onkeydown: onKey,
  });

  async function find() {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    const text = field.value.trim();
    if (!text) return clear();
    try {
      const { items } = await ask("/v1/search", { q: text, limit: FOUND_MAX }, { signal });
      if (!signal.aborted) showFound(items, text);
    } catch (error) {
      if (error instanceof Problem) showNote(error.message);
      else if (error.name !== "AbortError") throw error;
    }
    return undefined;
  }

  function showFound(items, text) {
    if (!items.length) return showNote(words.none(text));
    chosen = -1;
    list.replaceChildren(...items.map((item, place) =>
      h("li", { role: "option", id: `found-${place}`, "aria-selected": "false" },
        h("a", { href: addressOf(item), tabindex: -1 },
          h("span", { class: "kind" }, words.kinds[item.kind]),
          h("span", { class: "what" }, [item.title, item.period].filter(Boolean).join(", ")),
          h("span", { class: "soft" }, [item.detail, item.kind === "series" ? words.count(item.figures) : null].filter(Boolean).join(", ")),
        ))));
    return open();
  }

  function showNote(text) {
    chosen = -1;
    list.replaceChildren(h("li", { class: "empty", role: "option", "aria-disabled": "true", "aria-selected": "false" }, text));
    open();
  }

  function open() {
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  }

  function clear() {
    list.replaceChildren();
    chosen = -1;
    close();
  }

  function close() {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  async function onKey(event) {
    const links = [...list.querySelectorAll("a")];
    if (event.key === "Escape") {
      clearTimeout(waiting);
      running?.abort();
      clear();
    }
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && links.length) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + links.length) % links.length;
      links.forEach((link, place) => link.parentElement.setAttribute("aria-selected", String(place === chosen)));
      links[chosen].scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", `found-${chosen}`);
    }
    if (event.key === "Enter") {
      event.preventDefault();
      if (chosen < 0) {
        clearTimeout(waiting);
        await find();
      }
      const link = list.querySelectorAll("a")[Math.max(0, chosen)];
      if (link) go(new URL(link.href).pathname + new URL(link.href).search);
    }
  }

  return h("form", { class: "search", role: "search", onsubmit: (event) => event.preventDefault() }, field, list);
}
