// Small comforts of the portal; every page works without them.

// The menu is folded away on phones.
const narrow = window.matchMedia("(max-width: 61.99rem)");
const menu = document.querySelector("[data-menu]");
if (menu && narrow.matches) menu.open = false;
narrow.addEventListener("change", () => { if (menu) menu.open = !narrow.matches; });

// Moments in the time zone of whoever looks.
const localise = (root) => {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.textContent = moment.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
    time.removeAttribute("data-local");
  }
};
localise(document);
document.addEventListener("htmx:afterSettle", (event) => localise(event.target));

// A question that was opened closes with Escape.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.confirm[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// Hours of charts, as above; the rest of a hint follows the hour.
const hours = (root) => {
  for (const one of root.querySelectorAll("[data-hour]")) {
    const moment = new Date(one.dataset.hour);
    const hour = moment.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    one.textContent = one.dataset.rest ? `${hour}: ${one.dataset.rest}` : hour;
    one.removeAttribute("data-hour");
  }
};
hours(document);
document.addEventListener("htmx:afterSettle", (event) => hours(event.target));

// What renews itself does not while somebody is at work in it, nor with what was asked for before that.
for (const moment of ["htmx:beforeRequest", "htmx:beforeSwap"]) {
  document.addEventListener(moment, (event) => {
    const place = event.target;
    if (!place.matches("[data-undisturbed]")) return;
    if (place.querySelector("details[open]") || place.contains(document.activeElement)) event.preventDefault();
  });
}
