"use strict";
// The filter shows the entries that contain every typed word.
const input = document.getElementById("filter");
const filter = () => {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const entries = [...document.querySelectorAll("article")];
  let shown = 0;
  for (const entry of entries) {
    const text = entry.textContent.toLowerCase();
    entry.hidden = !words.every((word) => text.includes(word));
    shown += !entry.hidden;
  }
  for (const section of document.querySelectorAll("main > section")) {
    const own = [...section.querySelectorAll("article")];
    section.hidden = own.length > 0 && own.every((entry) => entry.hidden);
  }
  document.getElementById("count").textContent = `${shown} of ${entries.length}`;
};
input.addEventListener("input", filter);
input.closest("p").hidden = false;
filter();
