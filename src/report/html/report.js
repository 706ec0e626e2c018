"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  form.hidden = false;
  const list = document.getElementById("findings");
  const all = [...list.querySelectorAll("article")];
  const field = (id) => document.getElementById(id)?.value ?? "";
  const keys = (article, by) => by === "release"
    ? (article.dataset.releases ? article.dataset.releases.split("\n") : ["outside of releases"])
    : [article.dataset[by]];
  const draw = () => {
    const words = field("text").toLowerCase();
    const shown = all.filter((article) =>
      (!field("severity") || article.dataset.severity === field("severity")) &&
      (!field("rule") || article.dataset.rule === field("rule")) &&
      (!field("release") || article.dataset.releases.split("\n").includes(field("release"))) &&
      (!words || article.textContent.toLowerCase().includes(words)));
    const groups = new Map();
    for (const article of shown) {
      for (const key of keys(article, field("group") || "file")) {
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(article);
      }
    }
    const used = new Set();
    list.replaceChildren(...[...groups.keys()].sort().map((key) => {
      const section = document.createElement("section");
      const title = document.createElement("h2");
      const count = document.createElement("span");
      count.className = "count";
      count.textContent = groups.get(key).length;
      title.append(key + " ", count);
      section.append(title, ...groups.get(key).map((article) => {
        // An article stands once under each release it is in; ids stay unique.
        if (!used.has(article)) { used.add(article); return article; }
        const copy = article.cloneNode(true);
        copy.removeAttribute("id");
        return copy;
      }));
      return section;
    }));
    document.getElementById("none").hidden = shown.length > 0;
  };
  form.addEventListener("input", draw);
  form.addEventListener("submit", (event) => event.preventDefault());
})();
