"use strict";
// The filter shows the entries that contain every typed word, in the chosen order within each section.
const input = document.getElementById("filter");
const order = document.getElementById("order");
const byName = (one, other) => one.dataset.name.localeCompare(other.dataset.name, undefined, { numeric: true });
const byDate = (one, other) => other.dataset.date.localeCompare(one.dataset.date);
const ORDERS = {
  date: byDate,
  name: byName,
  verdict: (one, other) => one.dataset.verdict - other.dataset.verdict || byDate(one, other),
};
const arrange = () => {
  for (const section of document.querySelectorAll("main > section")) {
    section.append(...[...section.querySelectorAll("article")].sort(ORDERS[order.value]));
  }
};
const filter = () => {
  arrange();
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
order.addEventListener("change", filter);
input.closest("p").hidden = false;
filter();
