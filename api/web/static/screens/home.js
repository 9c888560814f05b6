// Home: a search in words, what the ledger holds, what was published last, and questions to begin with.

import { h, later } from "../dom.js";
import { ask, inWords, names } from "../ledger.js";
import { grouped, quantity } from "../numbers.js";
import { address } from "../place.js";
import { searchBox } from "../search_box.js";
import { empty } from "../table.js";
import { TEXTS } from "../texts.js";

const LATEST = 8;

export async function home({ signal }) {
  const words = TEXTS.home;
  const published = await ask("/v1/publications", { limit: 10_000 }, { signal });
  const days = published.items;
  return h("div", { class: "home" },
    h("section", { class: "hero" },
      h("h1", {}, words.heading),
      h("p", { class: "lead" }, words.lead),
      searchBox(),
    ),
    h("div", { class: "columns" },
      h("section", {},
        h("h2", {}, words.examples),
        h("ul", { class: "examples" }, TEXTS.examples.map(([text, path, params]) => h("li", {}, h("a", { href: address(path, params) }, text)))),
      ),
      h("section", {},
        h("h2", {}, words.holds),
        h("dl", { class: "holds" },
          h("div", {}, h("dt", {}, words.events), h("dd", {}, grouped(String(published.basis.position)))),
          Object.entries(words.of).filter(([name]) => published.holds[name]).map(([name, text]) =>
            h("div", {}, h("dt", {}, linked(name, text)), h("dd", {}, grouped(String(published.holds[name]))))),
        ),
        days.length ? h("p", { class: "soft" }, words.between(days[0].day, days.at(-1).day)) : null,
      ),
    ),
    h("section", {},
      h("h2", {}, words.latest),
      later(empty(TEXTS.loading), () => latest(signal), (error) => empty(error.message)),
    ),
  );
}

/** What was published last: of a large ledger this takes longer than the rest. */
async function latest(signal) {
  const { items } = await ask("/v1/figures", { sort: "-published", limit: LATEST }, { signal });
  if (!items.length) return empty(TEXTS.figures.none);
  const called = await names(items.flatMap((item) => [item.subject, item.material, item.publisher]), { signal });
  return h("ol", { class: "latest" }, items.map((item) =>
    h("li", {},
      h("span", { class: "when" }, item.published_at), " ",
      h("a", { href: address(`/figures/${item.figure_id}`) },
        [called(item.subject), inWords(item.metric), called(item.material), item.period].filter(Boolean).join(", ")), " ",
      h("span", {}, quantity(item)), " ",
      h("span", { class: "soft publisher" }, called(item.publisher)))));
}

function linked(name, text) {
  const path = name === "figures" ? "/figures" : name === "statements" ? null : `/things/${name}`;
  return path ? h("a", { href: address(path) }, text) : text;
}
