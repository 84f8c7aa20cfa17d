#include "spec/yaml/scenario.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "spec/model/request.hpp"
#include "spec/yaml/parts.hpp"

namespace meterproof::yaml {

using spec::Interface;
using spec::Play;
using spec::Reconciliation;
using spec::Scenario;
using spec::Simulation;
using spec::Spec;

namespace {

/// RFC 4180: commas, quotes around what holds one, a doubled quote for a quote.
class CsvReader {
 public:
  explicit CsvReader(std::string text) : text_(std::move(text)) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
  }

  bool next(std::vector<std::string>& row) {
    row.clear();
    if (at_ >= text_.size()) return false;
    line_ += 1 + std::exchange(breaks_, 0);
    for (;;) {
      row.push_back(field());
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ < text_.size() && text_[at_] == '\r') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') ++at_;
      return true;
    }
  }
  /// Of the row that was read last.
  std::size_t line() const { return line_; }
  /// A quote was opened and never closed.
  bool unfinished() const { return unfinished_; }

 private:
  std::string field() {
    std::string out;
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++at_;; ++at_) {
        if (at_ == text_.size()) {
          unfinished_ = true;
          return out;
        }
        if (text_[at_] == '\n') ++breaks_;
        if (text_[at_] == '"' && (at_ + 1 == text_.size() || text_[at_ + 1] != '"')) break;
        if (text_[at_] == '"') ++at_;
        out += text_[at_];
      }
      ++at_;
    }
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\r' && text_[at_] != '\n') out += text_[at_++];
    return out;
  }

  std::string text_;
  std::size_t at_ = 0, line_ = 0, breaks_ = 0;  // breaks: lines within the row's quotes
  bool unfinished_ = false;
};

/// `lines`: where in the file each row stands.
void read_data(const Cursor& at, const std::string& scenario_path, Scenario& scenario, std::vector<std::size_t>& lines) {
  const auto path = std::filesystem::path(scenario_path).parent_path() / at.text();
  std::ifstream file(path);
  if (!file) return at.fail("the data cannot be read: " + path.string(), "a path is taken from where the scenario stands");
  CsvReader reader(std::string(std::istreambuf_iterator<char>(file), {}));
  if (!reader.next(scenario.columns)) return at.fail("the data is empty", "its first line names the columns");
  std::vector<std::string> row;
  while (reader.next(row)) {
    if (reader.unfinished()) return at.fail("line " + std::to_string(reader.line()) + " of " + at.text() + " opens a quote that nothing closes");
    if (row.size() == 1 && row.front().empty()) continue;
    if (row.size() != scenario.columns.size())
      return at.fail("line " + std::to_string(reader.line()) + " of " + at.text() + " has " + std::to_string(row.size()) + " fields, the first line " +
                     std::to_string(scenario.columns.size()));
    scenario.rows.push_back(row);
    lines.push_back(reader.line());
  }
  if (scenario.rows.empty()) at.fail("the data has no row");
}

class ScenarioReader {
 public:
  /// `lines`: where in its file each of the scenario's rows stands.
  ScenarioReader(const Spec& spec, Scenario& scenario, const std::vector<std::size_t>& lines) : spec_(spec), scenario_(scenario), lines_(lines) {}

  Play read_play(const Cursor& at) {
    Play play;
    const auto call = at.need("call");
    const auto interface = call ? find_interface(*call, spec_) : std::nullopt;
    if (!interface) return play;
    play.interface = *interface;
    const Interface& about = spec_.interfaces[*interface];
    play.fields = about.simulate;
    if (play.fields.empty()) play.fields.resize(about.request.size());
    if (const auto weight = at.get("weight")) {
      play.weight = weight->number().value_or(0);
      if (!(play.weight > 0)) weight->fail("a weight must be above 0");
    }
    if (const auto with = at.get("with")) take(*with, about, play.fields);
    const bool silent = std::all_of(play.fields.begin(), play.fields.end(), [](const Simulation& one) { return one.kind == Simulation::Kind::absent; });
    if (silent) at.fail("nothing says how " + about.name + " is played", "with: { FIELD: { value: … } }");
    return play;
  }

  /// What `made: INTERFACE.FIELD` means, once the whole mix is known.
  void bind_made(const Cursor& at) {
    for (Play& play : scenario_.mix)
      for (Simulation& field : play.fields) {
        if (field.kind != Simulation::Kind::made) continue;
        const std::size_t dot = field.text.find('.');
        const auto maker = std::find_if(scenario_.mix.begin(), scenario_.mix.end(),
                                        [&](const Play& one) { return spec_.interfaces[one.interface].name == field.text.substr(0, dot); });
        const auto made =
            maker == scenario_.mix.end() || dot == std::string::npos ? std::nullopt : spec_.interfaces[maker->interface].field(field.text.substr(dot + 1));
        if (!made || maker->fields[*made].kind != Simulation::Kind::unique) {
          at.fail("made: " + field.text + " is no unique field of the mix", "write INTERFACE.FIELD of a call that plays it as unique");
          continue;
        }
        field.play = static_cast<std::size_t>(maker - scenario_.mix.begin());
        field.of = *made;
      }
    const auto waits = [](const Play& play) {
      return std::any_of(play.fields.begin(), play.fields.end(), [](const Simulation& field) { return field.kind == Simulation::Kind::made; });
    };
    if (std::all_of(scenario_.mix.begin(), scenario_.mix.end(), waits)) at.fail("every call of this mix waits for what another makes: none can be the first");
  }

  void read_reconciliation(const Cursor& at) {
    at.allow({"of", "each", "last", "ask", "with", "shown"});
    Reconciliation out;
    const auto of = at.need("of");
    const auto ask = at.need("ask");
    const auto interface = of ? find_interface(*of, spec_) : std::nullopt;
    const auto query = ask ? find_interface(*ask, spec_) : std::nullopt;
    if (!interface || !query) return;
    const auto play = std::find_if(scenario_.mix.begin(), scenario_.mix.end(), [&](const Play& one) { return one.interface == *interface; });
    if (play == scenario_.mix.end()) return of->fail(of->text() + " is not in the mix");
    out.play = static_cast<std::size_t>(play - scenario_.mix.begin());
    out.kind = at.get("last") ? Reconciliation::Kind::last : Reconciliation::Kind::each;
    const Interface& about = spec_.interfaces[*interface];
    const Interface& asked = spec_.interfaces[*query];
    const auto field = out.kind == Reconciliation::Kind::last ? at.get("last") : at.need("each");
    if (!field) return;
    out.field = find_field(about.request, *field, about.name).value_or(0);
    using Kind = Simulation::Kind;
    const Kind wanted = out.kind == Reconciliation::Kind::last ? Kind::grows : Kind::unique;
    if (play->fields[out.field].kind != wanted) field->fail("it must be played as " + std::string(wanted == Kind::grows ? "grows" : "unique"));
    out.ask.interface = *query;
    out.ask.fields.resize(asked.request.size());
    if (const auto with = at.need("with")) {
      with->is_map() ? take(*with, asked, out.ask.fields) : with->fail("a mapping of fields is expected");
    }
    if (const auto shown = at.need("shown")) out.shown = find_field(asked.reply, *shown, asked.name + "'s reply").value_or(0);
    scenario_.reconcile.push_back(std::move(out));
  }

 private:
  void take(const Cursor& with, const Interface& about, std::vector<Simulation>& into) const {
    const auto from = read_simulation(with, about, &scenario_.columns);
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (from[i].kind == Simulation::Kind::absent) continue;
      check(with, about.request[i], from[i]);
      into[i] = from[i];
    }
  }

  /// What a field that is a number says must be one, wherever it comes from.
  void check(const Cursor& at, const spec::Field& field, const Simulation& play) const {
    if (field.type == spec::Type::text) return;
    const auto number = [&](const std::string& text, const std::string& where) {
      if (!spec::is_json_number(text)) at.fail(field.name + " is a number, and \"" + text + "\"" + where + " is none");
    };
    if (play.kind == Simulation::Kind::value) number(play.text, "");
    for (const std::string& choice : play.choices) number(choice, "");
    if (play.kind != Simulation::Kind::column) return;
    const auto column = static_cast<std::size_t>(std::find(scenario_.columns.begin(), scenario_.columns.end(), play.text) - scenario_.columns.begin());
    for (std::size_t row = 0; column < scenario_.columns.size() && row < scenario_.rows.size(); ++row)
      number(scenario_.rows[row][column], ", in line " + std::to_string(lines_[row]) + " of the data, column " + play.text + ",");
  }

  const Spec& spec_;
  Scenario& scenario_;
  const std::vector<std::size_t>& lines_;
};

}  // namespace

spec::Result<Scenario> load_scenario(const Spec& spec, const std::string& path) {
  std::vector<spec::Problem> problems;
  Scenario scenario;
  const auto root = open(path, path, problems);
  if (!root) return problems;
  root->allow({"scenario", "zh", "en", "mix", "data", "reconcile", "stages"});
  scenario.name = root->text("scenario", std::filesystem::path(path).stem().string());
  scenario.title = read_text(*root);
  std::vector<std::size_t> lines;
  if (const auto data = root->get("data")) read_data(*data, path, scenario, lines);
  ScenarioReader reader(spec, scenario, lines);
  if (const auto mix = root->need("mix"))
    for (const Cursor& item : mix->items()) {
      item.allow({"call", "weight", "with"});
      scenario.mix.push_back(reader.read_play(item));
    }
  reader.bind_made(*root);
  if (problems.empty())
    if (const auto list = root->get("reconcile"))
      for (const Cursor& item : list->items()) reader.read_reconciliation(item);
  if (const auto stages = root->get("stages"))
    for (const Cursor& item : stages->items()) scenario.stages.push_back(item.text());
  if (!problems.empty()) return problems;
  return scenario;
}

Scenario plain_scenario(const Spec& spec, std::size_t interface) {
  Scenario scenario;
  scenario.name = spec.interfaces[interface].name;
  scenario.title = spec.interfaces[interface].title;
  scenario.mix.push_back({interface, 1, spec.interfaces[interface].simulate});
  return scenario;
}

}  // namespace meterproof::yaml
