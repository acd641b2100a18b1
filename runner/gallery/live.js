// `runner serve`: replaces entries and states with new ones while the page is visible.
const seconds = 3;
let version = document.documentElement.dataset.version;
const look = async () => {
  if (document.hidden) return;
  const note = document.getElementById("connection");
  try {
    const answer = await fetch("?version", { cache: "no-store" });
    const now = (await answer.json()).version;
    note.hidden = true;
    if (now === version) return;
    const page = new DOMParser().parseFromString(await (await fetch("./", { cache: "no-store" })).text(), "text/html");
    for (const part of ["main", "nav", "header > .note"]) {
      document.querySelector(part).replaceWith(page.querySelector(part));
    }
    version = page.documentElement.dataset.version;
    filter();
  } catch {
    note.hidden = false;
  }
};
setInterval(look, 1000 * seconds);
