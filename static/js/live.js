// Patches the page from live topics.
//
//   data-live-topic="bot.<uuid>"      values below belong to this topic
//   data-live-field="equity"          text of this element; data-format and data-tone say how (format.js)
//   data-tone="sign" | "change"       colour by the sign, or by the last move
//   data-live-dot="state_tone"        a .dot whose tone is this field
//   data-live-show="desired=running"  shown while the field has one of the values (comma separated)
//   data-live-hide-zero               hidden while the value is 0
//   data-live-list="orders"           rows [data-row="<id>"], new ones cloned from the <template> whose id is in
//                                     data-row-template; data-live-match="bot_id=<uuid>" keeps other rows out
//   data-live-href="/orders/{id}"     link built from the row's fields
//   data-live-refresh="orders"        see refresh.js
//   data-stale-after="15"             greyed after so many seconds of silence; the age goes to [data-live-age]
import { age, apply, sign } from "outcry/format";
import { look } from "outcry/refresh";
import { socket } from "outcry/socket";

const PAINT_MS = 100;
const LOST_BAND_MS = 3000;
const topics = new Map();
const dirty = new Set();
let paintedAt = 0;
let planned = false;

const all = (selector, root = document) => root.querySelectorAll(selector);

function setTone(element, value, before) {
  const how = element.dataset.tone;
  if (!how) return;
  const direction = how === "sign" ? sign(String(value)) : Math.sign(Number(value) - Number(before ?? value));
  if (how === "change" && direction === 0) return;
  element.classList.toggle("fig-up", direction > 0);
  element.classList.toggle("fig-down", direction < 0);
  element.classList.toggle("fig-zero", how === "sign" && direction === 0);
}

function setField(element, value) {
  const text = apply(element.dataset.format, value);
  if (element.textContent !== text) element.textContent = text;
  setTone(element, value, element.dataset.liveBefore);
  if (element.dataset.tone === "change") element.dataset.liveBefore = value;
  if ("liveHideZero" in element.dataset) element.hidden = !Number(value);
}

function setDot(element, tone) {
  for (const name of [...element.classList]) if (name.startsWith("dot-")) element.classList.remove(name);
  element.classList.add(`dot-${tone}`);
}

function setShown(element, data) {
  const [field, values] = element.dataset.liveShow.split("=");
  if (field in data) element.hidden = !values.split(",").includes(String(data[field]));
}

const own = (element, root, boundary) => element === root || element.closest(boundary) === root;

function patch(root, data, boundary) {
  const within = (selector) => [root, ...all(selector, root)].filter((e) => e.matches(selector) && own(e, root, boundary));
  for (const element of within("[data-live-field]")) {
    if (element.dataset.liveField in data) setField(element, data[element.dataset.liveField]);
  }
  for (const element of within("[data-live-dot]")) {
    if (element.dataset.liveDot in data) setDot(element, data[element.dataset.liveDot]);
  }
  for (const element of within("[data-live-show]")) setShown(element, data);
  for (const element of within("[data-live-href]")) {
    element.href = element.dataset.liveHref.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(data[name] ?? ""));
  }
}

function matches(list, row) {
  if (!list.dataset.liveMatch) return true;
  const [field, wanted] = list.dataset.liveMatch.split("=");
  return String(row[field]) === wanted;
}

function patchRow(list, row) {
  if (!row.id || !matches(list, row)) return;
  let element = list.querySelector(`[data-row="${CSS.escape(row.id)}"]`);
  if (!element) {
    const template = document.getElementById(list.dataset.rowTemplate);
    if (!template) return;
    element = template.content.firstElementChild.cloneNode(true);
    element.dataset.row = row.id;
    list.prepend(element);
    for (const other of all("[data-row-none]", list)) other.remove();
    const most = Number(list.dataset.rowLimit || 0);
    if (most) [...all("[data-row]", list)].slice(most).forEach((old) => old.remove());
  }
  patch(element, row, "[data-row]");
}

function paintTopic(topic) {
  const state = topics.get(topic);
  const name = CSS.escape(topic);
  for (const root of all(`[data-live-topic="${name}"]`)) patch(root, state.data, "[data-live-topic], [data-row]");
  for (const list of all(`[data-live-list="${name}"]`)) for (const row of state.rows) patchRow(list, row);
  look(topic, state.rows, scan);
  state.rows = [];
}

function paint() {
  planned = false;
  paintedAt = performance.now();
  for (const topic of dirty) paintTopic(topic);
  dirty.clear();
}

function plan(topic) {
  dirty.add(topic);
  if (planned) return;
  planned = true;
  const wait = Math.max(0, PAINT_MS - (performance.now() - paintedAt));
  setTimeout(() => requestAnimationFrame(paint), wait);
}

function announce(topic, data) {
  if (topic !== "notifications" || !data.title) return;
  document.dispatchEvent(new CustomEvent("outcry:toast", { detail: { title: data.title, text: data.text, url: data.url } }));
}

function receive(topic, frame) {
  if (frame.type === "error") return;
  const state = topics.get(topic);
  const data = frame.data ?? {};
  state.heardAt = performance.now();
  state.data = frame.type === "snapshot" ? data : { ...state.data, ...data };
  state.rows.push(...(Array.isArray(data.rows) ? data.rows : [data]));
  if (frame.type === "delta") announce(topic, data);
  plan(topic);
}

function join(topic) {
  if (topics.has(topic)) return;
  const state = { data: {}, rows: [], heardAt: performance.now(), end: null };
  topics.set(topic, state);
  state.end = socket.subscribe(topic, (frame) => receive(topic, frame));
}

/** Joins the topics named in the page and leaves those that are gone. Run again after a fragment was swapped in. */
function scan() {
  const named = new Set();
  for (const element of all("[data-live-topic]")) named.add(element.dataset.liveTopic);
  for (const element of all("[data-live-list]")) named.add(element.dataset.liveList);
  for (const element of all("[data-live-refresh]")) named.add(element.dataset.liveRefresh);
  for (const [topic, state] of topics) {
    if (named.has(topic)) continue;
    state.end();
    topics.delete(topic);
  }
  named.forEach(join);
  topics.forEach((_, topic) => plan(topic));
}

function watchAges() {
  const now = performance.now();
  for (const element of all("[data-stale-after]")) {
    const root = element.closest("[data-live-topic]");
    const state = root && topics.get(root.dataset.liveTopic);
    if (!state) continue;
    const seconds = (now - state.heardAt) / 1000;
    const stale = seconds > Number(element.dataset.staleAfter);
    element.classList.toggle("stale", stale);
    for (const label of all("[data-live-age]", element)) label.textContent = stale ? `${age(seconds)} old` : "";
  }
}

function watchConnection() {
  const band = document.querySelector("[data-live-offline]");
  let timer = 0;
  socket.watch((state) => {
    document.documentElement.dataset.connection = state;
    clearTimeout(timer);
    if (!band) return;
    if (state === "revoked") {
      band.querySelector("strong").textContent = "Signed out";
      band.querySelector("span").textContent = "This session was ended. Reload the page to sign in again.";
      band.hidden = false;
    } else if (state === "lost") timer = setTimeout(() => { band.hidden = false; }, LOST_BAND_MS);
    else band.hidden = true;
  });
}

scan();
watchConnection();
setInterval(watchAges, 1000);
document.addEventListener("htmx:after:swap", scan);
