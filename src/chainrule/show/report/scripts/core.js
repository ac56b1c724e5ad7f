// What every part of a report that can be touched is made of. Each part is a function in `live`:
//   live.kind = (root, own, shared) => { ... }
// that fills `root` from its own data and from what several parts share. Names from data are only
// ever text: elements are made by `make`, which knows no HTML.
"use strict";
const live = {};

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "g", "path", "line", "circle", "rect", "polyline", "text", "title"]);

// An element with attributes (functions are listeners: {click: f}) and children: elements or text.
const make = (name, attributes = {}, ...children) => {
  const made = DRAWN.has(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== false && value !== null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
};

const isolated = (name) => `\u2068${name}\u2069`;
const percent = (p) => (p > 0.999 && p < 1 ? ">\u00a099.9\u00a0%" : p < 0.001 && p > 0 ? "<\u00a00.1\u00a0%" : `${(100 * p).toFixed(1)}\u00a0%`);
const short = (x) => Number(x.toPrecision(3)).toString();

let ids = 0;
// A labelled control: {label, type, ...} and what happens when it changes.
const control = (words, attributes, changed) => {
  const id = `control-${ids++}`;
  const input = make("input", { id, ...attributes, input: () => changed(Number(input.value), input) });
  return { input, row: make("p", { class: "control" }, make("label", { for: id }, words), input) };
};

const choice = (words, options, changed) => {
  const id = `control-${ids++}`;
  const select = make("select", { id, change: () => changed(select.selectedIndex) },
    ...options.map((text) => make("option", {}, text)));
  return { select, row: make("p", { class: "control" }, make("label", { for: id }, words), select) };
};

// Base64 of little-endian numbers.
const numbers = (text, Kind) => new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

// Example i of a sheet of pictures, as an element of `side` pixels.
const picture = (sheet, i, words, side) => {
  const scale = side / Math.max(sheet.width, sheet.height);
  const [w, h] = [sheet.width * scale, sheet.height * scale];
  const [column, row] = [i % sheet.columns, Math.floor(i / sheet.columns)];
  const shown = make("span", { class: "picture", role: "img", "aria-label": words });
  Object.assign(shown.style, {
    width: `${w}px`,
    height: `${h}px`,
    backgroundImage: `url(${sheet.uri})`,
    backgroundSize: `${w * sheet.columns}px auto`,
    backgroundPosition: `${-w * column}px ${-h * row}px`,
  });
  return shown;
};

// All parts of the page. One that fails leaves the others, and the page as it is without it.
const mount = () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  document.querySelectorAll("[data-live]").forEach((root, k) => {
    const { kind, own } = data.live[k], section = root.closest("section");
    try {
      live[kind](root, own, data.shared);
    } catch (error) {
      return console.error(error);
    }
    section.hidden = false;
    root.hidden = false;
    if (!("instead" in root.dataset)) return;
    // On paper the pictures stand there.
    for (const still of section.querySelectorAll("section > .wide, section > .pair")) still.classList.add("replaced");
  });
};
