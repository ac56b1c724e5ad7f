// Several learning rates at once, as one picture.
import { useState } from "./vendor/hooks.js";
import { api } from "./store.js";
import { Button, Curve, Field, html, percent, short } from "./parts.js";

const COLORS = 8;
const spread = (from, to, n) => Array.from({ length: n }, (_, k) => Number((from * (to / from) ** (n > 1 ? k / (n - 1) : 0)).toPrecision(2)));
const last = (rows, k) => rows?.findLast((row) => Number.isFinite(row[k]))?.[k];

// onChoose(rate) : what happens with a rate that is chosen.
export const Fan = ({ data, options, onChoose, chooses = "Take this rate" }) => {
  const middle = Number(options.learning_rate) || 0.0075;
  const [asked, set] = useState({ from: Number((middle / 30).toPrecision(1)), to: Number((middle * 10).toPrecision(1)), n: 6 });
  const [found, show] = useState(null);
  const [busy, say] = useState("");
  const change = (name) => (event) => set({ ...asked, [name]: event.target.valueAsNumber });
  const start = async () => {
    if (!(asked.from > 0 && asked.to > 0 && asked.n >= 1 && asked.n <= COLORS)) throw new Error(`Two positive rates are needed, and 1 to ${COLORS} of them in all.`);
    const { changes: _, ...plain } = options;
    const rates = spread(asked.from, asked.to, asked.n);
    say(`Training ${rates.length} networks …`);
    show(await api.post("/api/fan", { data, options: plain, rates }).finally(() => say("")));
  };
  const lines = found && [found.iteration, ...found.rates.map((_, k) => found.cost.map((row) => (Number.isFinite(row[k]) ? row[k] : null)))];
  return html`<div class="row end"><${Field} words="Rates from"><input type="number" step="any" min="0" value=${asked.from} onInput=${change("from")} /></${Field}>
      <${Field} words="to"><input type="number" step="any" min="0" value=${asked.to} onInput=${change("to")} /></${Field}>
      <${Field} words="How many"><input type="number" min="1" max=${COLORS} value=${asked.n} onInput=${change("n")} /></${Field}>
      <${Button} onClick=${start}>Train them together</${Button}></div><p class="note" role="status">${busy}</p>
    ${found && html`<${Curve} data=${lines} log=${true} words=${`Training cost at ${found.rates.length} learning rates`}
        series=${found.rates.map((rate, k) => ({ words: short(rate), color: `--c${k % COLORS}` }))} />
      <div class="wide" tabindex="0" role="group" aria-label="Table: the rates"><table><thead><tr><th scope="col" class="n">Rate</th><th scope="col" class="n">Training cost</th><th scope="col" class="n">Held-out cost</th>
        <th scope="col" class="n">Held-out accuracy</th><td /></tr></thead><tbody>${found.rates.map((rate, k) => html`<tr><th scope="row" class="n">${short(rate)}</th>
          <td class="n">${found.diverged?.[k] >= 0 ? `diverged at ${found.diverged[k]}` : short(last(found.cost, k))}</td><td class="n">${short(last(found.validation_cost, k))}</td>
          <td class="n">${percent(last(found.validation_accuracy, k))}</td><td><${Button} onClick=${() => onChoose(rate)}>${chooses}<span class="unseen">: ${short(rate)}</span></${Button}></td></tr>`)}</tbody></table></div>`}`;
};
