// SPDX-License-Identifier: Apache-2.0
#include "history/bilingual_page.hpp"

#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"
#include "reports/junit.hpp"

namespace meterproof::history {

using i18n::Language;
using i18n::Message;

namespace {

constexpr std::string_view page_head = R"(<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --line: #8886; background: Canvas; color: CanvasText; }
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 1rem auto; max-width: 70rem; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } td, th { border-top: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; }
td:first-child { font-family: ui-monospace, monospace; font-size: .9em; }
button { font: inherit; padding: .2rem .8rem; }
html[lang="en"] [lang="zh"]:not(html):not(button), html[lang="zh-CN"] [lang="en"]:not(html):not(button) { display: none; }
@media print { button { display: none; } }
@media (max-width: 40rem) { td, th { display: block; border: 0; } tr { display: block; border-top: 1px solid var(--line); padding: .4rem 0; } }
)";

constexpr std::string_view page_script = R"(<script>
"use strict";
const set = (language) => {
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset.set === language));
};
for (const one of document.querySelectorAll("button")) one.addEventListener("click", () => set(one.dataset.set));
</script>
)";

}  // namespace

std::string in_both(const Message& message) {
  if (message.empty()) return {};
  const std::string zh = core::sanitize(render(message, Language::zh)), en = core::sanitize(render(message, Language::en));
  if (zh == en) return reports::xml_escaped(zh);
  return "<span lang=\"zh\">" + reports::xml_escaped(zh) + "</span><span lang=\"en\">" + reports::xml_escaped(en) + "</span>";
}

std::string bilingual_page(Language language, std::string_view title, std::string_view style, std::string_view body) {
  const bool zh = language == Language::zh;
  const auto pressed = [&](bool is_shown) { return std::string(is_shown ? "true" : "false"); };
  return "<!DOCTYPE html>\n<html lang=\"" + std::string(zh ? "zh-CN" : "en") + "\">\n<head>\n" + std::string(page_head) + std::string(style) +
         "</style>\n<title>" + reports::xml_escaped(std::string(title)) +
         "</title>\n</head>\n<body>\n<main>\n<p><button type=\"button\" data-set=\"zh-CN\" lang=\"zh-CN\" aria-pressed=\"" + pressed(zh) +
         "\">中文</button> <button type=\"button\" data-set=\"en\" lang=\"en\" aria-pressed=\"" + pressed(!zh) + "\">English</button></p>\n" +
         std::string(body) + "</main>\n" + std::string(page_script) + "</body>\n</html>\n";
}

}  // namespace meterproof::history
