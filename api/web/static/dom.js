// Elements. Whatever comes from the ledger becomes text here, never HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties (`on…` are listeners) and children: nodes, texts, lists of these, or nothing. */
export function h(name, properties = {}, ...children) {
  return filled(document.createElement(name), properties, children);
}

/** The same for a drawing. */
export function s(name, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, name), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children) {
    if (child === undefined || child === null || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else element.append(child instanceof Node ? child : String(child));
  }
}

/** A part that takes longer than the rest: what is there meanwhile, and then what `made` gives, or `failed`. */
export function later(meanwhile, made, failed) {
  const part = h("div", {}, meanwhile);
  made().then(
    (drawn) => part.replaceChildren(drawn),
    (error) => {
      if (error.name !== "AbortError") part.replaceChildren(failed(error));
    },
  );
  return part;
}

/** Say something to those who do not see the screen. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
