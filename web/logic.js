// What the page decides, apart from the browser: pure functions, tested with `node --test`.

export const LONGEST_WAIT_SECONDS = 10;

const GENRES = new Set([
  "action", "adventure", "animation", "children", "comedy", "crime", "documentary", "drama",
  "fantasy", "horror", "musical", "mystery", "romance", "sci-fi", "thriller", "war", "western",
]);
const ALIASES = { "family": "children", "kids": "children", "science-fiction": "sci-fi",
  "music": "musical", "film-noir": "crime" };

/** The style class of a title's picture: its first genre that has one. */
export function genreClass(genres) {
  for (const genre of genres) {
    const name = genre.toLowerCase().trim().replace(/[^a-z]+/g, "-");
    const known = ALIASES[name] ?? name;
    if (GENRES.has(known)) return `genre-${known}`;
  }
  return "genre-other";
}

/** Seconds to wait before trying again, or null for an answer that trying again won't change. */
export function secondsToWait(status, retryAfter, attempt) {
  if (status !== 429 && status !== 503) return null;
  const asked = Number.parseFloat(retryAfter ?? "");
  const seconds = Number.isFinite(asked) && asked >= 0 ? asked : 2 ** attempt;
  return Math.min(seconds, LONGEST_WAIT_SECONDS);
}

/** What went wrong, in words: of our own error body, API Gateway's, or none at all. */
export function errorOf(status, body) {
  const error = body?.error;
  if (error && typeof error === "object") {
    const details = (error.details ?? []).map((detail) => `${detail.field}: ${detail.message}`);
    return {
      code: error.code ?? String(status), message: error.message ?? "", details,
      isOurs: Boolean(error.code),
    };
  }
  const message = typeof body?.message === "string" ? body.message : `the server said ${status}`;
  const code = status === 401 ? "unauthenticated" : String(status);
  return { code, message, details: [], isOurs: false };
}

/** Ids of all titles of a home page's rows. */
export function titleIds(rows) {
  return new Set(rows.flatMap((row) => row.items.map((item) => item.title_id)));
}

/** What a new home page brought in and what left, by title id. */
export function changes(before, after) {
  const old = titleIds(before);
  const fresh = titleIds(after);
  return {
    added: new Set([...fresh].filter((id) => !old.has(id))),
    gone: new Set([...old].filter((id) => !fresh.has(id))),
  };
}

/** Whether two home pages show the same titles for the same reasons in the same places. */
export function sameRows(before, after) {
  const shape = (rows) => JSON.stringify(rows.map((row) => [
    row.row_id, row.items.map((item) => [item.title_id, item.reason.text, item.source]),
  ]));
  return shape(before) === shape(after);
}

/**
 * What comes after a title that is no episode: the playable titles to the right of it in its row,
 * then those of the other rows, each once.
 */
export function following(item, rows) {
  const own = rows.find((row) => row.items.includes(item));
  const beside = own ? own.items.slice(own.items.indexOf(item) + 1) : [];
  const all = [...beside, ...rows.flatMap((row) => row.items)];
  const seen = new Set([item.title_id]);
  return all.filter((next) => next.playable && !seen.has(next.title_id) && seen.add(next.title_id));
}

/** What is said of what comes next: an episode with its place in the series. */
export function nextWords({ name, series, season, episode }) {
  return series ? `${series} ${season}:${episode} ${name}` : name;
}

/** An event for the stream. The id is made here, so that a repeat counts once. */
export function eventOf(type, titleId, { id, now }) {
  return { event_id: id, type, title_id: titleId, occurred_at: now };
}

/** An event for the stream that a viewer searched, and how much was found. */
export function searchEventOf(query, count, { id, now }) {
  return { event_id: id, type: "search", query, result_count: count, occurred_at: now };
}

/** What a search found as a row of the page, under whose id its tiles are reported. */
export function foundRow({ query, items }) {
  const nothing = `Nothing matches “${query}”: try fewer words, a person or a genre`;
  return {
    row_id: "search",
    name: items.length > 0 ? `Found for “${query}”` : nothing,
    items: items.map((card) => ({
      ...card, source: "search", reason: { text: peopleOf(card) || card.plot },
    })),
  };
}

function peopleOf({ directors, cast }) {
  const by = directors.length > 0 ? `By ${directors.slice(0, 2).join(" and ")}` : "";
  const withWhom = cast.length > 0 ? `with ${cast.slice(0, 3).join(", ")}` : "";
  const words = [by, withWhom].filter(Boolean).join(", ");
  return words && words[0].toUpperCase() + words.slice(1);
}

/** Every item of a page with its row and its place in it, from 1. */
export function placesOf(rows) {
  return rows.flatMap((row) => row.items.map((item, index) =>
    ({ item, rowId: row.row_id, position: index + 1 })));
}

/** An event about a title where it was shown, with what put it there; `position` is from 1. */
export function placedEventOf(type, { item, rowId, position }, { id, now }) {
  return {
    ...eventOf(type, item.title_id, { id, now }),
    row_id: rowId,
    position,
    ...(item.model_version ? { model_version: item.model_version } : {}),
    ...(item.propensity ? { propensity: item.propensity } : {}),
  };
}

/** Whose token it is: its subject. The server checks it; this only keeps accounts apart. */
export function subjectOf(token) {
  try {
    const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(claims)).sub ?? "";
  } catch {
    return ""; // not a token of this kind
  }
}

/** How old one must be, in words. */
export function maturityWords(maturity) {
  if (maturity === null || maturity === undefined) return "not rated";
  return maturity === 0 ? "all ages" : `${maturity}+`;
}

/** How much of a title was watched, 0 to 1, or null where nobody knows. */
export function watchedShare(item) {
  if (!item.duration_seconds || item.position_seconds === undefined) return null;
  return Math.min(1, Math.max(0, item.position_seconds / item.duration_seconds));
}

/** The body of a new profile from what the form says. */
export function profileOf(fields) {
  const profile = {
    name: fields.name.trim(),
    maturity_ceiling: Number.parseInt(fields.maturity_ceiling, 10),
  };
  const country = (fields.country ?? "").trim().toUpperCase();
  return country ? { ...profile, country } : profile;
}

/** Bytes as base64 for web addresses, as PKCE wants them. */
export function base64Url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
