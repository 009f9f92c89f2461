// What the sandboxes' pages share: cards that are drawn again when their row changed, and forms that post to /_admin.
"use strict";
const shown = new Map();            // card key -> the JSON it was drawn from

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

async function call(method, path, body) {
  const response = await fetch("/_admin" + path, {method, body: body === undefined ? undefined : JSON.stringify(body)});
  const answer = await response.json();
  document.getElementById("error").textContent = response.ok ? "" : answer.message;
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

function field(name, label, value, options = {}) {
  const attributes = {name, value: value ?? "", type: options.type ?? "text", step: options.step ?? null, placeholder: options.hint ?? null, required: options.required ? "" : null};
  return make("label", {class: options.size ?? ""}, label, make("input", attributes));
}

function choice(name, label, value, pairs, size = "") {
  const known = pairs.some(([id]) => String(id) === String(value));
  const all = known || value === null ? pairs : [...pairs, [value, `${value}`]];
  const entries = all.map(([id, text]) => make("option", {value: id, selected: String(id) === String(value) ? "" : null}, text));
  return make("label", {class: size}, label, make("select", {name}, ...entries));
}

// Only what a person changed is sent, so that two people's edits of other fields do not meet.
function form(save, title, ...fields) {
  const element = make("form", {}, ...fields, make("button", {}, title));
  const first = Object.fromEntries(new FormData(element));
  element.addEventListener("submit", event => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(element));
    const changed = Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== first[name]));
    document.activeElement.blur();
    save(changed, values).then(refresh).catch(() => {});
  });
  return element;
}

const text = value => value === "" ? null : value;
const texts = values => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]));
const money = value => Number(value).toLocaleString("uk-UA", {minimumFractionDigits: 2, maximumFractionDigits: 2});

function draw(place, rows, key, build) {
  const box = document.getElementById(place);
  document.getElementById(`${place}-count`).textContent = rows.length ? String(rows.length) : "";
  const wanted = new Set(rows.map(row => `${place}/${row[key]}`));
  for (const card of [...box.children]) if (!wanted.has(card.dataset.key)) { shown.delete(card.dataset.key); card.remove(); }
  rows.forEach((row, at) => {
    const name = `${place}/${row[key]}`, json = JSON.stringify(row);
    let card = box.querySelector(`[data-key="${CSS.escape(name)}"]`);
    if (!card) card = make("div", {class: "card", "data-key": name});
    if (shown.get(name) !== json && !card.contains(document.activeElement)) {   // never under a person's hands
      card.replaceChildren(...build(row).filter(part => part !== null));
      card.classList.remove("changed");
      if (shown.has(name)) { void card.offsetWidth; card.classList.add("changed"); }
      shown.set(name, json);
    }
    if (box.children[at] !== card) box.insertBefore(card, box.children[at] ?? null);
  });
  if (!rows.length) box.replaceChildren(make("div", {class: "card empty"}, "None yet."));
}

function drawNew(place, json, build) {
  const box = document.getElementById(place);
  if (shown.get(place) === json || box.contains(document.activeElement)) return;
  shown.set(place, json);
  const built = build();
  built.className = "card";
  built.id = place;
  box.replaceWith(built);
}
