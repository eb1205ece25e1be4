// Numbers arrive as decimal strings and stay exact: Intl formats the string itself, nothing passes through a float.

const MINUS = "\u2212";
const NARROW = "\u00a0";
const locale = () => document.documentElement.lang || "en";
const formatters = new Map();

function formatter(least, most) {
  const key = `${locale()}|${least}|${most}`;
  if (!formatters.has(key)) {
    formatters.set(
      key,
      new Intl.NumberFormat(locale(), { minimumFractionDigits: least, maximumFractionDigits: most, useGrouping: true }),
    );
  }
  return formatters.get(key);
}

/** Sign of a decimal string: 1, 0 or -1. */
export function sign(text) {
  if (!/[1-9]/.test(text)) return 0;
  return text.trim().startsWith("-") ? -1 : 1;
}

/** "1234.5" with 2 places → "1,234.50"; without places the digits stay as sent. */
export function fixed(text, places = null) {
  const value = String(text);
  const digits = places ?? (value.split(".")[1] ?? "").length;
  return formatter(digits, digits).format(value).replace("-", MINUS);
}

/** As fixed, with a plus before gains. Zero carries no sign. */
export function signed(text, places = null) {
  const words = fixed(text, places);
  if (sign(String(text)) > 0) return `+${words}`;
  return sign(words.replace(MINUS, "-")) === 0 ? words.replace(MINUS, "") : words;
}

/** Clock of a moment in milliseconds, UTC. */
export function clock(ms) {
  return new Date(Number(ms)).toISOString().slice(11, 19);
}

/** Age in words: "12 s", "3 min", "2 h". */
export function age(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Applies a data-format such as "fixed:2", "signed:2", "percent:2", "clock" or "text". */
export function apply(format, value) {
  if (value === null || value === "") return "\u2013";
  const [name, places] = (format || "text").split(":");
  const digits = places === undefined ? null : Number(places);
  switch (name) {
    case "fixed": return fixed(value, digits);
    case "signed": return signed(value, digits);
    case "percent": return `${signed(value, digits)}${NARROW}%`;
    case "clock": return clock(value);
    default: return String(value);
  }
}
