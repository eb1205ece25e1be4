// Lines of open orders on the price chart that can be dragged to another price.
//
//   dialog[data-amend]            asks before anything is sent; in it a form, [data-amend-text], [data-amend-value]
//   a line {price, label, url, field}: url takes the form, field is "price" or "stop_price"
import { fixed } from "outcry/format";

const REACH = 7;

/** Makes the lines of a chart draggable; `lines()` gives [{line, data}] as drawn now, `redraw()` puts them back. */
export function dragLines({ box, chart, series, places, lines, redraw }) {
  const dialog = document.querySelector("dialog[data-amend]");
  if (!dialog) return;
  let held = null;

  const heightOf = (event) => event.clientY - box.getBoundingClientRect().top;
  const nearest = (y) => lines()
    .filter(({ data }) => data.url)
    .map((entry) => ({ ...entry, away: Math.abs((series.priceToCoordinate(entry.line.options().price) ?? Infinity) - y) }))
    .filter(({ away }) => away <= REACH)
    .sort((a, b) => a.away - b.away)[0] ?? null;
  const rest = () => chart.applyOptions({ handleScroll: true, handleScale: true });

  function ask({ data }, price) {
    const form = dialog.querySelector("form");
    form.action = data.url;
    const value = form.querySelector("[data-amend-value]");
    value.name = data.field;
    value.value = price;
    form.elements.idempotency_key.value = crypto.randomUUID();
    dialog.querySelector("[data-amend-text]").textContent = `${data.label} ${fixed(data.price, places)}: change it to ${fixed(price, places)}?`;
    dialog.showModal();
  }

  box.addEventListener("pointerdown", (event) => {
    held = event.button === 0 ? nearest(heightOf(event)) : null;
    if (!held) return;
    chart.applyOptions({ handleScroll: false, handleScale: false });
    box.setPointerCapture(event.pointerId);
  }, true);
  box.addEventListener("pointermove", (event) => {
    const y = heightOf(event);
    box.classList.toggle("chart-grab", Boolean(held || nearest(y)));
    const price = held && series.coordinateToPrice(y);
    if (price > 0) held.line.applyOptions({ price: Number(price.toFixed(places)) });
  }, true);
  box.addEventListener("pointerup", () => {
    if (!held) return;
    const [done, price] = [held, held.line.options().price.toFixed(places)];
    held = null;
    rest();
    if (Number(price) !== Number(done.data.price)) ask(done, price);
  }, true);
  box.addEventListener("pointercancel", () => {
    if (!held) return;
    held = null;
    rest();
    redraw();
  }, true);
  dialog.addEventListener("close", redraw);
}
