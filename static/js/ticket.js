// The order ticket: shows what the chosen kind takes, and takes a price from the order book.
//
//   form[data-ticket]         the ticket; [data-kinds="limit stop"] inside it belongs to those kinds only
//   [data-book] td            a click on a level puts its price into the limit, or the trigger
const tickets = [...document.querySelectorAll("form[data-ticket]")];

function fit(form) {
  const kind = form.elements.kind.value;
  for (const part of form.querySelectorAll("[data-kinds]")) {
    part.hidden = !part.dataset.kinds.split(" ").includes(kind);
  }
}

function take(form, price) {
  const field = [form.elements.price, form.elements.stop_price].find((input) => !input.closest("[data-kinds]").hidden);
  if (!field) return;
  field.value = price;
  field.focus();
}

for (const form of tickets) {
  form.elements.kind.addEventListener("change", () => fit(form));
  fit(form);
}

document.querySelector("[data-book]")?.addEventListener("click", (event) => {
  const level = event.target.closest("[data-side] tr");
  if (level && tickets.length) take(tickets[0], level.cells[0].textContent.replaceAll(/[^\d.]/g, ""));
});
