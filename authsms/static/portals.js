// What the portals do when there is JavaScript: clocks that run, a status that is asked for, codes that fill themselves in.
// Every page works without it.
"use strict";

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

// A form is sent once, however often somebody clicks; the server answers a second copy like the first anyway.
for (const form of all("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of all("button", form)) button.setAttribute("aria-busy", "true");
  });
}
window.addEventListener("pageshow", () => {
  for (const form of all("form[data-once]")) {
    delete form.dataset.sent;
    for (const button of all("button", form)) button.removeAttribute("aria-busy");
  }
});

// Countdowns run on the page's own clock, from the seconds the server gave.
const started = performance.now();

function expire(row) {
  row.classList.add("over");
  row.querySelector("span").replaceWith(document.querySelector("template[data-expired]").content.cloneNode(true));
  row.setAttribute("role", "status");
}

function allowResend(hint) {
  document.querySelector("[data-resend]").disabled = false;
  hint.remove();
}

for (const clock of all("[data-countdown]")) {
  const total = Number(clock.dataset.countdown);
  const timer = setInterval(() => {
    const left = Math.max(0, Math.ceil(total - (performance.now() - started) / 1000));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) return;
    clearInterval(timer);
    const expiry = clock.closest("[data-expiry]");
    const hint = clock.closest("[data-wait]");
    if (expiry) expire(expiry);
    else if (hint) allowResend(hint);
  }, 250);
}

// Where the text is late or lost, another way in is offered without a reload; once there, it stays.
function offerAnotherWay() {
  const offer = document.querySelector("[data-offer]");
  if (!offer || !offer.hidden) return;
  offer.hidden = false;
  document.querySelector("[data-offer-told]").textContent = offer.querySelector("h2").textContent;
  for (const ways of all("[data-ways]")) {
    ways.hidden = !ways.contains(document.activeElement) && all("button", ways).length === all("button", offer).length;
  }
}

// How far the text is: asked for every 1.5 seconds, less often after a minute, not while nobody looks.
for (const delivery of all("[data-status-url]")) {
  const text = delivery.querySelector("[data-status-text]");
  const ask = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(delivery.dataset.statusUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (!answer.ok) return;
        const status = await answer.json();
        delivery.dataset.stage = status.stage;
        if (text.textContent !== status.text) text.textContent = status.text;
        if (status.offers) offerAnotherWay();
        if (status.final) return;
      } catch {
        // The network is away for a moment; the next turn asks again.
      }
    }
    setTimeout(ask, performance.now() - started < 60_000 ? 1500 : 5000);
  };
  setTimeout(ask, 700);
}

// The code: pasted with spaces or letters around it, or taken from the text message by the browser (WebOTP).
for (const field of all("input[data-digits]")) {
  const digits = Number(field.dataset.digits);
  field.addEventListener("paste", (event) => {
    const code = event.clipboardData.getData("text").replace(/\D/g, "");
    if (code.length !== digits) return;
    event.preventDefault();
    field.value = code;
  });
  if ("OTPCredential" in window) {
    const listening = new AbortController();
    field.form.addEventListener("submit", () => listening.abort());
    navigator.credentials
      .get({ otp: { transport: ["sms"] }, signal: listening.signal })
      .then((credential) => {
        if (!credential || !credential.code) return;
        field.value = credential.code;
        field.form.requestSubmit();
      })
      .catch(() => {});
  }
}

// Show what was typed as a password.
for (const button of all("button[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    field.focus();
  });
  field.form.addEventListener("submit", () => {
    field.type = "password";
  });
}

// Times in the person's own time zone, and in their own variant of the page's language.
const language = document.documentElement.lang;
const variant = navigator.languages.find((name) => name.split("-")[0] === language) || language;
for (const time of all("time[data-local]")) {
  time.textContent = new Date(time.dateTime).toLocaleString(variant, { dateStyle: "medium", timeStyle: "short" });
}
