// The frame: theme and colour choices, dialogs, palette, toasts, keys. Pages work without it.

const YEAR = 31_536_000;
const TOAST_MS = 8000;
const KEYS_COOKIE = "keys";
const GO = { h: "home", m: "markets", b: "bots", s: "strategies", o: "orders" };

const root = document.documentElement;
const byId = (id) => document.getElementById(id);

function cookie(name) {
  return document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

function remember(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}

// The server reads these cookies and writes the attributes, so a page never flashes in the other theme.
function bindChoice(group) {
  const name = group.dataset.choice;
  const unset = group.querySelector("input").value;
  const chosen = cookie(name) ?? unset;
  for (const input of group.querySelectorAll("input")) {
    input.checked = input.value === chosen;
    input.addEventListener("change", () => {
      remember(name, input.value);
      if (input.value === unset) delete root.dataset[name];
      else root.dataset[name] = input.value;
    });
  }
}

// Browsers without invoker commands.
function openByCommand(event) {
  const button = event.target.closest("button[commandfor]");
  if (!button || "command" in HTMLButtonElement.prototype) return;
  const dialog = byId(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "show-modal") dialog?.showModal();
  else dialog?.close();
}

function closeOnBackdrop(event) {
  if (event.target instanceof HTMLDialogElement && event.target.open && event.offsetY !== undefined) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.clientX + event.clientY > 0) event.target.close();
  }
}

// Toasts: good news goes by itself, trouble stays until dismissed; neither while it is being read.
function settle(toast) {
  toast.querySelector("[data-dismiss]")?.addEventListener("click", () => toast.remove());
  if (toast.matches(".toast-error, .toast-warning")) return;
  let timer = setTimeout(() => toast.remove(), TOAST_MS);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) {
    toast.addEventListener(name, () => { timer = setTimeout(() => toast.remove(), TOAST_MS); });
  }
}

function addToast({ title, text, url }) {
  const place = document.querySelector("[data-toasts]");
  const template = byId("toast-template");
  if (!place || !template) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector("[data-toast-title]").textContent = title;
  toast.querySelector("[data-toast-text]").textContent = text ?? "";
  const link = toast.querySelector("[data-toast-link]");
  if (url?.startsWith("/") && !url.startsWith("//")) {
    link.href = url;
    link.hidden = false;
  }
  place.append(toast);
  settle(toast);
}

// Palette
function bindPalette(dialog) {
  const input = dialog.querySelector("[data-palette-input]");
  const items = [...dialog.querySelectorAll("[data-palette-item]")];
  const groups = [...dialog.querySelectorAll("[data-palette-group]")];
  const none = dialog.querySelector("[data-palette-none]");
  let at = 0;

  const visible = () => items.filter((item) => !item.hidden);
  const point = (index) => {
    const shown = visible();
    at = Math.max(0, Math.min(index, shown.length - 1));
    for (const item of items) item.removeAttribute("data-current");
    shown[at]?.setAttribute("data-current", "");
    shown[at]?.scrollIntoView({ block: "nearest" });
  };
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
    for (const group of groups) group.hidden = !group.querySelector("[data-palette-item]:not([hidden])");
    none.hidden = visible().length > 0;
    point(0);
  };
  input.addEventListener("input", filter);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") point(at + 1);
    else if (event.key === "ArrowUp") point(at - 1);
    else if (event.key === "Enter") visible()[at]?.click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("close", () => { input.value = ""; filter(); });
  filter();
}

function openPalette() {
  const dialog = byId("palette");
  if (dialog && !dialog.open) dialog.showModal();
}

// Keys. None of them places an order, and single keys can be switched off.
const typing = (element) => element?.closest("input, textarea, select, [contenteditable]");
let waitsForGo = 0;

function press(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!plain || typing(event.target) || cookie(KEYS_COOKIE) === "off" || document.querySelector("dialog[open]")) return;
  single(event);
}

function single(event) {
  if (performance.now() - waitsForGo < 1200 && event.key in GO) {
    waitsForGo = 0;
    document.querySelector(`[data-nav="${GO[event.key]}"]`)?.click();
  } else if (event.key === "g") waitsForGo = performance.now();
  else if (event.key === "?") byId("keys")?.showModal();
  else if (event.key === "/") {
    event.preventDefault();
    openPalette();
  }
}

function bindKeysSwitch(box) {
  box.checked = cookie(KEYS_COOKIE) !== "off";
  box.addEventListener("change", () => remember(KEYS_COOKIE, box.checked ? "on" : "off"));
}

async function copy(button) {
  await navigator.clipboard.writeText(byId(button.dataset.copy).textContent.trim());
  addToast({ title: "Copied" });
}

// A second press while the first is on its way would only be refused by the server.
function sendOnce(event) {
  const form = event.target;
  if (form.method !== "post" || event.submitter?.formMethod === "dialog") return;
  if (form.dataset.sent) event.preventDefault();
  else form.dataset.sent = "yes";
}

document.querySelectorAll("[data-choice]").forEach(bindChoice);
document.querySelectorAll(".toast").forEach(settle);
document.querySelectorAll("[data-keys-switch]").forEach(bindKeysSwitch);
document.querySelectorAll("[data-copy]").forEach((button) => button.addEventListener("click", () => copy(button)));
if (byId("palette")) bindPalette(byId("palette"));
document.addEventListener("click", openByCommand);
document.addEventListener("mousedown", closeOnBackdrop);
document.addEventListener("keydown", press);
document.addEventListener("submit", sendOnce);
document.addEventListener("outcry:toast", (event) => addToast(event.detail));
addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
