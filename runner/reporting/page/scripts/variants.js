"use strict";
// The variants hidden by the user; every part of the page omits them.
const hidden = new Set();
const followers = []; // called after every change

const follow = (update) => followers.push(update);
const changed = () => {
  for (const row of document.querySelectorAll("tr[data-variant]")) {
    row.classList.toggle("off", hidden.has(Number(row.dataset.variant)));
  }
  for (const button of document.querySelectorAll("button[data-toggles]")) {
    button.setAttribute("aria-pressed", String(!hidden.has(Number(button.dataset.toggles))));
  }
  followers.forEach((update) => update());
};
const toggle = (variant) => {
  if (!hidden.delete(variant)) hidden.add(variant);
  changed();
};
const showAll = () => {
  hidden.clear();
  changed();
};
const showOnly = (variant, count) => {
  for (let other = 0; other < count; other += 1) {
    if (other === variant) hidden.delete(other);
    else hidden.add(other);
  }
  changed();
};

// A button that shows or hides a variant.
const toggler = (variant, name) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toggle";
  button.dataset.toggles = variant;
  button.setAttribute("aria-pressed", String(!hidden.has(variant)));
  button.title = "show or hide this variant in charts and tables";
  button.append(...(name instanceof Node ? name.childNodes : [name]));
  button.addEventListener("click", () => toggle(variant));
  return button;
};
for (const name of document.querySelectorAll(".forest tr[data-variant] .name")) {
  name.replaceChildren(toggler(Number(name.closest("tr").dataset.variant), name.cloneNode(true)));
}
