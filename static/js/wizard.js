// The invite wizard: search and preview while you type. Every step works without this file.
"use strict";

const form = document.getElementById("wizard");
const PAUSE = 300; // milliseconds without a key before the server is asked

// What is being typed is shown by the server, which keeps nothing of it.
let asked = 0;
async function glance() {
  const mine = ++asked;
  const answer = await fetch(form.dataset.glance, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (!answer?.ok || mine !== asked) return; // a newer question is on its way
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const region of document.querySelectorAll("[data-region]")) {
    const fresh = found.getElementById(region.id);
    if (!fresh) continue;
    const open = [...region.querySelectorAll("details")].map((one) => one.open);
    region.replaceChildren(...fresh.childNodes);
    region.querySelectorAll("details").forEach((one, index) => { one.open = open[index] ?? one.open; });
  }
}

if (form) {
  let waiting;
  const soon = (event) => {
    if (!event.target.matches("input[type=search], textarea")) return;
    clearTimeout(waiting);
    waiting = setTimeout(glance, PAUSE);
  };
  form.addEventListener("input", soon);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input[type=search]")) return;
    event.preventDefault(); // Enter searches, it does not go on
    glance();
  });
  // Another language may bring other opening words: the page is asked for anew, with everything kept.
  form.addEventListener("change", (event) => {
    if (event.target.name === "language") form.querySelector("button[data-live]").click();
  });
  // The steps above are links; what was typed here is kept when one is followed.
  for (const link of document.querySelectorAll("a[data-keeps]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      form.action = link.dataset.keeps;
      form.submit();
    });
  }
}

// The link that opens the reader's own mail program, asked for on the page before.
addEventListener("load", () => setTimeout(() => document.querySelector("a[data-opens]")?.click()));
