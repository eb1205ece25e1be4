// Keeps the order book and the tape of a market's page alive.
//
//   data-book="book.BTCUSDT"    rows of [data-side="asks"] and [data-side="bids"], best at the spread
//   data-tape="trades.BTCUSDT"  newest trades on top of [data-rows]
//   data-places, data-size-places: digits of prices and sizes
import { clock, fixed } from "outcry/format";
import { socket } from "outcry/socket";

const LEVELS = 8;
const PRINTS = 18;
const PAINT_MS = 150;

/** Calls draw(newest) at most once in PAINT_MS, and only while the page is looked at. */
function paced(draw) {
  let newest = null;
  let waits = false;
  return (value) => {
    newest = value;
    if (waits) return;
    waits = true;
    setTimeout(() => requestAnimationFrame(() => { waits = false; draw(newest); }), PAINT_MS);
  };
}

function cell(row, text, names) {
  const made = row.insertCell();
  made.textContent = text;
  made.className = names;
  return made;
}

function ladderRow(body, side) {
  const row = body.insertRow();
  cell(row, "", `num side-${side === "asks" ? "sell" : "buy"}`);
  cell(row, "", "end num");
  cell(row, "", "end num quiet");
  const bar = document.createElement("progress");
  bar.className = `depth depth-${side === "asks" ? "ask" : "bid"}`;
  bar.max = 1000;
  bar.setAttribute("aria-label", "Depth");
  row.insertCell().append(bar);
  return row;
}

function drawSide(root, side, levels, sums, deepest) {
  const body = root.querySelector(`[data-side="${side}"]`);
  while (body.rows.length > levels.length) body.deleteRow(-1);
  while (body.rows.length < levels.length) ladderRow(body, side);
  levels.forEach(([price, size], at) => {
    // Asks stand upside down: the best one lies at the spread.
    const { cells } = body.rows[side === "asks" ? levels.length - 1 - at : at];
    cells[0].textContent = fixed(price, Number(root.dataset.places));
    cells[1].textContent = fixed(size, Number(root.dataset.sizePlaces));
    // Sums only draw bars and a rounded column; money never passes here.
    cells[2].textContent = fixed(String(sums[at].toFixed(8)), Number(root.dataset.sizePlaces));
    cells[3].firstElementChild.value = deepest ? Math.round((sums[at] * 1000) / deepest) : 0;
  });
}

function running(levels) {
  let sum = 0;
  return levels.map(([, size]) => (sum += Number(size)));
}

function drawBook(root, data) {
  const asks = (data.asks ?? []).slice(0, LEVELS);
  const bids = (data.bids ?? []).slice(0, LEVELS);
  if (!asks.length || !bids.length) return;
  const sums = [running(asks), running(bids)];
  const deepest = Math.max(sums[0].at(-1), sums[1].at(-1));
  drawSide(root, "asks", asks, sums[0], deepest);
  drawSide(root, "bids", bids, sums[1], deepest);
  const places = Number(root.dataset.places);
  root.querySelector("[data-spread]").textContent = fixed((Number(asks[0][0]) - Number(bids[0][0])).toFixed(places), places);
}

function followBook(root) {
  const draw = paced((data) => drawBook(root, data));
  let state = {};
  socket.subscribe(root.dataset.book, (frame) => {
    if (frame.type === "error") return;
    state = frame.type === "snapshot" ? frame.data ?? {} : { ...state, ...frame.data };
    draw(state);
  });
}

function drawTape(root, prints) {
  const body = root.querySelector("[data-rows]");
  body.replaceChildren();
  for (const print of prints) {
    const row = body.insertRow();
    cell(row, clock(print.ts), "num quiet");
    cell(row, fixed(print.p, Number(root.dataset.places)), `end num side-${print.side}`);
    cell(row, fixed(print.q, Number(root.dataset.sizePlaces)), "end num");
    cell(row, print.side === "sell" ? "Sell" : "Buy", "quiet");
  }
}

function followTape(root) {
  const draw = paced((prints) => drawTape(root, prints));
  let prints = [];
  socket.subscribe(root.dataset.tape, (frame) => {
    if (frame.type === "error") return;
    const heard = [...(frame.data?.prints ?? [])].reverse();
    const known = new Set(heard.map((print) => print.id));
    const rest = frame.type === "snapshot" ? [] : prints.filter((print) => !known.has(print.id));
    prints = [...heard, ...rest].slice(0, PRINTS);
    if (prints.length) draw(prints);
  });
}

for (const root of document.querySelectorAll("[data-book]")) followBook(root);
for (const root of document.querySelectorAll("[data-tape]")) followTape(root);
