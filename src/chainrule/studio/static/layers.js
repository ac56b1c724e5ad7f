// A network as columns of units; hidden layers are changed by buttons, by typing or by dragging.
import { useRef } from "./vendor/hooks.js";
import { Button, html, whole } from "./parts.js";

const [WIDE, HIGH, SHOWN, MOST] = [110, 200, 10, 1000];
const clip = (n) => Math.max(1, Math.min(MOST, Math.round(n) || 1));
// The heights of a column's units; of many some are left out in the middle.
const heights = (n) => {
  const shown = Math.min(n, SHOWN);
  const apart = Math.min(19, HIGH / (shown + 1));
  return Array.from({ length: shown }, (_, k) => HIGH / 2 + (k - (shown - 1) / 2) * apart);
};

export const Layers = ({ inputs, outputs, hidden, onChange }) => {
  const from = useRef(null);
  const sizes = [inputs, ...hidden, outputs];
  const x = (column) => (column + 0.5) * WIDE;
  const set = (k, n) => onChange(hidden.map((old, at) => (at === k ? clip(n) : old)));
  const down = (k) => (event) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    from.current = { k, y: event.clientY, n: hidden[k] };
  };
  const move = (event) => from.current && set(from.current.k, from.current.n + (from.current.y - event.clientY) / 8);
  const lines = sizes.slice(1).flatMap((n, c) => heights(sizes[c]).flatMap((a) => heights(n).map((b) => `M${x(c)} ${a}L${x(c + 1)} ${b}`)));
  return html`<div class="layers"><div class="columns" style=${{ gridTemplateColumns: `repeat(${sizes.length}, minmax(0, ${WIDE}px))` }}>
    <svg viewBox=${`0 0 ${sizes.length * WIDE} ${HIGH}`} role="img" aria-label=${`A network with layers of ${sizes.join(", ")} units`}>
      <path d=${lines.join("")} />
      ${sizes.map((n, c) => html`<g key=${c} class=${c && c <= hidden.length ? "hidden" : "ends"}
        onPointerDown=${c && c <= hidden.length ? down(c - 1) : undefined} onPointerMove=${move} onPointerUp=${() => (from.current = null)}>
        <rect x=${x(c) - 24} y="0" width="48" height=${HIGH} />
        ${heights(n).map((y, k) => (n > SHOWN && k === SHOWN / 2 ? html`<text x=${x(c)} y=${y + 5}>⋮</text>` : html`<circle cx=${x(c)} cy=${y} r="6.5" />`))}</g>`)}</svg>
    ${sizes.map((n, c) => {
      const k = c - 1;
      if (!c || c > hidden.length) return html`<div class="column"><b>${whole(n)}</b><span class="note">${c ? (outputs > 1 ? "outputs" : "output") : "features"}</span></div>`;
      return html`<div class="column" key=${c} role="group" aria-label=${`Hidden layer ${c}`}>
        <input type="number" min="1" max=${MOST} value=${n} aria-label=${`Units of hidden layer ${c}`} onChange=${(e) => set(k, e.target.valueAsNumber)} />
        <span class="pair"><${Button} aria-label=${`One unit fewer in hidden layer ${c}`} disabled=${n < 2} onClick=${() => set(k, n - 1)}>−</${Button}><${Button}
          aria-label=${`One unit more in hidden layer ${c}`} onClick=${() => set(k, n + 1)}>+</${Button}></span>
        <button type="button" class="plain" onClick=${() => onChange(hidden.filter((_, at) => at !== k))}>Remove<span class="unseen"> hidden layer ${c}</span></button></div>`;
    })}</div>
    <${Button} disabled=${hidden.length > 7} onClick=${() => onChange([...hidden, hidden.at(-1) ?? 8])}>Add a layer</${Button}>
    ${!hidden.length && html`<span class="note"> No hidden layer: ${outputs > 1 ? "softmax" : "logistic or linear"} regression.</span>`}</div>`;
};
