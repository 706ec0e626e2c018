"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  form.hidden = false;
  const list = document.getElementById("findings");
  const all = [...list.querySelectorAll("article")];
  const ids = ["text", "severity", "kind", "rule", "release", "group"];
  const field = (id) => document.getElementById(id);
  const value = (id) => field(id)?.value ?? "";
  const releases = (article) => article.dataset.releases ? article.dataset.releases.split("\n") : [];
  const keys = (article, by) => {
    if (by !== "release") return [article.dataset[by]];
    const named = releases(article);
    return named.length ? named : ["outside of releases"];
  };
  const fits = (article, words) =>
    ["severity", "kind", "rule"].every((id) => !value(id) || article.dataset[id] === value(id)) &&
    (!value("release") || releases(article).includes(value("release"))) &&
    (!words || article.textContent.toLowerCase().includes(words));
  const section = (key, articles, used) => {
    const section = document.createElement("section");
    const title = document.createElement("h2");
    const count = document.createElement("span");
    count.className = "count";
    count.textContent = articles.length;
    title.append(key + " ", count);
    section.append(title, ...articles.map((article) => {
      // An article stands once under each release it is in; ids stay unique.
      if (!used.has(article)) { used.add(article); return article; }
      const copy = article.cloneNode(true);
      copy.removeAttribute("id");
      return copy;
    }));
    return section;
  };
  const draw = () => {
    const words = value("text").toLowerCase();
    const shown = all.filter((article) => fits(article, words));
    const groups = new Map();
    for (const article of shown) {
      for (const key of keys(article, value("group") || "file")) {
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(article);
      }
    }
    const used = new Set();
    list.replaceChildren(...[...groups.keys()].sort().map((key) => section(key, groups.get(key), used)));
    field("none").hidden = shown.length > 0;
    field("shown").textContent = shown.length === all.length ? "" : `${shown.length} of ${all.length} shown`;
    for (const button of document.querySelectorAll("button[data-filter]")) {
      button.setAttribute("aria-pressed", value(button.dataset.filter) === button.textContent);
    }
  };
  // A view can be sent to somebody: it stands in the address.
  const keep = () => {
    const view = new URLSearchParams(ids.filter((id) => value(id)).map((id) => [id, value(id)]));
    view.get("group") === "file" && view.delete("group");
    try { history.replaceState(null, "", view.size ? `?${view}` : location.pathname); } catch { /* a file opened in a frame */ }
  };
  const change = () => { draw(); keep(); };
  // Where there are thousands of findings, the page is not drawn anew for each letter.
  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(change, all.length > 1000 ? 250 : 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-filter]");
    if (!button) return;
    const select = field(button.dataset.filter);
    select.value = select.value === button.textContent ? "" : button.textContent;
    change();
  });
  const asked = new URLSearchParams(location.search);
  for (const id of ids) if (asked.has(id) && field(id)) field(id).value = asked.get(id);
  draw();
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
})();
