// The page: who signs in, as whom they watch, what they see, and what their actions change.

import { ApiError, apiClient } from "./api.js";
import {
  changes, eventOf, following, foundRow, placedEventOf, placesOf, profileOf, sameRows,
  searchEventOf, subjectOf,
} from "./logic.js";
import { createOutbox } from "./outbox.js";
import { createSession } from "./session.js";
import { Theatre } from "./theatre.js";
import { element, errorBox, rowsOf } from "./view.js";

const NOTHING = new Set();
// An event takes a moment through the stream; the page looks again until the rows differ.
const LOOK_AGAIN_MS = [300, 500, 700, 1000, 1500, 2000];

// What was on screen waits so long for more, so that a page's tiles are one request.
const SHOWN_WAIT_MS = 2000;

const find = (id) => document.getElementById(id);
const state = {
  profileId: null, profiles: [], rows: [], found: null, listed: new Set(), seen: new Set(), visit: 0,
};
let config;
let theatre;
let session;
let api;
let outbox;

function say(words) { find("status").textContent = words; }

function show(error) {
  find("error").replaceChildren(...errorBox(error));
  find("error").hidden = false;
  say("");
}

/** Runs what a click started; whatever goes wrong is shown, and a lost session ends. */
async function attempt(work) {
  find("error").hidden = true;
  try {
    await work();
  } catch (error) {
    show(error);
    if (error instanceof ApiError && error.status === 401) signOut();
  }
}

function draw(home, added = NOTHING) {
  state.rows = home.rows;
  find("served-by").textContent = home.fallback
    ? `Popular titles: there is no model to ask (${home.fallback}).`
    : `Model ${home.model_version}`;
  drawRows(added);
}

/** What is on the page, from above: what a search found, and the profile's own rows. */
function rowsShown() {
  return state.found ? [state.found, ...state.rows] : state.rows;
}

function drawRows(added = NOTHING) {
  const rows = rowsOf(rowsShown(), { actions, added, listed: state.listed });
  find("rows").replaceChildren(...rows);
  watchTiles();
}

const shown = new IntersectionObserver(noteShown, { threshold: 0.5 });
let places = new Map(); // tile: its item, row and place
let flushing = null;

function watchTiles() {
  shown.disconnect();
  const tiles = find("rows").querySelectorAll(".tile");
  places = new Map(placesOf(rowsShown()).map((place, index) => [tiles[index], place]));
  for (const tile of places.keys()) shown.observe(tile);
}

/** An impression of each tile that is half in view, once a visit for each place. */
function noteShown(entries) {
  for (const { target, isIntersecting } of entries) {
    const place = places.get(target);
    const mark = place && `${place.rowId} ${place.item.title_id}`;
    if (!isIntersecting || !place || state.seen.has(mark)) continue;
    state.seen.add(mark);
    outbox.put(state.profileId, placedEventOf("impression", place, stamp()));
    flushing ??= setTimeout(() => { flushing = null; outbox.flush().catch(show); }, SHOWN_WAIT_MS);
  }
}

async function open(profileId) {
  if (profileId !== state.profileId) forgetSearch();
  state.profileId = profileId;
  state.visit += 1;
  state.listed = new Set();
  state.seen = new Set();
  find("profile").value = profileId;
  say("Loading…");
  draw(await api.home(profileId));
  say("");
}

/** Loads the rows until they differ from what they were, and highlights what is new. */
async function refresh(words) {
  const { profileId, rows: before, visit } = state;
  for (const pause of LOOK_AGAIN_MS) {
    const home = await api.home(profileId);
    if (state.visit !== visit) return; // somebody else is watching now
    if (!sameRows(before, home.rows)) {
      const { added, gone } = changes(before, home.rows);
      draw(home, added);
      say(`${words} ${added.size} new, ${gone.size} gone.`);
      find("rows").focus({ preventScroll: true });
      return;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
  say(`${words} The rows stay as they are.`);
}

function stamp() {
  return { id: crypto.randomUUID(), now: new Date().toISOString() };
}

function placeOf(item) {
  return placesOf(rowsShown()).find((one) => one.item === item);
}

async function send(type, item) {
  const place = placeOf(item);
  const event = type === "dismiss" && place ? placedEventOf(type, place, stamp())
    : eventOf(type, item.title_id, stamp());
  await outbox.add(state.profileId, event);
}

const actions = {
  play: (item) => attempt(async () => {
    const profile = state.profiles.find((one) => one.profile_id === state.profileId);
    const place = placeOf(item);
    if (place) outbox.put(state.profileId, placedEventOf("click", place, stamp()));
    await theatre.play(item, { profile, queue: following(item, rowsShown()) });
  }),
  watched: (item) => attempt(async () => {
    say(`Watched ${item.name}…`);
    await send("complete", item);
    await refresh(`You watched ${item.name}.`);
  }),
  dismiss: (item) => attempt(async () => {
    say(`Taking ${item.name} away…`);
    await send("dismiss", item);
    await refresh(`${item.name} won't come back.`);
  }),
  rate: (item, stars) => attempt(async () => {
    if (!stars) return;
    say(`Rating ${item.name}…`);
    await api.rate(state.profileId, item.title_id, stars);
    await refresh(`You gave ${item.name} ${stars} of 5.`);
  }),
  list: (item) => attempt(async () => {
    await api.addToList(state.profileId, item.title_id);
    state.listed.add(item.title_id);
    await refresh(`${item.name} is on your list.`);
  }),
};

function forgetSearch() {
  state.found = null;
  find("search").value = "";
}

/** What is found goes above the rows; no words, and it is gone. */
async function search(words) {
  const { profileId, visit } = state;
  const turn = state.turn = {};
  if (!words) {
    state.found = null;
    drawRows();
    return;
  }
  say("Searching…");
  const answer = await api.search(profileId, words);
  if (state.visit !== visit || state.turn !== turn) return; // asked again, or somebody else
  state.found = foundRow(answer);
  drawRows();
  say(`${state.found.items.length} found.`);
  await outbox.add(profileId, searchEventOf(words, state.found.items.length, stamp()));
}

/** What this account did here and the server has not yet taken goes first. */
function openOutbox() {
  outbox = createOutbox({
    account: subjectOf(session.token()),
    send: api.events,
  });
  outbox.flush().catch(show);
}

async function enter(preferred = null) {
  find("sign-in").hidden = true;
  openOutbox();
  find("who").hidden = false;
  find("search-form").hidden = false;
  const profiles = await api.profiles();
  state.profiles = profiles;
  find("profile").replaceChildren(...profiles.map((profile) =>
    element("option", { value: profile.profile_id }, profile.name)));
  if (profiles.length === 0) {
    askForProfile(true);
    return;
  }
  const known = profiles.some((profile) => profile.profile_id === preferred);
  await open(known ? preferred : profiles[0].profile_id);
}

function askForProfile(asked) {
  find("new-profile").hidden = !asked;
  if (asked) find("profile-name").focus();
}

function signOut() {
  theatre.close();
  session.forget();
  state.visit += 1;
  forgetSearch();
  find("rows").replaceChildren();
  find("served-by").textContent = "";
  find("who").hidden = true;
  find("search-form").hidden = true;
  find("new-profile").hidden = true;
  askToSignIn();
}

function askToSignIn() {
  find("sign-in").hidden = false;
  const viewers = config.demo_viewers ?? [];
  find("demo-viewers").replaceChildren(...viewers.map((viewer) =>
    element("button", { type: "button", onclick: () => attempt(async () => {
      await session.withPassword(viewer.username, viewer.password);
      await enter(viewer.profile_id);
    }) }, viewer.label)));
  find("hosted-sign-in").hidden = !config.hosted_ui;
  find("password-form").hidden = Boolean(config.hosted_ui);
}

function listen() {
  find("hosted-sign-in").addEventListener("click", () =>
    attempt(() => session.leaveForHostedPage(window.location)));
  find("password-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    attempt(async () => {
      await session.withPassword(fields.username, fields.password);
      event.target.reset();
      await enter();
    });
  });
  find("profile-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    attempt(async () => {
      const made = await api.createProfile(profileOf(fields));
      event.target.reset();
      askForProfile(false);
      await enter(made.profile_id);
    });
  });
  find("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => search(find("search").value.trim()));
  });
  find("search").addEventListener("input", () => { // emptied, by its cross as well
    if (state.found && !find("search").value) attempt(() => search(""));
  });
  find("profile").addEventListener("change", (event) =>
    attempt(() => open(event.target.value)));
  find("add-profile").addEventListener("click", () => askForProfile(true));
  find("cancel-profile").addEventListener("click", () => askForProfile(false));
  find("sign-out").addEventListener("click", signOut);
}

async function start() {
  const response = await fetch("/config.json");
  if (!response.ok) throw new Error("the page's configuration is missing: /config.json");
  config = await response.json();
  session = createSession(config);
  api = apiClient({ session, onWait: (seconds) => say(`Busy; trying again in ${seconds} s…`) });
  theatre = new Theatre({
    api, outbox: () => outbox, onError: show, onClosed: () => attempt(() => open(state.profileId)),
  });
  listen();
  try {
    await session.returnFromHostedPage(window.location, window.history);
  } catch (error) {
    show(error);
  }
  if (session.signedIn()) await attempt(() => enter());
  else askToSignIn();
}

start().catch(show);
