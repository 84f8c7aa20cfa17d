// SPDX-License-Identifier: Apache-2.0
// A row that is taken for another: for one whose key looks alike, one of the same owner, or one that is alike in all else.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Interface;
using core::Spec;
using store::RowNumber;

namespace {

constexpr std::size_t key_length = 12;  // of most meters

std::string beginning(std::string_view key) { return std::string(key.substr(0, key_length)); }
std::string end(std::string_view key) { return std::string(key.substr(key.size() - std::min(key.size(), key_length))); }
std::string without_zeros(std::string_view key) { return std::string(key.substr(std::min(key.find_first_not_of('0'), key.size()))); }

std::string in_small_letters(std::string_view key) {
  std::string out(key);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string without_quotes(std::string_view key) {
  std::string out;
  for (const char c : key)
    if (c != '\'' && c != '"' && c != '\\') out += c;
  return out;
}

std::string as_double(std::string_view key) {
  const bool is_number = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::to_string(std::strtod(std::string(key).c_str(), nullptr)) : std::string(key);
}

std::string within_bmp(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool is_beyond = static_cast<unsigned char>(key[i]) >= 0xF0U;
    out += is_beyond ? '?' : key[i];
    if (is_beyond) i += 3;
  }
  return out;
}

/// U+FF10 … U+FF19 become 0 … 9.
std::string half_width(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool is_digit = key.substr(i, 2) == "\xEF\xBC" && i + 2 < key.size() && static_cast<unsigned char>(key[i + 2]) - 0x90U < 10U;
    if (is_digit) out += static_cast<char>('0' + (static_cast<unsigned char>(key[i + 2]) - 0x90U)), i += 2;
    else out += key[i];
  }
  return out;
}

/// As LIKE has it: % is any text, _ any character.
bool is_like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '%') return is_like(text, pattern.substr(1)) || (!text.empty() && is_like(text.substr(1), pattern));
  return !text.empty() && (pattern.front() == '_' || pattern.front() == text.front()) && is_like(text.substr(1), pattern.substr(1));
}

/// Finds another row than the one that the key is of, in requests that change something, or in those that show something; rules see the right ones.
class TakenForAnother : public MutationHooks, private store::StoreInterceptor, private rules::DataLookup {
 public:
  explicit TakenForAnother(bool in_changes) : in_changes_(in_changes) {}

 private:
  /// The row that is taken for `found`.
  virtual RowNumber other_than(const store::Table& table, RowNumber found) const = 0;
  /// Called with every row that is found, before anything else comes of it.
  virtual void see(const store::Table&, RowNumber) const {}

  const store::StoreInterceptor* store_interceptor() const override { return this; }
  const Interface& acting_interface(const core::Request& request, const store::DataStore&) override {
    const auto changes = [](const core::Step& step) { return step.kind != core::Step::Kind::find && step.kind != core::Step::Kind::rows; };
    const auto& effects = request.interface->effects;
    is_active_ = std::any_of(effects.begin(), effects.end(), changes) == in_changes_;
    return *request.interface;
  }
  const rules::DataLookup& data(const store::DataStore& store, Time) override {
    store_ = &store;
    return *this;
  }
  RowNumber find_instead(const store::Table& table, RowNumber found) const override {
    see(table, found);
    return is_active_ && !is_exact_ ? other_than(table, found) : found;
  }

  template <class Look>
  bool exactly(Look&& look) const {
    is_exact_ = true;
    const bool out = look();
    is_exact_ = false;
    return out;
  }
  bool exists(std::size_t table, std::string_view key) const override {
    return exactly([&] { return store_->exists(table, key); });
  }
  bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const override {
    return exactly([&] { return store_->belong_together(table, key, other_table, other_key); });
  }
  bool in_state(std::size_t table, std::string_view key, const core::State& state) const override {
    return exactly([&] { return store_->in_state(table, key, state); });
  }

  bool in_changes_, is_active_ = false;
  mutable bool is_exact_ = false;
  const store::DataStore* store_ = nullptr;
};

/// The first row whose key is the same in a simpler form.
class SimplerKeys final : public TakenForAnother {
 public:
  SimplerKeys(bool in_changes, std::string (*simpler)(std::string_view)) : TakenForAnother(in_changes), simpler_(simpler) {}

 private:
  RowNumber other_than(const store::Table& table, RowNumber found) const override {
    Keys& keys = keys_[&table];
    for (; keys.seen < table.size(); ++keys.seen) keys.first.try_emplace(simpler_(table.cell(keys.seen, table.table().key).text), keys.seen);
    const auto other = keys.first.find(simpler_(table.cell(found, table.table().key).text));
    return other == keys.first.end() ? found : other->second;  // a table that was reset has other rows
  }

  struct Keys {
    RowNumber seen = 0;
    std::map<std::string, RowNumber> first;  // by the simpler form
  };
  std::string (*simpler_)(std::string_view);
  mutable std::map<const store::Table*, Keys> keys_;
};

/// The first row whose key the pattern fits.
class KeysAsPatterns final : public TakenForAnother {
 public:
  using TakenForAnother::TakenForAnother;

 private:
  RowNumber other_than(const store::Table& table, RowNumber found) const override {
    const std::string_view pattern = table.cell(found, table.table().key).text;
    if (pattern.find_first_of("%_") == std::string_view::npos) return found;
    for (RowNumber row = 0; row < table.size(); ++row)
      if (is_like(table.cell(row, table.table().key).text, pattern)) return row;
    return found;
  }
};

/// Tables whose rows one request makes together with the row of another that they belong to, by name: the column that says to which.
std::map<std::string, std::size_t> owned_tables(const Spec& spec) {
  std::map<std::string, std::size_t> out;
  for (const Interface& maker : spec.interfaces)
    for (const core::Field& owner : maker.request)
      for (const core::Field& owned : maker.request) {
        if (!owner.names || !owned.names || owner.names == owned.names) continue;
        if (const auto column = spec.tables[*owned.names].refers_to(*owner.names)) out[spec.tables[*owned.names].name] = *column;
      }
  return out;
}

/// The first row of the same owner.
class OwnersFirst final : public TakenForAnother {
 public:
  OwnersFirst(bool in_changes, const Spec& spec) : TakenForAnother(in_changes), owners_(owned_tables(spec)) {}

 private:
  RowNumber other_than(const store::Table& table, RowNumber found) const override {
    const auto owner = owners_.find(table.table().name);
    if (owner == owners_.end()) return found;
    for (RowNumber row = 0; row < found; ++row)
      if (table.cell(row, owner->second).text == table.cell(found, owner->second).text) return row;
    return found;
  }

  std::map<std::string, std::size_t> owners_;
};

/// The first row that had the same values when it was made, and whose owner had: of prices, users and meters.
class SameValues final : public TakenForAnother {
 public:
  SameValues(bool in_changes, const Spec& spec) : TakenForAnother(in_changes), owners_(owned_tables(spec)) {
    for (const core::Table& table : spec.tables)
      for (const auto& [name, column] : owners_)
        if (const auto owner = spec.table(name); owner && spec.tables[*spec.tables[*owner].columns[column].refers].name == table.name)
          owner_tables_.push_back(table.name);
  }

 private:
  void see(const store::Table& table, RowNumber found) const override {
    const bool has_values =
        table.table().tariff.has_value() || std::find(owner_tables_.begin(), owner_tables_.end(), table.table().name) != owner_tables_.end();
    const auto owner = owners_.find(table.table().name);
    if (owner != owners_.end()) owner_of_[{&table, found}] = std::string(table.cell(found, owner->second).text);
    if (!has_values || first_of_.contains({&table, found})) return;
    std::string values;
    std::string buffer;
    for (std::size_t column = 0; column < table.table().columns.size(); ++column)
      if (column != table.table().key) values += std::string(table.cell(found, column).as_text(buffer)) + "\n";
    first_of_[{&table, found}] = by_values_.try_emplace({&table, values}, found).first->second;
    alike_[std::string(table.cell(found, table.table().key).text)] = std::string(table.cell(first_of_[{&table, found}], table.table().key).text);
  }
  RowNumber other_than(const store::Table& table, RowNumber found) const override {
    if (const auto first = first_of_.find({&table, found}); first != first_of_.end()) return first->second;
    const auto owner = owner_of_.find({&table, found});
    const auto alike = owner == owner_of_.end() ? alike_.end() : alike_.find(owner->second);
    if (alike == alike_.end() || alike->second == owner->second) return found;
    const std::size_t column = owners_.at(table.table().name);
    for (RowNumber row = 0; row < found; ++row)
      if (table.cell(row, column).text == alike->second) return row;
    return found;
  }

  using Row = std::pair<const store::Table*, RowNumber>;
  std::map<std::string, std::size_t> owners_;
  std::vector<std::string> owner_tables_;
  mutable std::map<Row, RowNumber> first_of_;
  mutable std::map<Row, std::string> owner_of_;
  mutable std::map<std::pair<const store::Table*, std::string>, RowNumber> by_values_;
  mutable std::map<std::string, std::string> alike_;  // the owner's key, and that of the first with the same values
};

struct KeyMutation {
  const char *slug, *zh, *en;
  std::string (*simpler)(std::string_view);
};
constexpr std::array<KeyMutation, 8> simpler_keys = {{
    {"beginning", "编号只比较前 12 位", "compares the first twelve characters of keys", beginning},
    {"end", "编号只比较末 12 位", "compares the last twelve characters of keys", end},
    {"leading-zero", "编号按数值比较", "compares keys as numbers", without_zeros},
    {"letter-case", "编号不区分大小写", "compares keys in any letter case", in_small_letters},
    {"quotes", "编号中的引号和反斜杠被去掉", "drops quotes and backslashes from keys", without_quotes},
    {"twenty-digits", "编号按双精度浮点数比较", "compares keys as doubles", as_double},
    {"beyond-bmp", "编号中 BMP 以外的字符变成 ?", "takes characters outside the BMP in keys for ?", within_bmp},
    {"full-width", "编号中的全角数字当作半角", "takes full-width digits in keys for plain ones", half_width},
}};

}  // namespace

void append_neighbour_mutations(const Spec&, std::vector<MutantFactory>& out) {
  for (const bool in_changes : {true, false}) {
    const std::string where = in_changes ? "/in-changes" : "/in-queries";
    const std::string zh = in_changes ? "（业务操作）" : "（查询）", en = in_changes ? " where something is changed" : " in queries";
    const auto add = [&](const std::string& slug, const std::string& what_zh, const std::string& what_en, auto make) {
      out.push_back({{"neighbour/" + slug + where, {what_zh + zh, what_en + en}, "neighbour"}, {}, make});
    };
    for (const KeyMutation& one : simpler_keys)
      add(one.slug, one.zh, one.en, [in_changes, simpler = one.simpler](const Spec&) { return std::make_unique<SimplerKeys>(in_changes, simpler); });
    add("wildcards", "编号中的 % 和 _ 当作通配符", "takes % and _ in keys for wildcards",
        [in_changes](const Spec&) { return std::make_unique<KeysAsPatterns>(in_changes); });
    add("same-owner", "一户多表时总是取第一块", "takes the first row of an owner for each of them",
        [in_changes](const Spec& of) { return std::make_unique<OwnersFirst>(in_changes, of); });
    add("same-values", "内容相同的数据混为一条", "takes rows of the same values for one",
        [in_changes](const Spec& of) { return std::make_unique<SameValues>(in_changes, of); });
  }
}

}  // namespace meterproof::mutation
