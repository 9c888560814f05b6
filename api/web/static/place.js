// The place: which screen is shown, with what. It is the address, and nothing else, so that every view is a link.

export const CLOCKS = ["as_of", "recorded_as_of", "effective_at"];

/** The path and the parameters of the address. */
export function place() {
  return { path: location.pathname, params: new URLSearchParams(location.search) };
}

/** The clocks that the address sets, as parameters of a question. */
export function clocks(params = place().params) {
  return Object.fromEntries(CLOCKS.filter((name) => params.get(name)).map((name) => [name, params.get(name)]));
}

/** An address: a path with parameters, at the viewpoint of this one unless these say another. */
export function address(path, params = {}) {
  const query = new URLSearchParams({ ...clocks(), ...params });
  for (const [name, value] of [...query]) if (value === "" || value === "null") query.delete(name);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** The address of this very view with both clocks set: it shows the same whatever is published or recorded later. */
export function pinned(now = new Date().toISOString()) {
  const { path, params } = place();
  if (!params.get("as_of")) params.set("as_of", now.slice(0, 10));
  if (!params.get("recorded_as_of")) params.set("recorded_as_of", now);
  return `${path}?${params}`;
}

/** Go there. `replace` leaves no step to come back to. */
export function go(url, { replace = false } = {}) {
  if (url === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", url);
  window.dispatchEvent(new Event("placechange"));
}

/** Set some parameters of the address; empty ones are left out. */
export function set(changes, options) {
  const { path, params } = place();
  for (const [name, value] of Object.entries(changes)) {
    if (value) params.set(name, value);
    else params.delete(name);
  }
  const text = params.toString();
  go(text ? `${path}?${text}` : path, options);
}

/** Follow links within the explorer without loading the page again. */
export function followLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const url = new URL(link.href, location.href);
    if (url.origin !== location.origin || link.target || link.hasAttribute("download") || url.hash) return;
    if (/^\/(v1|docs|redoc|openapi|assets)\b/.test(url.pathname)) return;
    event.preventDefault();
    go(url.pathname + url.search);
    window.scrollTo(0, 0);
  });
  window.addEventListener("popstate", () => window.dispatchEvent(new Event("placechange")));
}
