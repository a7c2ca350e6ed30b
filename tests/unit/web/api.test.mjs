import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, apiClient } from "../../../web/api.js";

function answer(status, body, headers = {}) {
  return new Response(status === 204 ? null : JSON.stringify(body), { status, headers });
}

function clientWith(answers, { refresh = async () => false } = {}) {
  const calls = [];
  const waits = [];
  let token = "old";
  const api = apiClient({
    session: {
      token: () => token,
      refresh: async () => {
        const done = await refresh();
        if (done) token = "new";
        return done;
      },
    },
    fetcher: async (path, options) => {
      calls.push({ path, ...options });
      return answers.shift();
    },
    wait: async (seconds) => { waits.push(seconds); },
  });
  return { api, calls, waits };
}

test("a call carries the token and escapes ids", async () => {
  const { api, calls } = clientWith([answer(200, { rows: [] })]);
  await api.home("a/b");
  assert.equal(calls[0].path, "/v1/profiles/a%2Fb/home");
  assert.equal(calls[0].headers.authorization, "Bearer old");
});

test("a busy server is asked again after its Retry-After", async () => {
  const busy = () => answer(429, {}, { "retry-after": "2" });
  const { api, calls, waits } = clientWith([busy(), busy(), answer(202, { accepted: 1 })]);
  assert.deepEqual(await api.events("p1", [{}]), { accepted: 1 });
  assert.equal(calls.length, 3);
  assert.deepEqual(waits, [2, 2]);
});

test("a server that stays busy is an error in the end", async () => {
  const busy = () => answer(503, { error: { code: "unavailable", message: "later" } });
  const { api, calls } = clientWith([busy(), busy(), busy(), busy(), busy()]);
  await assert.rejects(api.profiles(), (error) => error instanceof ApiError
    && error.status === 503 && error.message === "later");
  assert.equal(calls.length, 4);
});

test("an expired token is renewed once", async () => {
  const { api, calls } = clientWith(
    [answer(401, { message: "Unauthorized" }), answer(200, { items: [] })],
    { refresh: async () => true });
  assert.deepEqual(await api.profiles(), []);
  assert.equal(calls[1].headers.authorization, "Bearer new");
});

test("a token that can't be renewed ends the session", async () => {
  const { api } = clientWith([answer(401, { message: "Unauthorized" })]);
  await assert.rejects(api.profiles(), (error) => error.status === 401);
});

test("a token that is refused though renewed is not renewed for ever", async () => {
  const { api, calls } = clientWith(
    [answer(401, {}), answer(401, {}), answer(401, {})], { refresh: async () => true });
  await assert.rejects(api.profiles(), (error) => error.status === 401);
  assert.equal(calls.length, 2);
});

test("an answer that isn't JSON is an error with words", async () => {
  const { api } = clientWith([new Response("<html>", { status: 502 })]);
  await assert.rejects(api.profiles(), /the server said 502/);
});

test("the fields at fault are told", async () => {
  const body = { error: { code: "invalid_request", message: "no",
    details: [{ field: "rating", message: "wrong" }] } };
  const { api } = clientWith([answer(400, body)]);
  await assert.rejects(api.rate("p1", "t1", 9), (error) =>
    error.details[0] === "rating: wrong");
});
