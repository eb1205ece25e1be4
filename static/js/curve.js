// Equity, benchmark, band and drawdown curves with uPlot, from the JSON beside each box.
/* global uPlot */
import { colour, faded, onThemeChange } from "outcry/colours";
import { fixed } from "outcry/format";

const TABLE_ROWS = 60;
const FACE = "12px 'Inter Variable', system-ui, sans-serif";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY = 86_400;

const numbers = (values) => values.map((value) => (value === null ? null : Number(value)));

function moment(seconds, span) {
  const at = new Date(seconds * 1000);
  const [day, month, year] = [at.getUTCDate(), MONTHS[at.getUTCMonth()], at.getUTCFullYear()];
  if (span > 300 * DAY) return at.getUTCMonth() === 0 ? `${month} ${year}` : month;
  if (span > 2 * DAY) return `${day} ${month}`;
  return at.toISOString().slice(11, 16);
}

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${fixed((value / 1e6).toFixed(1))}m`;
  if (size >= 20_000) return `${fixed((value / 1000).toFixed(value % 1000 ? 1 : 0))}k`;
  return fixed(String(Number(value.toFixed(2))));
}

function gradient(chart, token, strength) {
  const { top, height } = chart.bbox;
  const fill = chart.ctx.createLinearGradient(0, top, 0, top + height);
  fill.addColorStop(0, faded(token, strength));
  fill.addColorStop(1, faded(token, 0));
  return fill;
}

const LOOKS = {
  own: () => ({ stroke: colour("accent-text"), width: 2, fill: (chart) => gradient(chart, "accent-text", 0.16) }),
  benchmark: () => ({ stroke: colour("n9"), width: 1.5, dash: [2, 3] }),
  drawdown: () => ({ stroke: colour("down-mark"), width: 1.5, fill: faded("down-mark", 0.18), fillTo: 0 }),
  low: () => ({ stroke: colour("n7"), width: 1 }),
  high: () => ({ stroke: colour("n7"), width: 1 }),
};

function bands(series) {
  const [low, high] = ["low", "high"].map((kind) => series.findIndex((one) => one.kind === kind) + 1);
  return low && high ? [{ series: [high, low], fill: faded("n9", 0.26) }] : [];
}

// Shades the part of the history the settings were not chosen on.
function drawUnseen(chart, from) {
  if (!from) return;
  const { ctx, bbox } = chart;
  const x = Math.max(bbox.left, chart.valToPos(from, "x", true));
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.fillStyle = faded("n9", 0.1);
  ctx.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height);
  ctx.strokeStyle = colour("n8");
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.fillStyle = colour("n10");
  ctx.font = FACE.replace("12px", `${12 * ratio}px`);
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.fillText("Not used for tuning", x + 8 * ratio, bbox.top + 2 * ratio);
  ctx.restore();
}

function labels(chart, splits, span) {
  const { min, max } = chart.scales.x;
  return splits.map((at) => (at - min < (max - min) * 0.04 ? "" : moment(at, span)));
}

function axes(data, height) {
  const span = data.times.at(-1) - data.times[0];
  const suffix = data.unit === "%" ? "\u00a0%" : "";
  const common = { stroke: colour("n10"), font: FACE, ticks: { show: false } };
  return [
    { ...common, size: 26, gap: 8, grid: { show: false }, space: 90, values: (chart, splits) => labels(chart, splits, span) },
    {
      ...common, side: 1, size: 58, gap: 8, space: height < 130 ? 24 : 42,
      grid: { stroke: faded("n6", 0.7), width: 1 },
      values: (_, splits) => splits.map((value) => `${short(value)}${suffix}`),
    },
  ];
}

function options(box, data) {
  const height = box.clientHeight;
  const axesOptions = axes(data, height);
  if (height < 130) axesOptions[0].show = false;
  return {
    width: box.clientWidth,
    height,
    padding: [8, 0, height < 130 ? 6 : 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: true } },
    axes: axesOptions,
    series: [{}, ...data.series.map((one) => ({ label: one.label, points: { show: false }, ...LOOKS[one.kind]() }))],
    bands: bands(data.series),
    hooks: {
      drawClear: [(chart) => drawUnseen(chart, data.unseen_from)],
      setCursor: [(chart) => read(chart, box, data)],
    },
  };
}

function read(chart, box, data) {
  const target = box.parentElement.querySelector("[data-curve-readout]") ?? addReadout(box);
  const at = chart.cursor.idx;
  if (at === null || at === undefined) {
    target.textContent = "";
    return;
  }
  const day = new Date(data.times[at] * 1000).toISOString().slice(0, 16).replace("T", " ");
  const parts = data.series.map((one) => `${one.label} ${one.values[at] === null ? "\u2013" : fixed(String(one.values[at]), data.places)}`);
  target.textContent = `${day} UTC · ${parts.join(" · ")}`;
}

function addReadout(box) {
  const line = document.createElement("div");
  line.className = "chart-readout";
  line.dataset.curveReadout = "";
  line.setAttribute("aria-hidden", "true");
  box.append(line);
  return line;
}

function table(data) {
  const wrap = document.createElement("div");
  wrap.className = "table-wrap";
  wrap.tabIndex = 0;
  const sheet = document.createElement("table");
  sheet.className = "table table-compact";
  const head = sheet.createTHead().insertRow();
  for (const name of ["Time, UTC", ...data.series.map((one) => `${one.label}, ${data.unit}`)]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    if (name !== "Time, UTC") cell.className = "end";
    head.append(cell);
  }
  const body = sheet.createTBody();
  const step = Math.max(1, Math.ceil(data.times.length / TABLE_ROWS));
  for (let at = data.times.length - 1; at >= 0; at -= step) {
    const line = body.insertRow();
    line.insertCell().textContent = new Date(data.times[at] * 1000).toISOString().slice(0, 16).replace("T", " ");
    for (const one of data.series) {
      const cell = line.insertCell();
      cell.className = "end";
      cell.textContent = one.values[at] === null ? "\u2013" : fixed(String(one.values[at]), data.places);
    }
  }
  wrap.append(sheet);
  return wrap;
}

function draw(box, data) {
  const columns = [data.times, ...data.series.map((one) => numbers(one.values))];
  let chart = new uPlot(options(box, data), columns, box);
  onThemeChange(() => {
    chart.destroy();
    chart = new uPlot(options(box, data), columns, box);
  });
  new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);
}

function show(box) {
  if (box.dataset.drawn) return;
  box.dataset.drawn = "yes";
  const data = JSON.parse(document.getElementById(box.dataset.curve).textContent);
  if (data.times.length > 1) draw(box, data);
  else box.textContent = "Too few points to draw yet.";
  const details = document.querySelector(`[data-curve-table="${CSS.escape(box.dataset.curve)}"]`);
  details?.addEventListener("toggle", () => details.open && !details.querySelector("table") && details.append(table(data)));
}

function showAll() {
  document.querySelectorAll("[data-curve]").forEach(show);
}

showAll();
document.addEventListener("htmx:after:swap", showAll);
