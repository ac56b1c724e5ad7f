// Points in the plane, drawn by hand.
import { useRef, useState } from "./vendor/hooks.js";
import { open } from "./adding.js";
import { api } from "./store.js";
import { Button, count, html } from "./parts.js";
import { HUES as CLASSES, tint } from "./plane.js";

const [SIDE, FAR] = [320, 3]; // units of the drawing, and how far the axes go
const KEPT = "chainrule-points"; // until they are used they are in this tab
const PLACES = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const toX = (u) => Math.round(((u / SIDE) * 2 - 1) * FAR * 100) / 100;
const toU = (x) => ((x / FAR + 1) / 2) * SIDE;
const clip = (x) => Math.max(-FAR, Math.min(FAR, Math.round(x * 100) / 100));

export const Drawn = () => {
  const [points, set] = useState(() => JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
  const [of, choose] = useState(0);
  const [[x, y], aim] = useState([0, 0]);
  const [aimed, show] = useState(false);
  const box = useRef();
  const keep = (all) => {
    sessionStorage.setItem(KEPT, JSON.stringify(all));
    set(all);
  };
  const add = (a, b) => keep([...points, [a, b, CLASSES[of]]]);
  const click = (event) => {
    const { left, top, width } = box.current.getBoundingClientRect();
    add(toX(((event.clientX - left) / width) * SIDE), -toX(((event.clientY - top) / width) * SIDE));
  };
  const key = (event) => {
    if (PLACES[event.key]) aim([clip(x + 0.15 * PLACES[event.key][0]), clip(y + 0.15 * PLACES[event.key][1])]);
    else if (event.key === "Enter" || event.key === " ") add(x, y);
    else return;
    event.preventDefault();
  };
  const use = async () => {
    const { name } = await api.post("/api/data/new", { name: "points", kind: "points" });
    await api.post(`/api/data/${encodeURIComponent(name)}/points`, { points });
    keep([]);
    await open(name, { hold_out: 0.2 });
  };
  const counts = CLASSES.map((name) => points.filter(([, , label]) => label === name).length);
  return html`<div class="beside"><div class="plane" ref=${box} tabindex="0" role="application" onClick=${click} onKeyDown=${key}
      onFocus=${(e) => show(e.target.matches(":focus-visible"))} onBlur=${() => show(false)}
      aria-label=${`A plane. Arrow keys move to a place, Enter adds a point of the class ${CLASSES[of]}. Now at ${x}, ${y}.`}>
      <svg viewBox=${`0 0 ${SIDE} ${SIDE}`} aria-hidden="true"><path class="axis" d=${`M0 ${SIDE / 2}H${SIDE}M${SIDE / 2} 0V${SIDE}`} />
        ${points.map(([a, b, label]) => html`<circle cx=${toU(a)} cy=${toU(-b)} r="4" fill=${tint(CLASSES.indexOf(label))} />`)}
        ${aimed && html`<path class="aim" d=${`M${toU(x) - 9} ${toU(-y)}h18M${toU(x)} ${toU(-y) - 9}v18`} />`}</svg></div>
    <div><p>Click into the plane, or go there with Tab and use the arrow keys and Enter.</p>
      <fieldset><legend>Class of the next point</legend>${CLASSES.map((name, k) => html`<label class="radio"><input type="radio" name="class" checked=${k === of}
        onChange=${() => choose(k)} /> <span class="dot" style=${{ background: tint(k) }} /> ${name} <span class="note">${count(counts[k], "point")}</span></label>`)}</fieldset>
      <div class="row"><${Button} class="main" disabled=${counts.filter((n) => n > 1).length < 2} onClick=${use}>Use these points</${Button}>
        <${Button} disabled=${!points.length} onClick=${() => keep(points.slice(0, -1))}>Undo</${Button}>
        <${Button} disabled=${!points.length} onClick=${() => keep([])}>Clear</${Button}></div></div></div>`;
};
