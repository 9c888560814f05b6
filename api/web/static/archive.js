// An archived page: the view as it is now in one file that needs nothing else, with the receipt of its answers.

import { h } from "./dom.js";
import { ask } from "./ledger.js";
import { clocks, place } from "./place.js";
import { TEXTS } from "./texts.js";

const LEFT_OUT = "button, form, script, .downloads, noscript";

/** The style as text, from the sheet that this page loaded. */
function style() {
  return [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)).join("\n");
}

export async function archive() {
  const { basis } = await ask("/v1/figures", { limit: 1 });
  const checkpoint = await ask("/v1/checkpoint", { size: basis.position }, { timeless: true });
  const main = document.getElementById("screen").cloneNode(true);
  main.querySelectorAll("button.sort").forEach((one) => one.replaceWith(one.textContent));
  main.querySelectorAll(LEFT_OUT).forEach((one) => one.remove());
  main.querySelectorAll("details").forEach((one) => one.setAttribute("open", ""));
  main.querySelectorAll("a[href]").forEach((one) => one.setAttribute("href", new URL(one.getAttribute("href"), location.href).href));
  const receipt = { address: location.href, viewpoint: clocks(), basis, checkpoint: checkpoint.note };
  const foot = h("footer", { id: "colophon" },
    h("p", {}, TEXTS.basis(basis.position, basis.root)), h("pre", {}, JSON.stringify(receipt, null, 2)));
  main.prepend(h("p", { class: "soft" }, TEXTS.archived(basis.as_of.slice(0, 10), location.href)));
  // As text: a document that a script makes here would have to obey the policy of this page, and could have no style.
  const head = `<meta charset="utf-8">${h("title", {}, document.title).outerHTML}<style>${style()}</style>`;
  const html = `<!doctype html>\n<html lang="en"><head>${head}</head><body>${main.outerHTML}${foot.outerHTML}</body></html>`;
  const blob = new Blob([html], { type: "text/html" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${place().path.replaceAll("/", "-").replace(/^-/, "") || "home"}-${basis.as_of.slice(0, 10)}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
