// The rule builder: adds and removes condition rows in place and checks them before they are sent.
// Without scripting the same buttons post, and the server adds or removes the row.
//
//   [data-rows="entry"]           the list; its hidden input [data-rows-total] holds the number of rows
//   template[data-rows-template]  one row, "__i__" stands for its number
//   [data-operand]                select; each option's data-defaults are its default parameters, data-count how many it takes
//   [data-params]                 the text input of those parameters, in the same .operand

const MESSAGES = {
  count: (need) => (need === 1 ? "Give one whole number." : `Give ${need} numbers, separated by commas.`),
  positive: "Numbers must be above zero.",
  value: "Give a number.",
};
const NUMBER = /^[-\u2212]?\d+([.,]\d+)?$/;

const option = (select) => select.selectedOptions[0];

function say(input, message) {
  const note = input.parentElement.querySelector("[data-row-error]");
  input.setCustomValidity(message);
  input.toggleAttribute("aria-invalid", false);
  if (message) input.setAttribute("aria-invalid", "true");
  if (note) {
    note.textContent = message;
    note.hidden = !message;
  }
}

function checkParams(select, input) {
  const need = Number(option(select).dataset.count || 0);
  const given = input.value.split(",").map((part) => part.trim()).filter(Boolean);
  if (option(select).value === "value") return NUMBER.test(input.value.trim()) ? "" : MESSAGES.value;
  if (given.length !== need || given.some((part) => !NUMBER.test(part))) return MESSAGES.count(need);
  return given.some((part) => Number(part) <= 0) ? MESSAGES.positive : "";
}

function fitParams(select, keep) {
  const input = select.closest(".operand").querySelector("[data-params]");
  const chosen = option(select);
  const need = Number(chosen.dataset.count || 0);
  input.parentElement.hidden = need === 0;
  input.disabled = need === 0;
  if (keep) return;
  input.value = chosen.dataset.defaults || "";
  say(input, "");
}

function bindRow(row) {
  for (const select of row.querySelectorAll("[data-operand]")) {
    fitParams(select, true);
    select.addEventListener("change", () => fitParams(select, false));
    const input = select.closest(".operand").querySelector("[data-params]");
    input.addEventListener("blur", () => !input.disabled && say(input, checkParams(select, input)));
    input.addEventListener("input", () => say(input, ""));
  }
}

function renumber(list) {
  const rows = [...list.querySelectorAll("[data-rule-row]")];
  const prefix = list.dataset.rows;
  rows.forEach((row, at) => {
    for (const element of row.querySelectorAll("[name], [id], [for], [aria-describedby]")) {
      for (const attribute of ["name", "id", "for", "aria-describedby"]) {
        const value = element.getAttribute(attribute);
        if (value) element.setAttribute(attribute, value.replace(new RegExp(`${prefix}-(\\d+|__i__)-`, "g"), `${prefix}-${at}-`));
      }
    }
    const remove = row.querySelector("[data-row-remove]");
    if (remove) {
      remove.value = `remove-${prefix}-${at}`;
      remove.setAttribute("aria-label", `Remove condition ${at + 1}`);
    }
  });
  list.querySelector("[data-rows-total]").value = String(rows.length);
}

function addRow(list) {
  const template = list.querySelector("template[data-rows-template]");
  const row = template.content.firstElementChild.cloneNode(true);
  list.querySelector("[data-rows-place]").append(row);
  renumber(list);
  bindRow(row);
  row.querySelector("select")?.focus();
}

function bindList(list) {
  list.querySelectorAll("[data-rule-row]").forEach(bindRow);
  list.addEventListener("click", (event) => {
    const add = event.target.closest("[data-row-add]");
    const remove = event.target.closest("[data-row-remove]");
    if (!add && !remove) return;
    event.preventDefault();
    if (add) addRow(list);
    else {
      remove.closest("[data-rule-row]").remove();
      renumber(list);
      list.querySelector("[data-row-add]")?.focus();
    }
  });
}

function checkForm(event) {
  if (event.submitter?.formNoValidate) return;
  let first = null;
  for (const select of event.target.querySelectorAll("[data-operand]")) {
    const input = select.closest(".operand").querySelector("[data-params]");
    const message = input.disabled ? "" : checkParams(select, input);
    say(input, message);
    if (message) first ??= input;
  }
  if (!first) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  first.focus();
}

document.querySelectorAll("[data-rows]").forEach(bindList);
document.querySelectorAll("form[data-rules]").forEach((form) => form.addEventListener("submit", checkForm));
