// How things look: elements made of data. Nothing here calls the API.

import { genreClass, maturityWords, watchedShare } from "./logic.js";

const SOURCES = {
  content: "like what you watch", collaborative: "viewers like you", popularity: "popular",
  trending: "trending", history: "yours", editorial: "our pick",
  search: "found",
};

/** An element with properties and children; text is always text, never markup. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** All rows; `actions` has watched, dismiss, list and rate; `added` are ids to highlight. */
export function rowsOf(rows, { actions, added, listed }) {
  return rows.map((row, place) => {
    const heading = `row-${place}`;
    const tiles = row.items.map((item) => tileOf(item, { actions, added, listed }));
    return element("section", { class: "row", "aria-labelledby": heading },
      element("h2", { id: heading }, row.name),
      element("ul", { class: "tiles" }, ...tiles));
  });
}

function tileOf(item, { actions, added, listed }) {
  const fresh = added.has(item.title_id);
  const year = item.year ? ` (${item.year})` : "";
  const share = watchedShare(item);
  return element("li", { class: fresh ? "tile changed" : "tile", "data-title": item.title_id },
    element("div", { class: `picture ${genreClass(item.genres)}`, "aria-hidden": "true" },
      item.name.slice(0, 1)),
    element("div", { class: "tile-body" },
      element("h3", {}, `${item.name}${year}`),
      element("p", { class: "reason" }, item.reason.text),
      share === null ? null : element("progress",
        { value: share, max: 1, "aria-label": `${Math.round(share * 100)} % watched` }),
      element("p", {}, item.genres.join(", ")),
      badgesOf(item, fresh),
      actionsOf(item, actions, listed)));
}

function badgesOf(item, fresh) {
  return element("div", { class: "badges" },
    fresh ? element("span", { class: "badge new" }, "new here") : null,
    element("span", { class: "badge" }, SOURCES[item.source] ?? item.source),
    element("span", { class: "badge" }, maturityWords(item.maturity)));
}

function actionsOf(item, actions, listed) {
  const on = listed.has(item.title_id);
  const button = (words, label, act, disabled = false) => element("button",
    { type: "button", "aria-label": `${label}: ${item.name}`, disabled: disabled ? "" : null,
      onclick: () => act(item) }, words);
  const stars = [1, 2, 3, 4, 5].map((count) =>
    element("option", { value: String(count) }, `${count} ${"★".repeat(count)}`));
  return element("div", { class: "actions" },
    item.playable ? button("Play", "Play", actions.play) : null,
    button("Watched it", "Watched it", actions.watched),
    element("select", { "aria-label": `Rate ${item.name}`,
      onchange: (event) => actions.rate(item, Number(event.target.value)) },
    element("option", { value: "", selected: "" }, "Rate…"), ...stars),
    button(on ? "On your list" : "Add to list", on ? "On your list" : "Add to list",
      actions.list, on),
    button("Not for me", "Not for me", actions.dismiss));
}

/** An error with the fields it names. */
export function errorBox(error) {
  const details = error.details ?? [];
  return [
    element("p", {}, error.message || "Something went wrong."),
    ...(details.length > 0
      ? [element("ul", {}, ...details.map((words) => element("li", {}, words)))] : []),
  ];
}
