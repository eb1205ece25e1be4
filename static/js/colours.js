// Canvas needs resolved colours: this reads the tokens of the theme that is on, and tells when it changes.

const probe = document.createElement("span");
probe.hidden = true;

/** Resolved rgb() of a token such as "accent-text". */
export function colour(token) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${token})`;
  return getComputedStyle(probe).color;
}

/** The token with an opacity between 0 and 1. */
export function faded(token, alpha) {
  return colour(token).replace("rgb(", "rgba(").replace(")", `, ${alpha})`);
}

/** Calls back after the theme or the up and down pair has changed. */
export function onThemeChange(callback) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
  new MutationObserver(callback).observe(document.documentElement, { attributeFilter: ["data-theme", "data-updown"] });
}
