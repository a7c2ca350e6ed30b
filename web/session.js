// Signing in: with a password at Cognito's own endpoint where the user pool allows it, or through
// the pool's sign-in page (`hosted_ui` in the configuration) with a code and PKCE.

import { base64Url } from "./logic.js";

const KEPT_UNDER = "marquee-session";
const PENDING_UNDER = "marquee-sign-in";

export function createSession(config, { storage = sessionStorage, fetcher = fetch } = {}) {
  let tokens = JSON.parse(storage.getItem(KEPT_UNDER) ?? "null");

  function keep(next) {
    tokens = next;
    if (next) storage.setItem(KEPT_UNDER, JSON.stringify(next));
    else storage.removeItem(KEPT_UNDER);
  }

  async function initiate(flow, parameters) {
    const response = await fetcher(config.identity_endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
      },
      body: JSON.stringify({
        ClientId: config.user_pool_client_id, AuthFlow: flow, AuthParameters: parameters,
      }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message ?? "signing in failed");
    if (!answer.AuthenticationResult) throw new Error(`more is needed: ${answer.ChallengeName}`);
    return answer.AuthenticationResult;
  }

  return {
    token: () => tokens?.access ?? "",
    signedIn: () => tokens !== null,
    forget: () => keep(null),

    async withPassword(username, password) {
      const result = await initiate("USER_PASSWORD_AUTH",
        { USERNAME: username, PASSWORD: password });
      keep({ access: result.AccessToken, refresh: result.RefreshToken ?? null, hosted: false });
    },

    /** A new token for an old one; false when the viewer must sign in again. */
    async refresh() {
      if (!tokens?.refresh) return false;
      try {
        const access = tokens.hosted
          ? (await redeem(config, fetcher,
            { grant_type: "refresh_token", refresh_token: tokens.refresh })).access_token
          : (await initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: tokens.refresh })).AccessToken;
        keep({ ...tokens, access });
        return true;
      } catch {
        keep(null); // the refresh token is spent: signing in again is the answer, not an error
        return false;
      }
    },

    /** Leaves for the user pool's sign-in page, which comes back with a code. */
    async leaveForHostedPage(location) {
      const verifier = base64Url(crypto.getRandomValues(new Uint8Array(48)));
      const state = base64Url(crypto.getRandomValues(new Uint8Array(16)));
      storage.setItem(PENDING_UNDER, JSON.stringify({ verifier, state }));
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
      const query = new URLSearchParams({
        response_type: "code",
        client_id: config.user_pool_client_id,
        redirect_uri: `${location.origin}/`,
        scope: "openid",
        state,
        code_challenge_method: "S256",
        code_challenge: base64Url(new Uint8Array(digest)),
      });
      location.assign(`${config.hosted_ui}/oauth2/authorize?${query}`);
    },

    /** Takes the code that the sign-in page left in the address, if there is one. */
    async returnFromHostedPage(location, history) {
      const query = new URLSearchParams(location.search);
      if (!config.hosted_ui || !(query.has("code") || query.has("error"))) return;
      const pending = JSON.parse(storage.getItem(PENDING_UNDER) ?? "null");
      storage.removeItem(PENDING_UNDER);
      history.replaceState(null, "", location.pathname);
      if (query.has("error")) throw new Error(query.get("error_description") ?? "not signed in");
      if (!pending || pending.state !== query.get("state")) {
        throw new Error("this sign-in was not begun here; try again");
      }
      const result = await redeem(config, fetcher, {
        grant_type: "authorization_code",
        code: query.get("code"),
        redirect_uri: `${location.origin}/`,
        code_verifier: pending.verifier,
      });
      keep({ access: result.access_token, refresh: result.refresh_token ?? null, hosted: true });
    },
  };
}

async function redeem(config, fetcher, fields) {
  const response = await fetcher(`${config.hosted_ui}/oauth2/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ client_id: config.user_pool_client_id, ...fields }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? "signing in failed");
  return answer;
}
