// Price chart: candles from the API, the forming candle from the live topic, fills as marks, own prices as lines.
import { CandlestickSeries, HistogramSeries, createChart, createSeriesMarkers, LineStyle } from "lightweight-charts";
import { colour, faded, onThemeChange } from "outcry/colours";
import { dragLines } from "outcry/drag";
import { fixed } from "outcry/format";
import { socket } from "outcry/socket";

const LABELLED_MARKS = 14;
const TABLE_ROWS = 60;
const OPEN_MESSAGE = "Candles could not be loaded. ";
const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

const json = (id) => JSON.parse(document.getElementById(id)?.textContent || "[]");
const clock = (ms) => new Date(ms).toISOString().replace("T", " ").slice(0, 16);

class PriceChart {
  constructor(box) {
    this.box = box;
    this.places = Number(box.dataset.places || 2);
    this.message = box.querySelector("[data-chart-message]");
    this.readout = box.querySelector("[data-chart-readout]");
    this.rows = [];
    this.priceLines = [];
    this.chart = createChart(box, { autoSize: true, layout: { attributionLogo: false } });
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.volume = this.chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.marks = createSeriesMarkers(this.candles, []);
    this.chart.subscribeCrosshairMove((event) => this.read(event));
    this.theme();
    onThemeChange(() => this.theme());
    this.table();
    dragLines({ box, chart: this.chart, series: this.candles, places: this.places, lines: () => this.priceLines, redraw: () => this.drawLines() });
  }

  theme() {
    const quiet = "quiet" in this.box.dataset;
    const up = quiet ? colour("n9") : colour("up-mark");
    const down = quiet ? colour("n8") : colour("down-mark");
    const grid = { color: faded("n6", 0.5) };
    this.chart.applyOptions({
      layout: { background: { color: "transparent" }, textColor: colour("n10"), fontFamily: getComputedStyle(this.box).fontFamily, fontSize: 12 },
      grid: { vertLines: grid, horzLines: grid },
      rightPriceScale: { borderColor: colour("n6") },
      timeScale: { borderColor: colour("n6"), timeVisible: true, secondsVisible: false },
      crosshair: { vertLine: { color: colour("n9"), labelBackgroundColor: colour("n8") }, horzLine: { color: colour("n9"), labelBackgroundColor: colour("n8") } },
      localization: { priceFormatter: (price) => fixed(price.toFixed(this.places)) },
    });
    this.candles.applyOptions({
      upColor: up, downColor: down, wickUpColor: up, wickDownColor: down,
      priceLineColor: colour("n9"), priceLineVisible: "live" in this.box.dataset,
      priceFormat: { type: "price", precision: this.places, minMove: 10 ** -this.places },
    });
    this.drawVolume();
    this.drawMarks();
    this.drawLines();
  }

  async load() {
    this.rows = await this.stored();
    this.candles.setData(this.rows.map((row) => this.bar(row)));
    this.drawVolume();
    this.drawMarks();
    this.drawLines();
    this.fit();
    this.message.hidden = this.rows.length > 0;
    if (!this.rows.length) this.message.textContent = "No candles for this market and interval yet.";
    this.read({});
  }

  async stored() {
    const { url, symbol, interval, limit, to } = this.box.dataset;
    const query = new URLSearchParams({ symbol, interval, limit });
    if (to) query.set("end", to);
    const answer = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(`answer ${answer.status}`);
    const { candles } = await answer.json();
    return candles.map(([ts, open, high, low, close, volume]) => ({ ts: Number(ts), open, high, low, close, volume, closed: true }));
  }

  // A socket that fell behind, or was away, is told the newest frame only: the candles in between are asked for.
  async refill() {
    if (this.refilling) return;
    this.refilling = true;
    try {
      const rows = await this.stored();
      const newest = rows.at(-1)?.ts ?? 0;
      this.rows = [...rows, ...this.rows.filter(({ ts }) => ts > newest)];
      this.candles.setData(this.rows.map((row) => this.bar(row)));
      this.drawVolume();
      this.drawMarks();
    } catch {
      // The next candle asks again.
    } finally {
      this.refilling = false;
    }
  }

  leavesHole(ts) {
    const last = this.rows.at(-1);
    const { interval } = this.box.dataset;
    const step = Number.parseInt(interval, 10) * (UNITS[interval.at(-1)] ?? Infinity);
    return last !== undefined && ts > last.ts && (!last.closed || ts > last.ts + step);
  }

  // Candles stay at least six pixels wide: a phone shows the newest part, a wide screen everything.
  fit() {
    const room = Math.floor(this.box.clientWidth / 6);
    if (this.rows.length <= room || "quiet" in this.box.dataset) this.chart.timeScale().fitContent();
    else this.chart.timeScale().setVisibleLogicalRange({ from: this.rows.length - room, to: this.rows.length + 2 });
  }

  bar({ ts, open, high, low, close }) {
    return { time: ts / 1000, open: Number(open), high: Number(high), low: Number(low), close: Number(close) };
  }

  volumeBar({ ts, open, close, volume }) {
    const token = Number(close) >= Number(open) ? "up-mark" : "down-mark";
    return { time: ts / 1000, value: Number(volume), color: faded("quiet" in this.box.dataset ? "n9" : token, 0.3) };
  }

  drawVolume() {
    this.volume.setData(this.rows.map((row) => this.volumeBar(row)));
  }

  drawMarks() {
    const all = json(this.box.dataset.marks);
    const sides = { buy: "quiet" in this.box.dataset ? "accent-text" : "up-text", sell: "down-text" };
    const first = this.rows[0]?.ts ?? Infinity;
    const shown = all.filter((mark) => mark.ts >= first);
    this.marks.setMarkers(shown.map((mark) => ({
      time: this.openOf(mark.ts) / 1000,
      position: mark.side === "buy" ? "belowBar" : "aboveBar",
      shape: mark.side === "buy" ? "arrowUp" : "arrowDown",
      color: colour(mark.tone ? `${mark.tone}-text` : sides[mark.side]),
      text: shown.length <= LABELLED_MARKS ? mark.text : "",
    })));
  }

  openOf(ts) {
    let [low, high] = [0, this.rows.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.rows[middle].ts <= ts) low = middle;
      else high = middle - 1;
    }
    return this.rows[low]?.ts ?? ts;
  }

  drawLines() {
    this.priceLines.forEach(({ line }) => this.candles.removePriceLine(line));
    this.priceLines = json(this.box.dataset.lines).map((data) => ({ data, line: this.candles.createPriceLine({
      price: Number(data.price), title: data.label, lineWidth: 1, axisLabelVisible: true,
      lineStyle: data.tone === "plain" ? LineStyle.Solid : LineStyle.Dashed,
      color: colour(data.tone === "up" ? "up-mark" : data.tone === "down" ? "down-mark" : "n9"),
    }) }));
  }

  follow() {
    socket.subscribe(`candles.${this.box.dataset.symbol}.${this.box.dataset.interval}`, ({ type, data }) => {
      if (type === "error" || !data?.ts) return;
      const row = { ts: Number(data.ts), open: data.o, high: data.h, low: data.l, close: data.c, volume: data.v, closed: data.closed };
      if (this.leavesHole(row.ts)) this.refill();
      this.update(row);
    });
  }

  update(row) {
    const last = this.rows.at(-1);
    if (last && row.ts < last.ts) return;
    if (last?.ts === row.ts) this.rows[this.rows.length - 1] = row;
    else this.rows.push(row);
    this.candles.update(this.bar(row));
    this.volume.update(this.volumeBar(row));
    this.message.hidden = true;
    if (!this.hovered) this.read({});
  }

  read({ time }) {
    this.hovered = time !== undefined;
    const row = this.hovered ? this.rows.find(({ ts }) => ts / 1000 === time) : this.rows.at(-1);
    if (!row || !this.readout) return;
    const parts = [["O", row.open], ["H", row.high], ["L", row.low], ["C", row.close]];
    this.readout.replaceChildren(...parts.map(([name, value]) => {
      const part = document.createElement("span");
      const figure = document.createElement("b");
      figure.textContent = fixed(value, this.places);
      part.append(`${name} `, figure);
      return part;
    }));
  }

  table() {
    const details = this.box.parentElement.querySelector("[data-chart-table]");
    details?.addEventListener("toggle", () => {
      if (!details.open) return;
      details.querySelector(".table-wrap")?.remove();
      details.append(candleTable(this.rows.slice(-TABLE_ROWS).reverse(), this.places));
    });
  }
}

function candleTable(rows, places) {
  const wrap = document.createElement("div");
  wrap.className = "table-wrap";
  wrap.tabIndex = 0;
  const table = document.createElement("table");
  table.className = "table table-compact";
  const head = table.createTHead().insertRow();
  for (const name of ["Open time, UTC", "Open", "High", "Low", "Close", "Volume"]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    if (name !== "Open time, UTC") cell.className = "end";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    line.insertCell().textContent = clock(row.ts);
    for (const value of [row.open, row.high, row.low, row.close].map((text) => fixed(text, places)).concat(fixed(row.volume))) {
      const cell = line.insertCell();
      cell.className = "end";
      cell.textContent = value;
    }
  }
  wrap.append(table);
  return wrap;
}

async function start(box) {
  const chart = new PriceChart(box);
  try {
    await chart.load();
  } catch (error) {
    chart.message.hidden = false;
    chart.message.textContent = `${OPEN_MESSAGE}${error.message}. Reload the page to try again.`;
    return;
  }
  if ("live" in box.dataset) chart.follow();
}

document.querySelectorAll("[data-chart]").forEach(start);
