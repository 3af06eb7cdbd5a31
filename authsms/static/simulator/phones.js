// Keeps the virtual phones up to date. Everything on the page also works without this file.
"use strict";

const PATIENCE_SECONDS = 25;
const RETRY_MILLISECONDS = 1500;

const board = document.getElementById("board");
const live = document.getElementById("live");
let version = board.dataset.version;

function showLive(connected) {
  live.hidden = false;
  live.classList.toggle("is-away", !connected);
  const words = document.getElementById("live-words");
  const text = connected ? "Live" : "Reconnecting";
  if (words.textContent !== text) {
    words.textContent = text;
  }
}

function adopt(element) {
  return document.importNode(element, true);
}

// Texts that are here already stay the same elements, so that focus and a selection survive.
function mergeTexts(here, fresh, arrived) {
  const wanted = new Set();
  for (const item of fresh.children) {
    wanted.add(item.id);
    const known = document.getElementById(item.id);
    if (!known) {
      const added = adopt(item);
      added.classList.add("is-new");
      here.append(added);
      arrived.push(added);
    } else if (known.dataset.state !== item.dataset.state) {
      known.replaceWith(adopt(item));
    }
  }
  for (const item of [...here.children]) {
    if (!wanted.has(item.id)) {
      item.remove();
    }
  }
}

function mergePhone(here, fresh) {
  const arrived = [];
  mergeTexts(here.querySelector("ol"), fresh.querySelector("ol"), arrived);
  here.dataset.unread = fresh.dataset.unread;
  here.classList.toggle("has-news", fresh.classList.contains("has-news"));
  for (const part of [".unread", ".clear"]) {
    if (here.querySelector(part).innerHTML !== fresh.querySelector(part).innerHTML) {
      here.querySelector(part).replaceWith(adopt(fresh.querySelector(part)));
    }
  }
  here.querySelector("h2").textContent = fresh.querySelector("h2").textContent;
  const reply = here.querySelector(".reply");
  const freshReply = fresh.querySelector(".reply");
  if (reply.dataset.kind !== freshReply.dataset.kind || reply.dataset.kind === "closed") {
    reply.replaceWith(adopt(freshReply));
  }
  if (arrived.some((item) => item.classList.contains("received"))) {
    buzz(here);
  }
  if (arrived.length) {
    here.querySelector(".talk").scrollTop = 0;
  }
}

function buzz(phone) {
  phone.classList.add("is-buzzing");
  phone.addEventListener("animationend", () => phone.classList.remove("is-buzzing"), { once: true });
}

function mergeBoard(page) {
  const fresh = page.getElementById("board");
  const wanted = new Set();
  for (const phone of fresh.children) {
    wanted.add(phone.id);
    const known = document.getElementById(phone.id);
    if (known) {
      mergePhone(known, phone);
    } else {
      board.append(adopt(phone));
      buzz(board.lastElementChild);
    }
  }
  for (const phone of [...board.children]) {
    if (!wanted.has(phone.id)) {
      phone.remove();
    }
  }
  document.getElementById("empty").hidden = page.getElementById("empty").hidden;
  document.getElementById("more").hidden = page.getElementById("more").hidden;
  document.getElementById("more-words").textContent = page.getElementById("more-words").textContent;
  document.title = page.title;
}

async function refresh() {
  const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } });
  if (!answer.ok) {
    throw new Error("no page");
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  mergeBoard(page);
  version = page.getElementById("board").dataset.version;
}

async function follow() {
  for (;;) {
    try {
      const answer = await fetch(`${board.dataset.changes}?since=${version}&wait=${PATIENCE_SECONDS}`);
      if (!answer.ok) {
        throw new Error("no answer");
      }
      const news = await answer.json();
      showLive(true);
      if (String(news.version) !== version) {
        await refresh();
      }
    } catch {
      showLive(false);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    }
  }
}

async function copy(button) {
  const words = button.querySelector(".copy-words");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = "Copied";
    button.classList.add("is-done");
  } catch {
    getSelection().selectAllChildren(button.querySelector("strong"));
    words.textContent = "Selected";
  }
  setTimeout(() => {
    words.textContent = "Copy";
    button.classList.remove("is-done");
  }, 2000);
}

function look(event) {
  const phone = event.target.closest(".phone");
  if (phone && phone.dataset.unread !== "0") {
    phone.dataset.unread = "0";
    fetch(phone.dataset.read, { method: "POST" }).catch(() => undefined);
  }
}

async function send(form) {
  const data = new URLSearchParams(new FormData(form));
  try {
    const answer = await fetch(form.action, { method: "POST", body: data });
    if (!answer.ok) {
      throw new Error("not sent");
    }
    form.reset();
  } catch {
    form.submit();
  }
}

document.documentElement.classList.add("js");
board.addEventListener("pointerdown", look);
board.addEventListener("focusin", look);
board.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    copy(button);
  }
});
board.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target);
});
setInterval(() => {
  const now = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  for (const clock of document.querySelectorAll(".now")) {
    clock.textContent = now;
  }
}, 10_000);
showLive(true);
follow();
