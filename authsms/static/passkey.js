// Has the browser make or use a passkey (WebAuthn), and sends what comes of it with the page's own form.
"use strict";

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const toKeys = (list) => (list || []).map((key) => ({ ...key, id: toBytes(key.id) }));

// What the server asks for is JSON; browsers want bytes. (They bring converters of their own, but only the newest do.)
const readers = {
  create: (asked) => ({
    ...asked,
    challenge: toBytes(asked.challenge),
    user: { ...asked.user, id: toBytes(asked.user.id) },
    excludeCredentials: toKeys(asked.excludeCredentials),
  }),
  get: (asked) => ({ ...asked, challenge: toBytes(asked.challenge), allowCredentials: toKeys(asked.allowCredentials) }),
};

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const act = form.dataset.passkey;
  const failed = form.querySelector("[data-passkey-failed]");
  const button = form.querySelector("[data-passkey-button]");
  const isAble = "PublicKeyCredential" in window;
  button.hidden = !isAble;
  form.querySelector("[data-passkey-unable]").hidden = isAble;
  button.addEventListener("click", async (event) => {
    if (form.elements.credential.value || !form.reportValidity()) return;
    event.preventDefault();
    failed.hidden = true;
    button.setAttribute("aria-busy", "true");
    try {
      const publicKey = readers[act](JSON.parse(form.dataset.options));
      form.elements.credential.value = written(await navigator.credentials[act]({ publicKey }));
      form.requestSubmit();
    } catch {
      failed.hidden = false;
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  // Whoever comes back to the page is asked anew.
  window.addEventListener("pageshow", () => {
    form.elements.credential.value = "";
  });
}
