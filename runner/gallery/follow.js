"use strict";
// `runner serve`: the report is loaded again after its files have changed, while the page is visible.
const seconds = 3;
const report = document.querySelector("iframe");
let version = null; // of the files from which the shown report was made, as far as known
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
    if (now.version === "current") location.reload(); // the report on the disk is up to date now
    else if (version !== null) report.contentWindow.location.reload();
    version = now.version;
  } catch {
    connection.hidden = false;
  }
};
document.getElementById("follows").hidden = false;
setInterval(look, 1000 * seconds);
look();
