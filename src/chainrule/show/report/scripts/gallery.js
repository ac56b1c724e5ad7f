// Examples i, each {i, lines}, as small pictures, or as lines where they are none; more on demand.
const SHOWN = 12; // at once

const gallery = ({ names, sheet }, found) => {
  const shown = make("div", { class: "gallery" });
  const more = make("button", { type: "button" });
  const show = (next) => {
    for (const { i, lines } of found.slice(next, next + SHOWN)) {
      const letters = [...names[i]], [start, end] = [letters.slice(0, -10), letters.slice(-10)];
      const parts = [start, end].map((part) => make("span", {}, part.join("")));
      const name = make("bdi", { class: "name", title: names[i] }, ...parts);
      const texts = [name, ...lines.flatMap((line) => [make("bdi", {}, line), make("br")]).slice(0, -1)];
      const words = [names[i], ...lines].map(isolated).join(", ");
      const figure = make("figure", sheet ? { class: "zoom", tabindex: 0 } : {});
      if (sheet) figure.append(picture(sheet, i, words, 88));
      figure.append(make("figcaption", {}, ...texts));
      shown.append(figure);
    }
    const left = found.length - next - SHOWN;
    more.hidden = left <= 0;
    more.textContent = `${left} more`;
    more.onclick = () => show(next + SHOWN);
  };
  show(0);
  return [shown, more];
};
