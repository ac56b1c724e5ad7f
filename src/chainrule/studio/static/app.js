// The page: an address for each state, one screen at a time, and what stands above all of them.
import { render } from "./vendor/preact.js";
import { useEffect, useErrorBoundary, useRef, useState } from "./vendor/hooks.js";
import { connect, lost, said, state } from "./store.js";
import { place } from "./router.js";
import { html } from "./parts.js";
import { RunHead } from "./runhead.js";

export * from "./router.js";
export * from "./store.js";

const OF_RUN = {
  example: ["picture", "set", "i"],
  node: ["node", "name", "row", "column"],
  mistakes: ["mistakes"],
  ship: ["ship"],
};
const found = ({ parts: [first, id, part, ...more] }) => {
  if (first === "run" && id && !part) return { file: "run", params: { id } };
  if (first === "run" && id && OF_RUN[part]) {
    const [file, ...names] = OF_RUN[part];
    return { file, params: { id, ...Object.fromEntries(names.map((name, k) => [name, more[k]])) } };
  }
  if (first === "train" || first === "runs") return { file: first, params: { name: id } };
  return { file: "data", params: { name: first === "data" ? id : undefined } };
};

const screens = {};
const Shown = () => {
  const { file, params } = found(place.value);
  const [, again] = useState(0);
  const [broken] = useErrorBoundary((error) => console.error(error));
  useEffect(() => {
    if (screens[file]) return;
    const keep = (one) => {
      screens[file] = one;
      again((n) => n + 1);
    };
    import(`./screens/${file}.js`).then((one) => keep(one.default), () => keep(Missing));
  }, [file]);
  if (broken) return html`<p class="warning">This part of the page failed: ${String(broken.message ?? broken)}</p>`;
  const Screen = screens[file];
  return Screen && html`<${Screen} key=${JSON.stringify([file, params])} params=${params} query=${place.value.query} />`;
};
const Missing = () => html`<h1>Not here</h1><p>This part of the page could not be loaded.</p>`;

const NAV = { data: "Data", runs: "Runs" };
const Page = () => {
  const { parts } = place.value;
  const main = useRef();
  const path = JSON.stringify(parts);
  const first = useRef(true);
  // With the keyboard one goes on where the new screen begins.
  useEffect(() => {
    if (!first.current) {
      main.current.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first.current = false;
  }, [path]);
  const here = parts[0] === "runs" || parts[0] === "run" ? "runs" : "data";
  const known = parts[0] !== "run" || state.value.runs[parts[1]];
  const last = said.value.at(-1);
  return html`
    <a class="skip" href="#main" onClick=${(e) => (e.preventDefault(), main.current.focus())}>To the content</a>
    <header class="top">
      <a class="brand" href="#/data">chainrule studio</a>
      <nav aria-label="Parts">
        ${Object.entries(NAV).map(([key, words]) =>
          html`<a href=${`#/${key}`} aria-current=${key === here ? "page" : undefined}>${words}</a>`)}
      </nav>
      <span class="note">Nothing leaves this computer.</span>
    </header>
    <div role="alert">${lost.value && html`<p class="lost">${lost.value}</p>`}</div>
    <main id="main" tabindex="-1" ref=${main}>
      ${state.value.loaded && parts[0] === "run" && parts[1] && html`<${RunHead} key=${parts[1]} id=${parts[1]} part=${parts[2]} />`}
      ${state.value.loaded ? known && html`<${Shown} key=${path} />` : html`<p class="note">Asking the server …</p>`}
    </main>
    <div class="unseen" aria-live="polite">${last && `${last.words}`}</div>`;
};

connect();
render(html`<${Page} />`, document.body);
