/* Lists that can be put into order: moves lines without asking the server, by button and by dragging.
   Without this script the same buttons send the form, and the server answers with the moved list. */
"use strict";

for (const list of document.querySelectorAll("[data-order]")) {
  const told = document.querySelector("[data-order-told]");

  const move = (line, up) => {
    const other = up ? line.previousElementSibling : line.nextElementSibling;
    if (!other) return;
    if (up) other.before(line);
    else other.after(line);
    const place = [...list.children].indexOf(line) + 1;
    if (told) told.textContent = `${line.dataset.title}: ${place} / ${list.children.length}`;
  };

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=move]");
    if (!button) return;
    event.preventDefault();
    move(button.closest("li"), button.value.startsWith("up:"));
    button.focus();
  });

  let dragged = null;
  for (const line of list.children) {
    line.draggable = true;
    line.addEventListener("dragstart", () => {
      dragged = line;
    });
    line.addEventListener("dragover", (event) => {
      if (!dragged || dragged === line) return;
      event.preventDefault();
      const box = line.getBoundingClientRect();
      if (event.clientY > box.top + box.height / 2) line.after(dragged);
      else line.before(dragged);
    });
    line.addEventListener("drop", (event) => event.preventDefault());
    line.addEventListener("dragend", () => {
      dragged = null;
    });
  }
}
