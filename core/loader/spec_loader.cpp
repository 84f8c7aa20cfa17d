// SPDX-License-Identifier: Apache-2.0
#include "core/loader/spec_loader.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "core/loader/section_readers.hpp"
#include "core/text/input_text.hpp"
#include "core/text/text.hpp"
#include "core/threads/thread_group.hpp"

namespace meterproof::loader {

using core::Diagnostic;
using core::Interface;
using core::Result;
using core::Spec;

namespace {

const std::vector<std::string> interface_keys = {"interface", "section",  "title", "purpose", "served_by", "path",    "common_results", "refusal",
                                                 "request",   "variants", "reply", "results", "effects",   "delayed", "generators",     "open_questions"};

Interface read_interface(const YamlNode& at, const Spec& spec) {
  at.allow_keys(interface_keys);
  Interface out;
  const auto need_text = [&](std::string_view key) {
    const auto found = at.require(key);
    return found ? found->text() : std::string();
  };
  out.name = need_text("interface");
  out.section = need_text("section");
  out.path = need_text("path");
  if (const auto title = at.require("title")) out.title = read_text(*title);
  if (const auto purpose = at.get("purpose")) out.purpose = read_text(*purpose);
  if (const auto role = at.require("served_by")) {
    const std::string word = role->text();
    if (word == "billing") out.served_by = core::Role::billing;
    else if (word != "platform") role->fail(msg<"file.unknown-role">(word), core::suggestion(word, {"platform", "billing"}));
  }
  if (const auto common = at.get("common_results")) {
    const std::string word = common->text();
    if (word == "open") out.common_results = core::CommonResults::open;
    else if (word != "listed") common->fail(msg<"file.neither">(word, "listed", "open"));
  }
  if (const auto refusal = at.get("refusal")) out.refusal = read_code(*refusal);
  if (const auto request = at.require("request")) out.request = read_fields(*request, spec, nullptr);
  if (const auto reply = at.get("reply")) out.reply = read_fields(*reply, spec, &out.request);
  for (const core::Field& field : out.request)
    if (!field.obeys.empty() && std::none_of(out.reply.begin(), out.reply.end(), [&](const core::Field& one) { return one.name == field.obeys; }))
      at.fail(msg<"spec.obeys">(field.name, field.obeys));
  if (const auto variants = at.get("variants")) out.variants = read_variants(*variants, out);
  if (out.variants.empty()) {
    core::Variant all{"all", {}, {}, {}};
    for (std::size_t i = 0; i < out.request.size(); ++i) all.fields.push_back(i);
    out.variants.push_back(std::move(all));
  }
  if (const auto results = at.require("results")) out.results = read_results(*results, spec, out);
  if (const auto effects = at.get("effects")) out.effects = read_effects(*effects, spec, out);
  if (const auto delayed = at.get("delayed")) out.delay = read_delay(*delayed, spec, out);
  if (const auto generators = at.get("generators")) {
    out.generators = read_generators(*generators, out);
    check_generators(*generators, out, out.generators);
  }
  if (const auto open_questions = at.get("open_questions")) out.open_questions = read_open_questions(*open_questions, spec, &out);
  out.body = bind_body_rows(spec, out);
  lint(at, spec, out);
  return out;
}

/// The last interface of the spec against those before it.
void check_apart(const Spec& spec, const YamlNode& at) {
  const Interface& added = spec.interfaces.back();
  for (const Interface& other : spec.interfaces) {
    if (&other == &added) continue;
    if (other.name == added.name) at.fail(msg<"spec.interface-twice">(added.name));
    if (other.path == added.path && own_fields(spec, other).empty() && own_fields(spec, added).empty()) at.fail(msg<"spec.same-path">(other.name, added.name));
  }
}

}  // namespace

namespace {

/// A file as it was parsed, and every problem found in it, then and later.
struct Opened {
  std::unique_ptr<std::vector<Diagnostic>> problems = std::make_unique<std::vector<Diagnostic>>();
  std::optional<YamlNode> root;
};

/// Scanning YAML is most of what starting takes; files are scanned side by side.
std::vector<Opened> open_all(const std::vector<std::filesystem::path>& paths) {
  std::vector<Opened> out(paths.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < paths.size(); i = next++) out[i].root = open(paths[i].string(), paths[i].string(), *out[i].problems);
  };
  const std::size_t threads = std::min<std::size_t>({std::max(1U, std::thread::hardware_concurrency()), paths.size(), 8});
  core::ThreadGroup helpers;
  bool has_room = true;  // fewer threads do it, too
  while (has_room && helpers.size() + 1 < threads) has_room = helpers.try_start(work);
  work();
  helpers.join();
  return out;
}

/// The *.yaml of a folder, by name; `error` where it can't be read.
std::vector<std::filesystem::path> yaml_files(const std::filesystem::path& directory, std::error_code& error) {
  namespace fs = std::filesystem;
  std::vector<fs::path> out;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".yaml") out.push_back(it->path());
  std::sort(out.begin(), out.end());
  return out;
}

/// common.yaml first, then the interfaces; from `interfaces` on they are sequences.
Result<Spec> bind_files(const std::vector<Opened>& files, std::size_t interfaces, const std::string& directory) {
  std::vector<Diagnostic> problems;
  if (!files.front().root) return *files.front().problems;
  Spec spec;
  read_common(*files.front().root, spec);
  if (interfaces == 1) problems.push_back({{directory, 0, 0}, msg<"spec.no-interfaces">(), {}, msg<"spec.add-interface">()});
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (!files[i].root) continue;
    if (i >= interfaces) {
      read_sequences(*files[i].root, spec);
      continue;
    }
    Interface interface = read_interface(*files[i].root, spec);
    spec.interfaces.push_back(std::move(interface));
    check_apart(spec, *files[i].root);
  }
  for (const Opened& file : files) problems.insert(problems.end(), file.problems->begin(), file.problems->end());
  if (!problems.empty()) return problems;
  return spec;
}

}  // namespace

Result<Spec> load_spec(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error, no_sequences;
  std::vector<fs::path> paths = yaml_files(directory, error);
  if (error) return Diagnostic{{directory, 0, 0}, msg<"spec.no-folder">(), {}, msg<"spec.name-folder">()};
  const fs::path common = fs::path(directory) / "common.yaml";
  std::erase(paths, common);
  paths.insert(paths.begin(), common);
  const std::size_t interfaces = paths.size();
  for (fs::path& sequence : yaml_files(fs::path(directory) / "sequences", no_sequences)) paths.push_back(std::move(sequence));

  return bind_files(open_all(paths), interfaces, directory);
}

Result<Spec> parse_spec(const SpecText& common, const std::vector<SpecText>& interfaces, const std::vector<SpecText>& sequences) {
  std::vector<Opened> files;
  const auto add = [&](const SpecText& text) {
    Opened& file = files.emplace_back();
    file.root = parse(text.content, text.name, *file.problems);
  };
  add(common);
  for (const SpecText& text : interfaces) add(text);
  for (const SpecText& text : sequences) add(text);
  return bind_files(files, 1 + interfaces.size(), common.name);
}

i18n::Message validate(const Spec& spec, const Fixtures& fixtures) {
  std::vector<std::set<std::string>> keys(spec.tables.size());
  const auto for_each_value = [&](const auto& visit) {
    for (const auto* part : {&fixtures.tables, &fixtures.generated_rows})
      for (const auto& of : *part)
        for (const auto& row : of.rows)
          for (const auto& [column, value] : row)
            if (i18n::Message wrong = visit(of.table, column, value); !wrong.empty()) return wrong;
    return i18n::Message();
  };
  i18n::Message repeated = for_each_value([&](std::size_t table, std::size_t column, const std::string& value) -> i18n::Message {
    if (column != spec.tables[table].key || keys[table].insert(value).second) return {};
    return msg<"fixtures.key-twice">(spec.tables[table].name, value);
  });
  if (!repeated.empty()) return repeated;
  return for_each_value([&](std::size_t table, std::size_t column, const std::string& value) -> i18n::Message {
    const core::Column& about = spec.tables[table].columns[column];
    if (!about.refers || value.empty() || keys[*about.refers].count(value) > 0) return {};
    return msg<"fixtures.no-row">(spec.tables[table].name, about.name, value);
  });
}

Result<Fixtures> load_fixtures(const Spec& spec, const std::string& path) {
  std::vector<Diagnostic> problems;
  const auto root = open(path, path, problems);
  if (!root) return problems;
  Fixtures fixtures;
  const auto read_row = [&](const YamlNode& at, std::size_t table) {
    Fixtures::Row row;
    for (const auto& [name, value] : at.members())
      if (const auto column = find_column(spec.tables[table], name)) {
        row.emplace_back(*column, value.text());
        const i18n::Message wanted = core::type_mismatch(spec.tables[table].columns[*column].type, value.text());
        if (!wanted.empty()) value.fail(msg<"fixtures.wrong-type">(name.text(), wanted));
      }
    const bool has_key = std::any_of(row.begin(), row.end(), [&](const auto& cell) { return cell.first == spec.tables[table].key; });
    if (!has_key) at.fail(msg<"fixtures.no-key">(), msg<"fixtures.give-key">(spec.tables[table].columns[spec.tables[table].key].name));
    return row;
  };
  for (const auto& [name, value] : root->members()) {
    if (name.text() == "generated") {
      for (const auto& [part, content] : value.members()) {
        if (part.text() == "count") fixtures.generated_count = static_cast<std::size_t>(content.integer(0, 4'000'000).value_or(0));
        else if (const auto table = find_table(spec, part)) fixtures.generated_rows.push_back({*table, {read_row(content, *table)}});
      }
      continue;
    }
    const auto table = find_table(spec, name);
    if (!table) continue;
    Fixtures::TableRows of{*table, {}};
    for (const YamlNode& item : value.items()) of.rows.push_back(read_row(item, *table));
    fixtures.tables.push_back(std::move(of));
  }
  if (const i18n::Message wrong = validate(spec, fixtures); problems.empty() && !wrong.empty()) problems.push_back({{path, 0, 0}, wrong, {}, {}});
  if (!problems.empty()) return problems;
  return fixtures;
}

namespace {

/// `#` at the beginning or behind white space begins a comment. One that a character follows at once may be a part of the secret: `ambiguous` then.
std::string_view without_comment(std::string_view line, bool& ambiguous) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at > 0 && !is_blank(line[at - 1])) continue;
    ambiguous = !core::trimmed(line.substr(0, at)).empty() && at + 1 < line.size() && !is_blank(line[at + 1]) && line[at + 1] != '#';
    return line.substr(0, at);
  }
  return line;
}

}  // namespace

std::optional<std::pair<std::string, std::string>> read_app_pair(std::string_view text, i18n::Message& why) {
  const std::size_t colon = text.find(':');
  std::string id(core::trimmed(text.substr(0, colon)));
  std::string secret(colon == std::string_view::npos ? std::string_view() : core::trimmed(text.substr(colon + 1)));
  if (id.empty() || secret.empty()) {
    why = msg<"apps.no-pair">();
    return std::nullopt;
  }
  for (const auto& [part, name] : {std::pair(&id, msg<"apps.in-the-id">()), std::pair(&secret, msg<"apps.in-the-secret">())}) {
    if (part->size() > longest_credential) {
      why = msg<"apps.too-long">(name, longest_credential);
      return std::nullopt;
    }
    if (const std::size_t place = core::odd_character(*part); place > 0) {
      why = msg<"apps.odd-character">(place, name);
      return std::nullopt;
    }
  }
  // id:"secret", "id":"secret" or "id:secret": of JSON or of a shell, and no part of either.
  for (const char quote : {'"', '\''})
    if (secret.back() == quote && (secret.size() > 1 && (secret.front() == quote || id.front() == quote))) {
      why = msg<"apps.quoted">(std::string(1, quote));
      return std::nullopt;
    }
  return std::pair(std::move(id), std::move(secret));
}

Result<std::vector<std::pair<std::string, std::string>>> load_apps(const std::string& path) {
  i18n::Message why;
  const auto content = content_of(path, why);
  if (!content) return Diagnostic{{path, 0, 0}, why, {}, msg<"apps.name-file">()};
  if (core::is_utf16(*content)) return Diagnostic{{path, 0, 0}, msg<"input.utf16">(), {}, msg<"input.save-as-utf8">()};
  std::istringstream file(core::with_unix_lines(*content));
  std::vector<Diagnostic> problems;
  std::vector<std::pair<std::string, std::string>> apps;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    bool ambiguous = false;
    const std::string_view kept = core::trimmed(without_comment(line, ambiguous));
    if (ambiguous) problems.push_back({{path, number, 1}, msg<"apps.comment-or-secret">(), {}, msg<"apps.comment-blank">()});
    if (kept.empty() || ambiguous) continue;
    if (auto pair = read_app_pair(kept, why)) apps.push_back(std::move(*pair));
    else problems.push_back({{path, number, 1}, why, {}, msg<"apps.one-pair">()});
  }
  if (apps.empty() && problems.empty()) problems.push_back({{path, 0, 0}, msg<"apps.empty">(), {}, msg<"apps.one-a-line">()});
  if (!problems.empty()) return problems;
  return apps;
}

}  // namespace meterproof::loader
