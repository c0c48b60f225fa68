// Makes elements without a template language: h("p", { class: "lead" }, "text", child).

/** An element with attributes, listeners (`onclick`) and children; `false` and `null` are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A box of the study's own formatted text: HTML that the server made from Markdown, with all raw HTML escaped. */
export function prose(html) {
  const box = h("div", { class: "words" });
  box.innerHTML = html;
  return box;
}

/** The step's one `h1`: `text`, or the heading that the study's own text begins with, which is then taken out of `box`. */
export function heading(text, box = null) {
  const own = box?.firstElementChild;
  if (!own?.matches("h1, h2, h3")) return h("h1", { tabindex: -1 }, text);
  own.remove();
  return h("h1", { tabindex: -1 }, own.textContent);
}

const SHAPES = {
  play: "M8 5.5v13a1 1 0 0 0 1.53.85l10.4-6.5a1 1 0 0 0 0-1.7L9.53 4.65A1 1 0 0 0 8 5.5z",
  pause: "M7 4.5h3.2v15H7zM13.8 4.5H17v15h-3.2z",
  restart: "M12 5V1.8L6.8 6.2 12 10.6V7.2a5.4 5.4 0 1 1-5.4 5.4H4.4A7.6 7.6 0 1 0 12 5z",
  loop: "M7 7h9.2v2.8L20.6 6l-4.4-3.8V5H5v6.4h2zM17 17H7.8v-2.8L3.4 18l4.4 3.8V19H19v-6.4h-2z",
  check: "M9.2 16.6 4.9 12.3l-1.5 1.5 5.8 5.8L21 7.8l-1.5-1.5z",
};

/** One of the page's few drawings, hidden from screen readers (its button carries the name). */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** A field of text with a line that says when it is full, also to who hears the page: a browser takes no more without a word. */
export function limited(field, t) {
  const line = h("p", { class: "hint", role: "status" });
  field.addEventListener("input", () => {
    line.textContent = field.value.length >= field.maxLength ? t("text_full", { most: field.maxLength }) : "";
  });
  return h("div", {}, field, line);
}
