import assert from "node:assert/strict";
import { test } from "node:test";

import { createSession } from "../../../web/session.js";

const CONFIG = { user_pool_client_id: "client", identity_endpoint: "/identity/" };
const HOSTED = { ...CONFIG, hosted_ui: "https://sign-in.example" };
const ORIGIN = "https://marquee.example";

function world(config, answers = []) {
  const kept = new Map();
  const calls = [];
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  const fetcher = async (url, options) => {
    calls.push({ url, ...options });
    const [status, body] = answers.shift();
    return new Response(JSON.stringify(body), { status });
  };
  return { session: createSession(config, { storage, fetcher }), kept, calls, storage };
}

const signedIn = [200, { AuthenticationResult: { AccessToken: "a1", RefreshToken: "r1" } }];

test("a password is exchanged for a token that a reload keeps", async () => {
  const { session, calls, storage } = world(CONFIG, [signedIn]);
  await session.withPassword("ada", "secret");
  assert.equal(session.token(), "a1");
  assert.equal(calls[0].headers["x-amz-target"],
    "AWSCognitoIdentityProviderService.InitiateAuth");
  assert.equal(JSON.parse(calls[0].body).AuthFlow, "USER_PASSWORD_AUTH");
  assert.equal(createSession(CONFIG, { storage }).token(), "a1");
});

test("a wrong password is said and leaves nobody signed in", async () => {
  const { session } = world(CONFIG, [[400, { message: "Incorrect username or password." }]]);
  await assert.rejects(session.withPassword("ada", "x"), /Incorrect username/);
  assert.ok(!session.signedIn());
});

test("a challenge we can't answer is named", async () => {
  const { session } = world(CONFIG, [[200, { ChallengeName: "NEW_PASSWORD_REQUIRED" }]]);
  await assert.rejects(session.withPassword("ada", "x"), /NEW_PASSWORD_REQUIRED/);
});

test("a token is renewed", async () => {
  const { session } = world(CONFIG,
    [signedIn, [200, { AuthenticationResult: { AccessToken: "a2" } }]]);
  await session.withPassword("ada", "secret");
  assert.ok(await session.refresh());
  assert.equal(session.token(), "a2");
});

test("a spent refresh token ends the session", async () => {
  const { session } = world(CONFIG, [signedIn, [400, { message: "expired" }]]);
  await session.withPassword("ada", "secret");
  assert.ok(!(await session.refresh()));
  assert.ok(!session.signedIn());
});

test("nobody signed in, nothing to renew", async () => {
  assert.ok(!(await world(CONFIG).session.refresh()));
});

test("the hosted page is asked with PKCE and its code is redeemed", async () => {
  const { session, calls } = world(HOSTED, [[200, { access_token: "a1", refresh_token: "r1" }]]);
  let gone;
  await session.leaveForHostedPage({ origin: ORIGIN, assign: (url) => { gone = new URL(url); } });
  assert.equal(gone.origin + gone.pathname, "https://sign-in.example/oauth2/authorize");
  assert.equal(gone.searchParams.get("code_challenge_method"), "S256");
  let shown;
  await session.returnFromHostedPage(
    { origin: ORIGIN, pathname: "/", search: `?code=c1&state=${gone.searchParams.get("state")}` },
    { replaceState: (state, title, path) => { shown = path; } });
  assert.equal(session.token(), "a1");
  assert.equal(shown, "/");
  const verifier = calls[0].body.get("code_verifier");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  assert.equal(Buffer.from(digest).toString("base64url"),
    gone.searchParams.get("code_challenge"));
});

test("a code that was not asked for is refused", async () => {
  const { session, calls } = world(HOSTED);
  await assert.rejects(session.returnFromHostedPage(
    { origin: ORIGIN, pathname: "/", search: "?code=stolen&state=x" },
    { replaceState: () => {} }), /not begun here/);
  assert.equal(calls.length, 0);
});

test("an address without a code is left alone", async () => {
  const { session } = world(HOSTED);
  await session.returnFromHostedPage({ origin: ORIGIN, pathname: "/", search: "" }, {});
  assert.ok(!session.signedIn());
});
