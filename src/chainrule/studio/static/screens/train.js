// Train: a new run on some data.
import { useEffect, useState } from "../vendor/hooks.js";
import { address, go } from "../router.js";
import { api, putRun, putData, state } from "../store.js";
import { Button, Choice, Field, Wrong, html, useAsked } from "../parts.js";
import { FIELDS } from "../fields.js";
import { Fan } from "../fan.js";
import { Layers } from "../layers.js";
import { Rate } from "../settings.js";

const ACTIVATIONS = ["relu", "leaky_relu", "tanh", "sigmoid", "identity"];
const START = { hidden: [20, 7, 5], activation: "relu", optimizer: "gd", learning_rate: 0.0075, l2: 0, iterations: 2500, seed: 0, batch_size: "", features: "" };
const OF_KIND = { points: { hidden: [8, 4], activation: "tanh", learning_rate: 0.3, iterations: 3000 }, table: {}, pictures: {} };
const COLOR = 3;
const OPTIMIZERS = [["gd", "gradient descent"], ["momentum", "momentum"], ["nesterov", "Nesterov"], ["adam", "Adam"], ["rmsprop", "RMSProp"], ["lbfgs", "L-BFGS"]];

// What is sent: only what differs from what the program does by itself, so that commands stay short.
const optionsOf = ({ hidden, batch_size: batch, features, optimizer, learning_rate: rate, l2, seed, activation, iterations }) => ({
  layers: hidden.join(",") || "none",
  iterations,
  optimizer,
  ...(optimizer === "lbfgs" ? {} : { learning_rate: rate }),
  ...(activation === "relu" ? {} : { activation }),
  ...(l2 ? { l2 } : {}),
  ...(seed ? { seed } : {}),
  ...(batch ? { batch_size: batch } : {}),
  ...(features ? { features } : {}),
});

const Form = ({ data }) => {
  const kept = `chainrule-settings-${data.name}`;
  const [asked, keep] = useState(() => ({ ...START, ...OF_KIND[data.kind], ...JSON.parse(sessionStorage.getItem(kept) ?? "{}") }));
  const set = (changed) => {
    const next = { ...asked, ...changed };
    sessionStorage.setItem(kept, JSON.stringify(next));
    keep(next);
  };
  const number = (name, least = 0) => (event) => {
    const value = event.target.valueAsNumber;
    if (value >= least) set({ [name]: value });
  };
  const start = async () => {
    const run = await api.post("/api/runs", { data: data.name, options: optionsOf(asked) });
    putRun(run);
    go(address("run", run.id));
  };
  const outputs = data.classes.length > 2 ? data.classes.length : 1;
  const photos = data.kind === "pictures" && data.image_shape?.[2] === COLOR && !state.value.built_in.includes(data.name);
  return html`<${Layers} inputs=${data.n_x} outputs=${outputs} hidden=${asked.hidden} onChange=${(hidden) => set({ hidden })} />
    <div class="fields">
      <${Choice} words=${FIELDS.activation} value=${asked.activation} options=${ACTIVATIONS} onChange=${(activation) => set({ activation })} />
      <${Choice} words=${FIELDS.optimizer} value=${asked.optimizer} options=${OPTIMIZERS} onChange=${(optimizer) => set({ optimizer })} />
      ${asked.optimizer !== "lbfgs" && html`<${Rate} value=${asked.learning_rate} onChange=${(rate) => set({ learning_rate: rate })} />`}
      <${Field} words=${FIELDS.iterations}><input type="number" min="1" value=${asked.iterations} onChange=${number("iterations", 1)} /></${Field}>
      <${Field} words=${FIELDS.l2}><input type="number" min="0" step="any" value=${asked.l2} onChange=${number("l2")} /></${Field}>
      <${Field} words=${FIELDS.batch_size}><input type="number" min="1" placeholder="all examples" value=${asked.batch_size} onChange=${(e) => set({ batch_size: e.target.valueAsNumber || "" })} /></${Field}>
      <${Field} words=${FIELDS.seed}><input type="number" min="0" value=${asked.seed} onChange=${number("seed")} /></${Field}>
      ${photos && html`<${Choice} words="Features of photos" value=${asked.features} onChange=${(features) => set({ features })}
        options=${[["", "as the data were read"], ["pixels", "pixels"], ["efficientnet-lite0", "EfficientNet-Lite0"]]} />`}
    </div>
    <div class="row"><${Button} class="main" onClick=${start}>Run</${Button}><${Button} onClick=${() => keep({ ...START, ...OF_KIND[data.kind] })}>As at first</${Button}></div>
    ${asked.optimizer !== "lbfgs" && html`<h2>A fan of rates</h2><p>The same network at several learning rates at once; nothing of it is kept.</p>
      <${Fan} key=${asked.optimizer} data=${data.name} options=${optionsOf(asked)} onChoose=${(rate) => (set({ learning_rate: rate }), scrollTo(0, 0))} />`}`;
};

export default ({ params: { name } }) => {
  const data = state.value.data[name];
  const { error } = useAsked(async () => data?.opened || putData(await api.get(`/api/data/${encodeURIComponent(name)}`)), [name, data?.opened]);
  useEffect(() => void (document.title = `Train on ${name} – chainrule studio`), [name]);
  if (!name) return html`<h1>Train</h1><p><a href="#/data">Choose data first.</a></p>`;
  return html`<p class="of"><a href="#/data">Data</a> / <a href=${address("data", name)}><bdi>${data?.title || name}</bdi></a></p>
    <h1>A new run</h1>${data?.opened ? html`<${Form} data=${data} />` : error ? html`<${Wrong} words=${error} />` : html`<p class="note">Reading the data …</p>`}`;
};
