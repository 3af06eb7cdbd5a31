// A whole login by the client that most Node applications use. Reads one line: where the browser was sent back to.
import { createInterface } from "node:readline/promises";
import * as openid from "openid-client";

const [issuer, clientId, secret, callback] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin });
const config = await openid.discovery(new URL(issuer), clientId, undefined, openid.ClientSecretBasic(secret), {
  execute: [openid.allowInsecureRequests],
});
const verifier = openid.randomPKCECodeVerifier();
const state = openid.randomState();
const nonce = openid.randomNonce();
const address = await openid.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: callback,
  scope: "openid profile",
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
console.log(address.href);

const [back] = await new Promise((resolve) => lines.once("line", (line) => resolve([line])));
lines.close();
const tokens = await openid.authorizationCodeGrant(config, new URL(back), {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
});
const claims = tokens.claims();
const person = await openid.fetchUserInfo(config, tokens.access_token, claims.sub);
console.log(JSON.stringify({ acr: claims.acr, name: person.preferred_username }));
