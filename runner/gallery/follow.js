"use strict";
// `runner serve`: reloads the report when its files have changed, while the page is visible.
const seconds = 3;
const report = document.querySelector("iframe");
let version = null; // version of the files behind the shown report, if known
const look = async () => {
  if (document.hidden) return;
  const connection = document.getElementById("connection");
  try {
    const now = await (await fetch("index.html?version", { cache: "no-store" })).json();
    connection.hidden = true;
    const state = document.getElementById("state");
    state.textContent = now.state;
    state.className = `state ${now.state}`;
    document.getElementById("detail").textContent = now.detail;
    if (now.version === version) return;
    if (now.version === "current") location.reload(); // the report on disk is now up to date
    else if (version !== null) report.contentWindow.location.reload();
    version = now.version;
  } catch {
    connection.hidden = false;
  }
};
document.getElementById("follows").hidden = false;
setInterval(look, 1000 * seconds);
look();
