// The wallet's pages: looks again when the wallet changed, fills in the most, prints. Everything works without it.
//
//   data-wallet-refresh               asks for itself anew (hx-trigger="wallet-changed") after the topic `wallet` spoke
//   data-fill="id" data-fill-with="…" puts a value into a field
//   data-submit                       sends the form of a choice at once
//   data-print                        prints the page
import { socket } from "outcry/socket";

const SETTLE_MS = 400;
const LOOK_MS = 30_000;
let planned = 0;

function lookAgain() {
  planned = 0;
  for (const part of document.querySelectorAll("[data-wallet-refresh]")) {
    if (!part.querySelector("details[open]") && !part.contains(document.activeElement)) part.dispatchEvent(new Event("wallet-changed"));
  }
}

function heard(frame) {
  if (frame.type !== "delta" || planned) return;
  planned = setTimeout(lookAgain, SETTLE_MS);
}

function fill(button) {
  const field = document.getElementById(button.dataset.fill);
  if (!field) return;
  field.value = button.dataset.fillWith;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function clicked(event) {
  const filler = event.target.closest("[data-fill]");
  if (filler) fill(filler);
  if (event.target.closest("[data-print]")) print();
}

document.addEventListener("click", clicked);
document.addEventListener("change", (event) => event.target.matches("[data-submit]") && event.target.form.requestSubmit());
if (document.querySelector("[data-wallet-refresh]")) {
  socket.subscribe("wallet", heard);
  setInterval(lookAgain, LOOK_MS);
}
