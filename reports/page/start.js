// SPDX-License-Identifier: Apache-2.0
"use strict";
const { records, base } = JSON.parse(document.getElementById("data").textContent);
const kinds = { "meterproof/check/2": checkPage, "meterproof/load/2": loadPage, "meterproof/certificate/3": certificatePage };

for (const node of document.querySelectorAll("[data-say]")) say(...{ skip: ["跳到内容", "skip to content"], theme: ["明/暗", "light/dark"] }[node.dataset.say], node);
for (const button of document.querySelectorAll("[data-language]")) button.addEventListener("click", () => setLanguage(button.dataset.language));
const dark = matchMedia("(prefers-color-scheme: dark)");
document.documentElement.dataset.theme = recall("theme") ?? (dark.matches ? "dark" : "light");
document.getElementById("theme").addEventListener("click", () => {
  const to = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  remember("theme", to);
  setTheme(to);
});
dark.addEventListener("change", () => recall("theme") ?? setTheme(dark.matches ? "dark" : "light"));

records.forEach((record, i) => {
  const key = `r${i + 1}`;
  document.getElementById("main").append((kinds[record.schema])(record, key, base));
  if (records.length > 1) document.getElementById("records").append(el("a", { href: `#${key}` }, `${i + 1}. ${record.target ?? record.statement?.subject.target ?? ""}`));
});
/** The verdict of a record, with the part that it is about: a message, or, of an older check, one of `outcomes`. */
function pageTitleOf(record) {
  const verdict = record.headline ?? record.statement?.record.headline ?? record.verdict ?? record.statement?.subject.verdict;
  const [zh, en] = outcomes[verdict] ?? [verdict?.zh ?? verdict ?? "", verdict?.en ?? verdict ?? ""];
  return { zh, en };
}
pageTitle = { zh: `meterproof：${records.map((record) => pageTitleOf(record).zh).join("，")}`, en: `meterproof: ${records.map((record) => pageTitleOf(record).en).join(", ")}` };
setLanguage(recall("language") ?? language);
