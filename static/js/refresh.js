// Fetches parts of the page anew when a live row says that what they show has changed.
//
//   data-live-refresh="orders"     rows of this topic are looked at; data-live-match="id=<uuid>" says which
//   data-live-seen="…"             what the page shows: a row whose field `seen` differs has the parts fetched
//   data-live-part="state"         a part below it, replaced by the one of the same name
const LEAST_MS = 1000;
let fetchedAt = -Infinity;
let timer = 0;
let running = false;

const partsOf = (root) => new Map([...root.querySelectorAll("[data-live-part]")].map((part) => [part.dataset.livePart, part]));

// Nothing that somebody types or is asked about is taken away.
function isBusy(part) {
  if (part.querySelector("dialog[open]")) return true;
  if (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return true;
  return [...part.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);
}

// A part with the focus gives it to the same place of the new one.
function swap(part, fresh) {
  const stops = (root) => [...root.querySelectorAll("a, button, [tabindex]")];
  const place = stops(part).indexOf(document.activeElement);
  const node = document.importNode(fresh, true);
  part.replaceWith(node);
  if (place >= 0) stops(node)[place]?.focus();
}

async function refresh(after) {
  running = true;
  fetchedAt = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const root of document.querySelectorAll("[data-live-refresh]")) {
      const other = found.querySelector(`[data-live-refresh="${root.dataset.liveRefresh}"]`);
      if (!other) continue;
      const fresh = partsOf(other);
      for (const [name, part] of partsOf(root)) {
        const next = fresh.get(name);
        if (next && !isBusy(part) && !part.isEqualNode(next)) swap(part, next);
      }
      root.dataset.liveSeen = other.dataset.liveSeen;
    }
    after();
  } catch {
    // the next row tries again
  } finally {
    running = false;
  }
}

function plan(after) {
  clearTimeout(timer);
  timer = setTimeout(() => (running ? plan(after) : refresh(after)), Math.max(0, LEAST_MS - (performance.now() - fetchedAt)));
}

/** Looks at rows of a topic; `after` runs when parts were replaced. */
export function look(topic, rows, after) {
  for (const root of document.querySelectorAll(`[data-live-refresh="${CSS.escape(topic)}"]`)) {
    const [field, wanted] = root.dataset.liveMatch.split("=");
    const newest = rows.filter((row) => String(row[field]) === wanted).at(-1);
    if (newest && String(newest.seen) !== root.dataset.liveSeen) plan(after);
  }
}
