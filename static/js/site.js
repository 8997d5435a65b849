// Small comforts. Every page works without this file.
"use strict";

// One click, one request: a form that is on its way cannot be sent again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  // After the browser has read the pressed button's own value.
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      button.setAttribute("aria-disabled", "true");
      button.dataset.busy = "true";
    }
  });
});

// A page taken back out of the browser's memory may be sent again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[data-busy=true]")) {
      button.removeAttribute("aria-disabled");
      delete button.dataset.busy;
    }
  }
});

// <button type="button" hidden data-copy="#field" data-copied="Copied">: shown only where it can work.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.querySelector(button.dataset.copy);
      await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
      const words = button.querySelector("[data-words]") ?? button;
      const before = words.textContent;
      words.textContent = button.dataset.copied;
      setTimeout(() => { words.textContent = before; }, 2000);
    });
  }
}

// Open menus close on Escape and on a click elsewhere.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// The first field that was refused, where the server has not put the cursor there itself; else what the page
// says has just happened, so that whoever uses keys goes on from there.
if (!document.querySelector("[autofocus]")) {
  const said = document.querySelector(".notes:has(.note)");
  said?.setAttribute("tabindex", "-1");
  (document.querySelector(".is-invalid, [aria-invalid=true]") ?? said)?.focus({ focusVisible: false });
}
