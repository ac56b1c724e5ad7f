// Pictures and tables that are dropped on the page, or chosen.
import { useState } from "./vendor/hooks.js";
import { signal } from "./vendor/signals.js";
import { address, go } from "./router.js";
import { api, putData } from "./store.js";
import { Button, Field, Wrong, count, html } from "./parts.js";

const PICTURE = /\.(png|jpe?g|webp)$/i;
const TABLE = /\.(csv)$/i;
const AT_ONCE = 4;

// A data set of pictures on its way: {name, counts: {class: n}}; it is on the server's disk already.
export const draft = signal(null);
const arriving = signal(0); // pictures, and heaps of them, that are not there yet
const meanwhile = async (work) => {
  arriving.value += 1;
  try {
    return await work();
  } finally {
    arriving.value -= 1;
  }
};

export const addPicture = (label, file, title = "pictures") => meanwhile(async () => {
  draft.value ??= { name: api.post("/api/data/new", { name: title, kind: "pictures" }).then((one) => one.name), counts: {} };
  const name = await draft.value.name;
  await api.send(`/api/data/${encodeURIComponent(name)}/picture?label=${encodeURIComponent(label)}&file=${encodeURIComponent(file.name ?? "")}`, file);
  const { counts, ...more } = draft.peek();
  draft.value = { ...more, counts: { ...counts, [label]: (counts[label] ?? 0) + 1 } };
});

export const open = async (name, given) => {
  putData(await api.post(`/api/data/${encodeURIComponent(name)}/open`, given));
  draft.value = null;
  go(address("data", name));
};

const addTable = async (file) => {
  const { name } = await api.post("/api/data/new", { name: file.name.replace(/\.[^.]*$/, ""), kind: "table" });
  await api.send(`/api/data/${encodeURIComponent(name)}/table`, file);
  // What is wrong with it its page says, too, beside how it can be read otherwise.
  await open(name, { hold_out: 0.2 }).catch(() => go(address("data", name)));
};

// Pictures that lie beside the folders of the classes.
const loose = (all) => {
  const above = new Set(all.flatMap(({ folders }) => folders.map((_, k) => folders.slice(0, k).join("/"))).filter(Boolean));
  return all.filter(({ folders }) => above.has(folders.join("/")));
};

// Files of a drop, of folders too: [{file, folders: ["cats", "black"]}].
const within = async (entry, folders = []) => {
  if (entry.isFile) return [{ file: await new Promise((done, failed) => entry.file(done, failed)), folders }];
  const reader = entry.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) break;
    all.push(...some);
  }
  return (await Promise.all(all.map((one) => within(one, [...folders, entry.name])))).flat();
};
const dropped = async ({ items, files }) => {
  const entries = [...items].map((one) => one.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length) return (await Promise.all(entries.map((one) => within(one)))).flat();
  return [...files].map((file) => ({ file, folders: [] }));
};
const chosen = (files) => [...files].map((file) => ({ file, folders: file.webkitRelativePath.split("/").slice(0, -1) }));

// How pictures that were given become a data set.
export const Finish = () => {
  const [share, hold] = useState(20);
  if (!draft.value) return null;
  const { counts, name } = draft.value;
  const classes = Object.entries(counts);
  const use = async () => open(await name, share > 0 ? { hold_out: share / 100 } : {});
  return html`<h2>Given so far</h2><p role="status">${classes.map(([label, n], k) => html`${k ? ", " : ""}<bdi>${label}</bdi>: ${count(n, "picture")}`)}</p>
    ${classes.length > 1
      ? html`<div class="row end"><${Field} words="Held out as a test set, %"><input type="number" min="0" max="90" value=${share}
          onInput=${(e) => hold(e.target.valueAsNumber || 0)} /></${Field}><${Button} class="main" disabled=${arriving.value > 0} onClick=${use}>Use these pictures</${Button}></div>`
      : html`<p class="note">Pictures of a second class are needed.</p>`}`;
};

export const Dropped = () => {
  const [label, name] = useState("");
  const [over, lie] = useState(false);
  const [doing, say] = useState("");
  const [wrong, fail] = useState("");
  const take = async (given) => {
    fail("");
    const table = given.find(({ file }) => TABLE.test(file.name));
    const all = given.filter(({ file }) => PICTURE.test(file.name));
    const beside = new Set(loose(all));
    const pictures = all.filter((one) => !beside.has(one));
    try {
      if (!table && !pictures.length) throw new Error("These are no PNG, JPEG or WebP pictures, and no .csv table.");
      if (table && !pictures.length) return await addTable(table.file);
      if (pictures.some(({ folders }) => !folders.length) && !label.trim()) throw new Error("These pictures are in no folder: name their class first.");
      const bad = [];
      let done = 0;
      const waiting = [...pictures];
      const some = async () => {
        for (let one = waiting.shift(); one; one = waiting.shift()) {
          await addPicture(one.folders.at(-1) ?? label.trim(), one.file, one.folders.at(-2)).catch((error) => bad.push(`${one.file.name}: ${error.message}`));
          say(`${(done += 1)} of ${count(pictures.length, "picture")}`);
        }
      };
      await meanwhile(() => Promise.all(Array.from({ length: AT_ONCE }, some)));
      const others = given.length - all.length;
      say([others && `${count(others, "file")} of ${others === 1 ? "another kind was" : "other kinds were"} left out.`,
        beside.size && `${count(beside.size, "picture")} beside the folders of the classes ${beside.size === 1 ? "was" : "were"} left out.`].filter(Boolean).join(" "));
      if (bad.length) throw new Error(`${count(bad.length, "picture")} could not be taken. The first: ${bad[0]}`);
    } catch (error) {
      fail(error.message);
    }
    return null;
  };
  const drop = async (event) => {
    event.preventDefault();
    lie(false);
    await take(await dropped(event.dataTransfer));
  };
  const pick = async (event) => {
    const files = chosen(event.target.files);
    event.target.value = "";
    await take(files);
  };
  return html`<div class=${`drop ${over ? "over" : ""}`} onDragOver=${(e) => (e.preventDefault(), lie(true))} onDragLeave=${() => lie(false)} onDrop=${drop}>
      <p><b>Drop pictures, folders or a .csv table here.</b><br /><span class="note">A folder's name is the class of the pictures in it.</span></p>
      <div class="row"><label class="button">Choose a folder<input class="unseen" type="file" webkitdirectory onChange=${pick} /></label>
        <label class="button">Choose files<input class="unseen" type="file" multiple accept=".png,.jpg,.jpeg,.webp,.csv" onChange=${pick} /></label>
        <${Field} words="Class of pictures in no folder"><input type="text" value=${label} onInput=${(e) => name(e.target.value)} /></${Field}></div>
      <p class="note" role="status">${doing}</p><${Wrong} words=${wrong} />
    </div>`;
};
