// Another name for a run or a data set, and an end of it.
import { useState } from "./vendor/hooks.js";
import { go } from "./router.js";
import { api } from "./store.js";
import { Button, Field, html } from "./parts.js";

// path : of the API. what : that is deleted, in words; "" of what is not the studio's own. back : where one is then.
export const Keeping = ({ path, name, what, back }) => {
  const [asked, ask] = useState(name);
  const remove = async () => {
    if (!confirm(`Delete ${what}? There is no way back.`)) return;
    await api.post(`${path}/delete`);
    go(back);
  };
  return html`<details><summary>Rename${what && " or delete"}</summary><div class="row end">
    <${Field} words="Name"><input class="long" type="text" maxlength="100" value=${asked} onInput=${(e) => ask(e.target.value)} /></${Field}>
    <${Button} onClick=${() => api.post(`${path}/rename`, { name: asked })}>Rename</${Button}>
    ${what && html`<${Button} onClick=${remove}>Delete …</${Button}>`}</div></details>`;
};
