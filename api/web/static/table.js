// Native tables. A column is {title or unseen, cell(row), number?}; the caption says what a row is.

import { h } from "./dom.js";
import { TEXTS } from "./texts.js";

export function table(columns, rows, { caption, id, narrow = false } = {}) {
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      { id, class: narrow ? "narrow" : undefined },
      caption ? h("caption", {}, caption) : null,
      h("thead", {}, h("tr", {}, columns.map((one) => h("th", { scope: "col", class: kind(one) }, one.title, one.unseen ? h("span", { class: "unseen" }, one.unseen) : null)))),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h("tr", {}, columns.map((one, place) =>
            cellOf(one, place, one.cell(row)),
          )),
        ),
      ),
    ),
  );
}

const DATE = /^(FY)?\d{4}(-\d{2}|-[QH]\d){0,2}$/;

function cellOf(column, place, content) {
  const text = content instanceof Node ? content.textContent : String(content ?? "");
  const cell = h(place === 0 ? "th" : "td", { scope: place === 0 ? "row" : undefined, class: kind(column) }, content);
  if (DATE.test(text)) cell.classList.add("date");
  return cell;
}

function kind(column) {
  return column.number ? "number" : undefined;
}

/** A list of terms and what they are. Those that are nothing are left out. */
export function facts(pairs) {
  const told = pairs.filter(([, what]) => what !== null && what !== undefined && what !== "");
  return h("dl", { class: "facts" }, told.map(([term, what]) => [h("dt", {}, term), h("dd", {}, what)]));
}

export function badge(text, kindOf, help) {
  return h("span", { class: `badge ${kindOf}`, title: help }, text);
}

export function empty(text) {
  return h("p", { class: "empty" }, text);
}

/** What an answer cannot tell any more, since events that counted at its point in time were erased; else nothing. */
export function erasedNote(basis) {
  const count = (basis.erased?.length ?? 0) + (basis.erased_more ?? 0);
  return count ? h("p", { class: "hint erased" }, TEXTS.erased(count)) : null;
}
