#include "host/page/assets.hpp"

namespace vnsweep::page {

std::string_view script() {
  return R"js(
"use strict";
(() => {
  const table = document.getElementById("cell-table");
  if (!table) return;
  const pageSize = 200;
  const find = (id) => document.getElementById(id);
  const filter = find("cell-filter"), count = find("cell-count"), more = find("cell-more");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const plain = (text) => text.toLowerCase().replace(/[^a-z0-9.]/g, "");
  const names = heads.map((head) => [plain(head.dataset.key), plain(head.textContent)]);
  // An interval counts as its lower end.
  const number = (text) => {
    const start = text.replace(/^\[/, "").split(",")[0].trim();
    return start === "" ? NaN : Number(start);
  };
  let rows = [...body.rows].map((row) => {
    const texts = [...row.cells].map((cell) => cell.textContent.trim());
    return { row, texts, all: texts.join("  ").toLowerCase() };
  });
  let limit = pageSize;

  const compare = {
    "=": (a, b) => a === b, "!=": (a, b) => a !== b, "<": (a, b) => a < b,
    "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  };
  const condition = (word) => {
    const parts = word.match(/^(.+?)(<=|>=|!=|=|<|>)(.+)$/);
    const column = parts ? names.findIndex((name) => name.includes(plain(parts[1]))) : -1;
    if (column < 0) return (entry) => entry.all.includes(word.toLowerCase());
    const wanted = number(parts[3]);
    return (entry) => {
      const value = number(entry.texts[column]);
      if (!isNaN(wanted) && !isNaN(value)) return compare[parts[2]](value, wanted);
      if (parts[2] !== "=" && parts[2] !== "!=") return false;
      return compare[parts[2]](entry.texts[column].toLowerCase(), parts[3].toLowerCase());
    };
  };

  const show = () => {
    const conditions = filter.value.split(/\s+/).filter(Boolean).map(condition);
    let matching = 0;
    for (const entry of rows) {
      const matches = conditions.every((holds) => holds(entry));
      if (matches) ++matching;
      const hidden = !matches || matching > limit;
      if (entry.row.hidden !== hidden) entry.row.hidden = hidden;
    }
    const shown = Math.min(matching, limit);
    count.textContent = `${shown} of ${rows.length} cells shown` +
      (matching > shown ? `; ${matching} match the filter` : "");
    more.hidden = matching <= shown;
  };

  const sort = (column) => {
    const down = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    const keyed = rows.map((entry) =>
      ({ entry, text: entry.texts[column], value: number(entry.texts[column]) }));
    // What is not there comes last in both directions.
    keyed.sort((a, b) => {
      if ((a.text === "-") !== (b.text === "-")) return a.text === "-" ? 1 : -1;
      if (isNaN(a.value) !== isNaN(b.value)) return isNaN(a.value) ? 1 : -1;
      if (!isNaN(a.value)) return sign * (a.value - b.value);
      return sign * (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
    });
    rows = keyed.map((key) => key.entry);
    const sorted = document.createDocumentFragment();
    rows.forEach((entry) => sorted.append(entry.row));
    show();
    body.append(sorted);
  };

  heads.forEach((head, column) =>
    head.querySelector("button").addEventListener("click", () => sort(column)));
  filter.addEventListener("input", () => { limit = pageSize; show(); });
  more.addEventListener("click", () => { limit += 5 * pageSize; show(); });
  find("cell-controls").hidden = false;
  show();
})();
)js";
}

std::string_view content_security_policy() {
  // The browser prints the hash that it expects when the script above was changed.
  return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
         "form-action 'none'; script-src 'sha256-mVadUeZCM2saLWO/cNgqWaerHbZgr66hhhAM0/5JbBU='";
}

}  // namespace vnsweep::page
