// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/similar_rows.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/row_series.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/exchange_record.hpp"
#include "conformance/row_look.hpp"

namespace meterproof::conformance {

using core::Expr;
using core::Interface;
using core::RequestBuilder;
using core::Spec;
using core::Step;
using i18n::Message;
using i18n::msg;

namespace {

using Outcome = SeenOfSimilarRows::Outcome;
using First = const std::string&;

/// The same as the key with "a" behind it by java.lang.String.hashCode, which multiplies by 31 what it has, and adds the next character.
std::string of_equal_hash(First key) {
  std::string out = key;
  ++out.back();
  return out + static_cast<char>('a' - 31);
}

std::string full_width(char digit) { return {'\xEF', '\xBC', static_cast<char>('\x90' + (digit - '0'))}; }

}  // namespace

const std::vector<Likeness>& likenesses() {
  static const std::vector<Likeness> all = {
      {"", {"首行", "the first row"}, [](First key) { return key; }, true, true, true, true},
      {"beginning", {"前缀相同的编号", "keys of which one is the beginning of the other"}, [](First key) { return key + "0"; }},
      {"leading-zero", {"多一个前导零的编号", "keys that differ in a leading zero"}, [](First key) { return "0" + key; }, true, false, true},
      {"end", {"末尾十二位相同的编号", "keys whose last twelve digits are the same"}, [](First key) { return "79" + key; }},
      {"letter-case", {"字母或其大小写不同的编号", "keys that differ in letters, or in their case"}, [](First key) { return key + "a"; }, false, true, true},
      {"letter-case",
       {"字母或其大小写不同的编号", "keys that differ in letters, or in their case"},
       [](First key) { return key + "A"; },
       true,
       true,
       true,
       true},
      {"letter-case",
       {"字母或其大小写不同的编号", "keys that differ in letters, or in their case"},
       [](First key) { return key + "b"; }},  // no row has the other one
      {"wildcards", {"含 % 和 _ 的编号", "keys with % and _"}, [](First key) { return key.substr(0, 2) + "_" + key.substr(3) + "%"; }, true, true, true},
      {"quotes", {"含引号和反斜杠的编号", "keys with quotes and a backslash"}, [](First key) { return key + "'\"\\"; }},
      {"twenty-digits", {"20 位、作为浮点数相同的编号", "keys of twenty digits that are the same as a double"}, [](First key) { return key + "31415921"; }},
      {"twenty-digits",
       {"20 位、作为浮点数相同的编号", "keys of twenty digits that are the same as a double"},
       [](First key) { return key + "31415922"; },
       true,
       true,
       false,
       false,
       Likeness::Relation::key,
       0,
       true},
      {"beyond-bmp", {"含 BMP 以外字符的编号", "keys with characters outside the BMP"}, [](First key) { return key + "𠮷"; }},
      {"beyond-bmp", {"含 BMP 以外字符的编号", "keys with characters outside the BMP"}, [](First key) { return key + "🔥"; }, true},
      {"full-width",
       {"含全角数字的编号", "keys with a full-width digit"},
       [](First key) { return key; },
       false,
       false,
       false,
       false,
       Likeness::Relation::key,
       2},
      {"full-width",
       {"含全角数字的编号", "keys with a full-width digit"},
       [](First key) { return key.substr(0, key.size() - 1) + full_width(key.back()); },
       false,
       false,
       false,
       false,
       Likeness::Relation::key,
       2},
      {"same-owner",
       {"同一用户的另一块表", "another row of the same owner"},
       [](First key) { return "0000" + key; },
       true,
       true,
       false,
       true,
       Likeness::Relation::same_owner},
      {"same-values",
       {"除编号外完全相同的数据", "rows that are alike in all but their keys"},
       nullptr,
       true,
       false,
       true,
       false,
       Likeness::Relation::same_values},
  };
  return all;
}

namespace {

/// A key that no row has, and that some would take for one that is there.
struct AbsentKey {
  std::string slug;
  std::string (*of)(First) = nullptr;  // of the first row's key
  bool in_each_form = true;            // of a query; else in its first one
};

const std::vector<AbsentKey>& absent_keys() {
  static const std::vector<AbsentKey> all = {
      {"letter-case", [](First key) { return key + "B"; }},
      {"letter-case", of_equal_hash},
      {"wildcards", [](First key) { return key.substr(0, key.size() - 1) + "%"; }},
      {"wildcards", [](First key) { return key.substr(0, key.size() - 1) + "_"; }},
      {"quotes", [](First key) { return "' OR '" + key + "'<>'"; }},
      {"leading-zero", [](First key) { return "00" + key; }},
      {"end", [](First key) { return key.substr(1); }},
      {"end", [](First key) { return key.substr(0, key.size() / 2) + " " + key.substr(key.size() / 2); }, false},
      {"quotes", [](First) { return std::string("constructor"); }, false},  // what an object of JavaScript has without being given it
  };
  return all;
}

/// The keys of which those of the others are made, by group and table.
using FirstKeys = std::map<std::pair<std::size_t, std::size_t>, std::string>;

struct Member {
  std::size_t likeness = 0;
  FixtureSet rows;
  Message why_not;                                 // why its rows are not there
  std::set<const Interface*> refused;              // who refused a request about it
  std::map<const Interface*, std::string> orders;  // what an order said that it got
  std::vector<Exchanged> steps;
};

/// The form of a query by nothing but the key of one row.
struct KeyForm {
  std::size_t variant = 0, table = 0;
};

std::vector<KeyForm> key_forms(const Interface& query) {
  std::vector<KeyForm> out;
  for (std::size_t variant = 0; variant < query.variants.size(); ++variant) {
    std::vector<std::size_t> tables;
    for (const std::size_t field : query.variants[variant].fields)
      if (query.request[field].refers) tables.push_back(*query.request[field].refers);
    if (tables.size() == 1) out.push_back({variant, tables.front()});
  }
  return out;
}

std::set<std::size_t> named_tables(const Interface& interface) {
  std::set<std::size_t> out;
  for (const core::Field& field : interface.request)
    if (const auto table = field.names ? field.names : field.refers) out.insert(*table);
  return out;
}

/// The interfaces that make rows, those first whose rows others refer to.
std::vector<const Interface*> makers(const Spec& spec, const Scope& scope) {
  std::vector<const Interface*> out;
  std::set<std::size_t> made;
  const auto is_ready = [&](const Interface& one) {
    return std::all_of(one.request.begin(), one.request.end(), [&](const core::Field& field) {
      return !field.refers || made.contains(*field.refers) || maker_of(spec, scope, *field.refers) == nullptr;
    });
  };
  for (bool any = true; std::exchange(any, false);) {
    for (const Interface& one : spec.interfaces) {
      if (!scope.has(one) || std::find(out.begin(), out.end(), &one) != out.end() || !is_ready(one)) continue;
      std::set<std::size_t> names;
      for (const core::Field& field : one.request)
        if (field.names && maker_of(spec, scope, *field.names) == &one) names.insert(*field.names);
      if (names.empty()) continue;
      made.insert(names.begin(), names.end());
      out.push_back(&one);
      any = true;
    }
  }
  return out;
}

/// Rows that others are made with and that belong to nobody: prices.
bool makes_catalogue(const Spec& spec, const Interface& maker) {
  std::set<std::size_t> names;
  for (const core::Field& field : maker.request) {
    if (field.refers) return false;
    if (field.names) names.insert(*field.names);
  }
  return names.size() == 1 && std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& other) {
           return std::any_of(other.request.begin(), other.request.end(),
                              [&](const core::Field& field) { return field.refers == *names.begin() && !only_shows(other); });
         });
}

/// The rows' owner, where one request names both: the user of a meter.
std::optional<std::size_t> owner_table(const Spec& spec, const Interface& maker) {
  for (const core::Field& field : maker.request)
    for (const core::Field& other : maker.request)
      if (field.names && other.names && field.names != other.names && spec.tables[*other.names].refers_to(*field.names)) return field.names;
  return std::nullopt;
}

/// The columns that an interface gives a value, without keys. `updates`: of rows that are there.
std::vector<TableCell> changed_cells(const Spec& spec, const Interface& interface, bool inserts) {
  std::vector<std::size_t> tables;
  std::vector<TableCell> out;
  for (const Step& step : interface.effects) {
    if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
    if (step.kind == Step::Kind::update)
      for (const core::Assignment& one : step.update.set) out.push_back({tables[step.update.row], one.column});
    if (step.kind == Step::Kind::charge) out.push_back({tables[step.charge.row], step.charge.balance});
    if (step.kind != Step::Kind::insert || !inserts) continue;
    for (const core::Assignment& one : step.insert.set)
      if (one.column != spec.tables[step.insert.table].key) out.push_back({step.insert.table, one.column});
  }
  return out;
}

bool contains(const std::vector<TableCell>& all, const TableCell& one) { return std::find(all.begin(), all.end(), one) != all.end(); }

/// What an interface is to blame for where it shows wrong: the columns that it fills, but not those that others change later.
std::vector<TableCell> answered_for(const Spec& spec, const Interface& interface) {
  std::vector<TableCell> out = changed_cells(spec, interface, true);
  const std::vector<TableCell> own = changed_cells(spec, interface, false);
  for (const Interface& other : spec.interfaces) {
    if (&other == &interface) continue;
    const std::vector<TableCell> theirs = changed_cells(spec, other, false);
    std::erase_if(out, [&](const TableCell& cell) { return contains(theirs, cell) && !contains(own, cell); });
  }
  return out;
}

/// Whether the reply's field shows which row it is: a key, or what a row belongs to.
bool is_identity(const Spec& spec, const Interface& query, std::size_t field) {
  const core::Rows* rows = rows_of(query);
  const auto cell = rows == nullptr ? std::nullopt : cell_of(spec, query, rows->fields[field]);
  return cell && (cell->column == spec.tables[cell->table].key || spec.tables[cell->table].columns[cell->column].refers);
}

/// The column that an order fills with a value of the server's own: the same order must show the same.
std::optional<TableCell> ordered_cell(const Interface& interface) {
  std::vector<std::size_t> tables;
  for (const Step& step : interface.effects) {
    if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
    if (step.kind != Step::Kind::update) continue;
    for (const core::Assignment& one : step.update.set)
      if (one.value.op == Expr::Op::server_assigned) return TableCell{tables[step.update.row], one.column};
  }
  return std::nullopt;
}

/// Whether the interface gives a row something of another's: a price.
bool refers_to_fresh(const Interface& interface) {
  return std::any_of(interface.request.begin(), interface.request.end(), [](const core::Field& field) { return field.refers && field.fresh; });
}

class SimilarRows {
 public:
  /// `where`: which rows they are, by a field of the table that it refers to; nothing where any will do. `few`: only what is acted on.
  SimilarRows(CaseContext& context, SeenOfSimilarRows& out, std::optional<core::Condition> where, std::size_t where_table, bool few)
      : context_(context), spec_(context.spec()), out_(out), where_(std::move(where)), where_table_(where_table) {
    for (std::size_t i = 0; i < likenesses().size(); ++i)
      if (!few || has_acted_on(likenesses()[i].slug)) members_.push_back({i, {}, {}, {}, {}, {}});
  }

  /// The requests of all interfaces, in turn: `wanted` has cases.
  void run(const std::set<const Interface*>& wanted, bool asks) {
    for (const Interface* maker : makers(spec_, scope()))
      if (is_needed(*maker, wanted) && !changes_named_rows(*maker)) make_all(*maker);
    std::vector<const Interface*> ending;
    for (const Interface& one : spec_.interfaces) {
      if (!scope().has(one) || !wanted.contains(&one) || changed_tables(one).empty()) continue;
      if (ends_rows(spec_, one)) ending.push_back(&one);
      else if (std::find(makers_.begin(), makers_.end(), &one) == makers_.end()) act(one, 0, false);
      else if (makes_catalogue(spec_, one)) change(one);
    }
    const auto is_later = [&](const Interface& query) {
      return std::any_of(ending.begin(), ending.end(), [&](const Interface* one) { return showing_query(spec_, scope(), *one).query == &query; });
    };
    const auto is_wanted = [&](const Interface& query) { return asks && scope().has(query) && only_shows(query) && shows_any(query, wanted); };
    for (const Interface& query : spec_.interfaces)
      if (is_wanted(query) && !is_later(query)) ask(query, wanted);
    for (const Interface* one : ending) act(*one, 0, true);
    for (const Interface& query : spec_.interfaces)
      if (is_wanted(query) && is_later(query)) ask(query, wanted);
    for (const Interface* one : wanted) ask_for_absent(*one);
    for (Member& one : members_) {
      for (const Interface* interface : wanted)
        if (Outcome& of_it = outcome(*interface, one); of_it.missing.empty()) of_it.missing = one.why_not;
      auto& steps = out_.steps[likeness_of(one).slug];
      steps.insert(steps.end(), std::make_move_iterator(one.steps.begin()), std::make_move_iterator(one.steps.end()));
    }
  }

 private:
  static const Likeness& likeness_of(const Member& member) { return likenesses()[member.likeness]; }
  static bool has_acted_on(const std::string& slug) {
    return std::any_of(likenesses().begin(), likenesses().end(), [&](const Likeness& one) { return one.slug == slug && one.is_acted_on; });
  }

  /// Whether the interface adds to rows that nobody makes: they are the vendor's.
  bool changes_named_rows(const Interface& maker) {
    const auto changed = changed_tables(maker);
    return std::any_of(maker.request.begin(), maker.request.end(), [&](const core::Field& field) {
      return field.refers && std::find(changed.begin(), changed.end(), *field.refers) != changed.end() && maker_of(spec_, scope(), *field.refers) == nullptr;
    });
  }

  FixtureFactory& fixtures() { return context_.fixtures(); }
  const Scope& scope() { return context_.fixtures().scope(); }

  bool shows_any(const Interface& query, const std::set<const Interface*>& wanted) {
    if (wanted.contains(&query)) return true;
    return std::any_of(wanted.begin(), wanted.end(), [&](const Interface* one) {
      return !one->effect_is_unspecified(query) && share_a_table(changed_tables(*one), shown_tables(spec_, query));
    });
  }

  /// Rows of a table that nobody wanted needs are not made.
  bool is_needed(const Interface& maker, const std::set<const Interface*>& wanted) {
    if (wanted.contains(&maker)) return true;
    const auto changed = changed_tables(maker);
    if (makes_catalogue(spec_, maker))
      return std::any_of(wanted.begin(), wanted.end(), [&](const Interface* one) { return !only_shows(*one) && names_any(*one, changed); });
    const bool adds_to_others = std::any_of(maker.request.begin(), maker.request.end(), [&](const core::Field& field) {
      return field.refers && maker_of(spec_, scope(), *field.refers) != nullptr && !makes_catalogue(spec_, *maker_of(spec_, scope(), *field.refers));
    });
    return !adds_to_others ||
           std::any_of(wanted.begin(), wanted.end(), [&](const Interface* one) { return only_shows(*one) && names_any(*one, {changed.back()}); });
  }

  static bool names_any(const Interface& interface, const std::vector<std::size_t>& tables) {
    const std::set<std::size_t> named = named_tables(interface);
    return std::any_of(tables.begin(), tables.end(), [&](std::size_t table) { return named.contains(table); });
  }

  template <class Do>
  auto recorded(Member& member, Do&& exchange) {
    const ExchangeLog::Recording recording(context_.session().exchange_log());
    auto result = exchange();
    for (Exchanged& one : recording.steps()) member.steps.push_back(std::move(one));
    return result;
  }

  Outcome& outcome(const Interface& interface, const Member& member) { return out_.outcomes[{&interface, likeness_of(member).slug}]; }

  void note_refused(const Interface& interface, Member& member) {
    member.refused.insert(&interface);
    outcome(interface, member).refused = true;
  }

  void add(const Interface& interface, const Member& member, const Message& what, const Sent& sent) {
    // What shows on the first row came from one of those that were acted on: which, nobody knows.
    for (const Member& other : members_) {
      const bool may_be_it = likeness_of(member).slug.empty() && likeness_of(other).group == likeness_of(member).group && other.why_not.empty();
      if (&other != &member && !may_be_it) continue;
      Outcome& out = outcome(interface, other);
      out.seen = true;
      out.found.push_back(what);
      if (out.sent) continue;
      out.sent = sent;
      keep_for_record(*out.sent, context_.session().redactor());
    }
  }

  FirstKeys new_first_keys(const Interface& interface) {
    FirstKeys out;
    for (const Member& member : members_)
      for (const core::Field& field : interface.request)
        if (field.names)
          if (const auto [key, is_new] = out.try_emplace({likeness_of(member).group, *field.names}); is_new) key->second = fixtures().unused_key();
    return out;
  }

  void make_all(const Interface& maker) {
    makers_.push_back(&maker);
    const bool catalogue = makes_catalogue(spec_, maker);
    const auto owner = owner_table(spec_, maker);
    const FirstKeys first_keys = new_first_keys(maker);
    std::optional<RequestBuilder> first;
    for (Member& member : members_) {
      const Likeness& likeness = likeness_of(member);
      if (!member.why_not.empty() || (catalogue && !likeness.in_catalogue) || (likeness.relation == Likeness::Relation::same_owner && !owner && catalogue)) {
        if (const auto price = members_.front().rows.begin();
            catalogue && likeness.relation == Likeness::Relation::same_owner && price != members_.front().rows.end())
          member.rows.insert(*price);  // the first row's
        continue;
      }
      make_member(maker, member, first_keys, owner, first);
      if (!likeness.slug.empty() || member.why_not.empty()) continue;
      for (Member& other : members_) other.why_not = member.why_not;  // without the first row there is nothing to be alike to
      return;
    }
  }

  std::size_t variant_of(const Interface& maker) {
    const bool makes_them = std::any_of(maker.request.begin(), maker.request.end(), [&](const core::Field& field) { return field.names == where_table_; });
    return where_ && makes_them ? fixtures().variant_for(maker, where_table_, where_) : 0;
  }

  RequestBuilder request_for(const Interface& maker, Member& member, const FirstKeys& first_keys, const std::optional<std::size_t>& owner,
                             const std::optional<RequestBuilder>& first, const std::optional<std::size_t>& alone) {
    const Likeness& likeness = likeness_of(member);
    RequestBuilder request = fixtures().make_request(maker, maker.variants[variant_of(maker)], member.rows);
    const bool is_alike = likeness.relation != Likeness::Relation::key;
    for (std::size_t i = 0; i < request.raw.size(); ++i) {
      const core::Field& field = maker.request[i];
      if (!request.raw[i]) continue;
      if (field.names) {
        const bool whole = !alone || *alone == *field.names;
        if (likeness.key != nullptr && whole) request.raw[i] = raw_value(field, key_of(maker, likeness, first_keys.at({likeness.group, *field.names})));
        if (likeness.relation == Likeness::Relation::same_owner && owner == field.names)
          request.raw[i] = raw_value(field, first_keys.at({likeness.group, *field.names}));
      } else if (is_alike && first && !field.refers && field.example.find('#') == std::string::npos) {
        request.raw[i] = first->raw[i];
      } else if (!is_alike && !likeness.slug.empty() && is_free_text(field)) {
        request.raw[i] = raw_value(field, text_in(request, i) + std::to_string(member.likeness));
      }
    }
    return request;
  }

  /// The member's key. What belongs to a row of others', a payment, may have a longer one: those of twenty digits differ behind the twentieth there.
  std::string key_of(const Interface& maker, const Likeness& likeness, const std::string& first) {
    constexpr std::size_t more = 16;
    const bool is_longer = likeness.slug == "twenty-digits" && !names_own(maker);
    return likeness.key(is_longer ? first + std::string(more, '0') : first);
  }

  void make_member(const Interface& maker, Member& member, const FirstKeys& first_keys, const std::optional<std::size_t>& owner,
                   std::optional<RequestBuilder>& first) {
    const Likeness& likeness = likeness_of(member);
    std::vector<std::optional<std::size_t>> ways = {std::nullopt};  // with all keys alike, or only that table's
    std::vector<std::size_t> named;
    for (const core::Field& field : maker.request)
      if (field.names) named.push_back(*field.names);
    if (likeness.relation == Likeness::Relation::same_owner) ways.emplace_back(spec_.tables.size());  // no table's: with a key like any other
    else if (likeness.key != nullptr && !likeness.slug.empty() && named.size() > 1) ways.insert(ways.end(), named.begin(), named.end());
    Message refused;
    std::optional<Sent> last;
    try {
      for (const auto& alone : ways) {
        RequestBuilder request = request_for(maker, member, first_keys, owner, first, alone);
        const Sent sent = recorded(member, [&] { return fixtures().send_in_time(request); });
        if (sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(maker.name, sent.reply.problem)};
        if (sent.answered(context_.success())) {
          (void)fixtures().apply_to_model(request, member.rows);
          if (likeness.slug.empty()) first = request;
          outcome(maker, member).acted = true;
          made_.emplace(&maker, &member);
          return;
        }
        refused = msg<"case.key-form-refused">(maker.name, code_of(sent), likeness.name);
        last = sent;
        if (likeness.relation == Likeness::Relation::key && !likeness.slug.empty())
          context_.session().observe(key_question, likeness.slug + (alone ? " (" + spec_.tables[*alone].name + ")" : "") + ": " + maker.name + " " +
                                                       i18n::render(code_of(sent), i18n::Language::en));
      }
    } catch (const Inconclusive& missing) {
      refused = missing.why;
    }
    // A key of the same form was taken before: it is refused for being like that one.
    if (last && has_twin(maker, member)) add(maker, member, msg<"case.through-query">(maker.name, code_of(*last)), *last);
    // Without a row of its own in a catalogue, or one more row of its owner, it is a row all the same.
    note_refused(maker, member);
    outcome(maker, member).missing = refused;
    if (!makes_catalogue(spec_, maker) && names_own(maker)) member.why_not = std::move(refused);
  }

  /// Whether another member's key, of the same length and kind of characters, was taken by that interface. In other letter case, or with a first row of its
  /// own, it is of another kind.
  bool has_twin(const Interface& maker, const Member& member) const {
    const Likeness& likeness = likeness_of(member);
    const bool may_be = likeness.relation == Likeness::Relation::key && !likeness.slug.empty() && likeness.slug != "letter-case";
    return may_be && std::any_of(members_.begin(), members_.end(), [&](const Member& other) {
             return likeness_of(other).slug == likeness.slug && likeness_of(other).group == 0 && made_.contains({&maker, &other});
           });
  }

  /// Whether the interface makes the rows that all else is about: not something more of rows that are there.
  bool names_own(const Interface& maker) {
    return std::none_of(maker.request.begin(), maker.request.end(), [&](const core::Field& field) {
      const Interface* other = field.refers ? maker_of(spec_, scope(), *field.refers) : nullptr;
      return other != nullptr && !makes_catalogue(spec_, *other);
    });
  }

  /// Another form of a maker's request, about rows that are there.
  void change(const Interface& maker) {
    for (std::size_t variant = 0; variant < maker.variants.size(); ++variant)
      if (!maker.variants[variant].existing.empty()) act(maker, variant, false);
  }

  void act(const Interface& interface, std::size_t variant, bool ends) {
    const FirstKeys first_keys = new_first_keys(interface);
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < members_.size(); ++i) places.push_back(i);
    // Whose key is the beginning of others' comes last: what its order does to them shows.
    const bool is_order = ordered_cell(interface).has_value();
    if (is_order) std::rotate(places.begin(), places.begin() + 1, places.end());
    for (const std::size_t i : places) {
      Member& member = members_[i];
      const Likeness& likeness = likeness_of(member);
      const bool is_meant = ends ? likeness.is_exchanged : likeness.is_acted_on && is_meant_for(interface, interface.variants[variant], likeness);
      if (!member.why_not.empty() || !is_meant || !has_rows(interface, interface.variants[variant], member)) continue;
      try {
        const auto alone = is_order && (i == 0 || likeness.is_ordered_alone) ? form_by_own_key(interface) : std::nullopt;
        if (!alone || !is_taken(interface, *alone, member)) act_on(interface, variant, i, first_keys);
        else act_on(interface, *alone, i, first_keys);
      } catch (const Inconclusive& missing) {
        outcome(interface, member).missing = missing.why;
      }
    }
  }

  /// The form by nothing but the row's own key, that of the last table.
  static std::optional<std::size_t> form_by_own_key(const Interface& interface) {
    const std::vector<KeyForm> forms = key_forms(interface);
    const auto own = std::max_element(forms.begin(), forms.end(), [](const KeyForm& a, const KeyForm& b) { return a.table < b.table; });
    return own == forms.end() ? std::nullopt : std::optional(own->variant);
  }

  /// Whether the target takes that form, which the specification may leave open.
  bool is_taken(const Interface& interface, std::size_t variant, Member& member) {
    const RequestBuilder request = fixtures().make_request(interface, variant, member.rows);
    const FixtureFactory::Prediction expected = fixtures().predict_refusal(request);
    return expected.suits && expected.row == nullptr && expected.question == nullptr;
  }

  /// A row that is alike in all but its key keeps its own price, and that price stays as it is: else it would not be alike any more.
  static bool is_meant_for(const Interface& interface, const core::Variant& variant, const Likeness& likeness) {
    if (!variant.existing.empty()) return likeness.in_catalogue && likeness.relation == Likeness::Relation::key;
    return !(refers_to_fresh(interface) && likeness.relation == Likeness::Relation::same_values);
  }

  /// Whether the rows are the member's own that the request is about: others would be made for it.
  bool has_rows(const Interface& interface, const core::Variant& variant, const Member& member) const {
    return std::all_of(variant.fields.begin(), variant.fields.end(), [&](std::size_t at) {
      const core::Field& field = interface.request[at];
      const bool exists = std::find(variant.existing.begin(), variant.existing.end(), at) != variant.existing.end();
      const auto table = field.refers ? field.refers : exists ? field.names : std::nullopt;
      return !table || field.fresh || member.rows.contains(*table);
    });
  }

  void act_on(const Interface& interface, std::size_t variant, std::size_t place, const FirstKeys& first_keys) {
    Member& member = members_[place];
    const Likeness& likeness = likeness_of(member);
    core::Variant form = interface.variants[variant];
    std::erase_if(form.fields, [&](std::size_t at) { return interface.request[at].fresh && another(*interface.request[at].refers, place) != nullptr; });
    RequestBuilder request = fixtures().make_request(interface, form, member.rows);
    const Member* given = nullptr;
    for (std::size_t i = 0; i < request.raw.size(); ++i) {
      const core::Field& field = interface.request[i];
      const Member* other = field.fresh && field.refers ? another(*field.refers, place) : nullptr;
      if (other != nullptr) request.raw[i] = raw_value(field, other->rows.at(*field.refers));
      if (other != nullptr) given = other;
      const bool is_new = field.names && request.raw[i] && form.existing.empty();
      if (is_new && likeness.key != nullptr) request.raw[i] = raw_value(field, likeness.key(first_keys.at({likeness.group, *field.names})));
      // Rows that are easily taken for each other get different orders. Most get the first one, which a new row is usually like: what shows then came from
      // another's order. One whose twin gets none gets the second, so that it shows on the twin.
      if (!field.values.empty() && request.raw[i] && ordered_cell(interface) && !is_set_by_variant(interface, i)) {
        request.raw[i] = raw_value(field, field.values[place == 0 || has_idle_twin(likeness) ? 1 % field.values.size() : 0].value);
        member.orders[&interface] = text_in(request, i);
      }
    }
    const FixtureFactory::Prediction expected = fixtures().predict_refusal(request);
    if (!expected.suits || expected.row != nullptr || expected.question != nullptr) {
      member.orders.erase(&interface);
      return;
    }
    const Sent sent = recorded(member, [&] { return fixtures().send_in_time(request); });
    if (sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(interface.name, sent.reply.problem)};
    if (!sent.answered(context_.success())) {
      member.orders.erase(&interface);
      note_refused(interface, member);
      // That there is no such row contradicts the answer by which it was made. Any other refusal may be of the key's form.
      if (is_unknown_row(interface, sent)) add(interface, member, msg<"case.own-key-unknown">(interface.name, code_of(sent)), sent);
      else outcome(interface, member).missing = msg<"case.key-form-refused">(interface.name, code_of(sent), likeness.name);
      return;
    }
    const store::ResultSet implied = fixtures().apply_to_model(request, member.rows);
    acted_.insert(&interface);
    outcome(interface, member).acted = true;
    if (given != nullptr) given_[&member] = given;
    if (!implied.has_rows) return;
    const RowLook look = RowLooker(fixtures(), std::chrono::milliseconds(0), interface).look(request, sent, implied, false);
    judge(interface, member, look);
  }

  static bool has_idle_twin(const Likeness& likeness) {
    return std::any_of(likenesses().begin(), likenesses().end(), [&](const Likeness& one) { return one.slug == likeness.slug && !one.is_acted_on; });
  }

  bool is_unknown_row(const Interface& interface, const Sent& sent) const {
    for (const core::ResultRow& row : interface.results)
      for (const core::Rule& rule : row.when)
        if (rules::kind_of(rule).answers_unknown_row() && sent.answered(row.code)) return true;
    return false;
  }

  /// Another member whose row of a catalogue is its own: the next one, so that each such row is given to somebody; null where there is none.
  const Member* another(std::size_t table, std::size_t place) const {
    const auto own = members_[place].rows.find(table);
    for (std::size_t step = 1; step < members_.size(); ++step) {
      const Member& other = members_[(place + step) % members_.size()];
      const Likeness& likeness = likeness_of(other);
      const auto found = other.rows.find(table);
      const bool has_its_own = likeness.in_catalogue && likeness.is_acted_on && likeness.relation == Likeness::Relation::key && found != other.rows.end() &&
                               !is_shared(table, other);
      if (has_its_own && (own == members_[place].rows.end() || found->second != own->second)) return &other;
    }
    return nullptr;
  }

  /// Whether the member's row of a catalogue is that which all rows share: it could not get one of its own.
  bool is_shared(std::size_t table, const Member& member) const {
    const Interface* maker = maker_of(spec_, context_.fixtures().scope(), table);
    return maker == nullptr || member.refused.contains(maker) || std::find(makers_.begin(), makers_.end(), maker) == makers_.end();
  }

  /// Whose row it is that shows wrong where a member does: another's, where it was given that.
  const Member& blamed(const Interface& interface, const Member& member) const {
    const auto given = given_.find(&member);
    return given != given_.end() && makes_catalogue(spec_, interface) ? *given->second : member;
  }

  /// Every member by its own key, and some by each key of theirs.
  void ask(const Interface& query, const std::set<const Interface*>& wanted) {
    const std::vector<KeyForm> forms = key_forms(query);
    shown_.clear();
    for (Member& member : members_) {
      for (std::size_t i = 0; i < forms.size(); ++i) {
        const bool own = i + 1 == forms.size(), wanted_too = i == 0 && likeness_of(member).is_thorough;
        if (!member.why_not.empty() || !member.rows.contains(forms[i].table) || !(own || wanted_too)) continue;
        try {
          const RequestBuilder request = fixtures().make_request(query, forms[i].variant, member.rows);
          const RowLook look = recorded(member, [&] { return RowLooker(fixtures(), context_.options().effect_timeout, query).look(request); });
          if (look.sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(query.name, look.sent.reply.problem)};
          judge(query, member, look);
        } catch (const Inconclusive& missing) {
          outcome(query, member).missing = missing.why;
        }
      }
    }
    for (const Interface* one : wanted) compare_orders(*one, query);
  }

  /// A request about a row that is not there, by nothing but its key. Whatever it does is done at the end.
  void ask_for_absent(const Interface& interface) {
    const auto first = std::find_if(members_.begin(), members_.end(), [](const Member& one) { return likeness_of(one).slug.empty() && one.why_not.empty(); });
    if (first == members_.end()) return;
    const std::vector<KeyForm> forms = key_forms(interface);
    for (std::size_t place = 0; place < forms.size(); ++place) {
      const KeyForm& form = forms[place];
      bool refuses = false;  // keys that no row has
      for (const AbsentKey& absent : absent_keys()) {
        const bool is_usual = &absent == &absent_keys().front();
        if ((!is_usual && !only_shows(interface)) || (place > 0 && !absent.in_each_form)) continue;
        const auto like_it = std::find_if(members_.begin(), members_.end(), [&](const Member& one) { return likeness_of(one).slug == absent.slug; });
        const auto key = first->rows.find(form.table);
        if (like_it == members_.end() || key == first->rows.end()) continue;
        try {
          refuses = ask_for_absent(interface, form, absent.of(key->second), *like_it, refuses) || refuses;
        } catch (const Inconclusive&) {  // its other requests tell
        }
      }
    }
  }

  /// Whether it was refused. `refuses`: another such key was, so that a success knows this one, even where it lists nothing.
  bool ask_for_absent(const Interface& interface, const KeyForm& form, const std::string& key, Member& like_it, bool refuses) {
    FixtureSet rows = members_.front().rows;
    RequestBuilder request = fixtures().make_request(interface, form.variant, rows);
    for (const std::size_t field : interface.variants[form.variant].fields)
      if (interface.request[field].refers == form.table) request.raw[field] = raw_value(interface.request[field], key);
    const FixtureFactory::Prediction expected = fixtures().predict_refusal(request);
    if (expected.row == nullptr) return false;
    const Sent sent = recorded(like_it, [&] { return context_.session().send(interface, request.body()); });
    const bool is_found = only_shows(interface) ? !sent.reply.rows(spec_.envelope).empty() : !changed_tables(interface).empty();
    if (!sent.no_reply() && sent.answered(context_.success()) && (is_found || refuses))
      add(interface, like_it, msg<"case.absent-key-found">(interface.name, key), sent);
    return sent.reply.code && !sent.answered(context_.success());
  }

  /// The key of the member whose row the reply shows although another was asked for.
  const Member* other_row_shown(const Interface& query, const Member& asked, const RowLook& look) const {
    const auto key = key_field(spec_, query);
    const core::Rows* rows = rows_of(query);
    const auto cell = key && rows != nullptr ? cell_of(spec_, query, rows->fields[*key]) : std::nullopt;
    for (const json::Json* row : cell ? look.sent.reply.rows(spec_.envelope) : std::vector<const json::Json*>()) {
      const std::string text = scalar_of(*row, query.reply[*key].name);
      const auto own = asked.rows.find(cell->table);
      if (own != asked.rows.end() && own->second == text) continue;
      for (const Member& other : members_)
        if (const auto found = other.rows.find(cell->table); &other != &asked && found != other.rows.end() && found->second == text) return &other;
    }
    return nullptr;
  }

  void judge(const Interface& query, Member& member, const RowLook& look) {
    if (look.hidden || look.disputed) {
      std::vector<const Interface*> about = interfaces_shown(query);
      about.push_back(&query);
      for (const Interface* one : about)
        if (Outcome& out = outcome(*one, member); out.missing.empty())
          out.missing = look.why_hidden.empty() ? msg<"case.shows-nothing-yet">(query.name) : look.why_hidden;
      return;
    }
    outcome(query, member).seen = true;
    if (look.sent.reply.rows(spec_.envelope).size() == 1) shown_.emplace_back(&member, look.sent);
    const core::Rows* rows = rows_of(query);
    for (const Interface* one : interfaces_shown(query)) {
      const std::vector<TableCell> cells = answered_for(spec_, *one);
      const auto is_theirs = [&](std::size_t field) {
        const std::vector<TableCell> read = cells_of(spec_, query, rows->fields[field]);
        return std::any_of(read.begin(), read.end(), [&](const TableCell& cell) { return contains(cells, cell); });
      };
      for (std::size_t i = 0; rows != nullptr && i < rows->fields.size(); ++i)
        if (is_theirs(i) && !blamed(*one, member).refused.contains(one)) outcome(*one, blamed(*one, member)).seen = true;
      for (const FieldDifference& difference : look.found)
        if (difference.field && is_theirs(*difference.field))
          add(*one, blamed(*one, member), msg<"case.through-query">(query.name, difference.what), look.sent);
    }
    const Member* other = look.found.empty() ? nullptr : other_row_shown(query, member, look);
    for (const FieldDifference& difference : look.found) {
      if (difference.field && !is_identity(spec_, query, *difference.field)) continue;
      const bool of_the_other = other != nullptr && likeness_of(member).slug.empty();
      add(query, of_the_other ? *other : member, difference.what, look.sent);
      // A row too many, one that is missing or another's may as well come of the request that should have made it.
      for (const Interface* one : interfaces_shown(query))
        if (one != &query && adds_rows_of(*one, query))
          add(*one, of_the_other ? *other : member, msg<"case.through-query">(query.name, difference.what), look.sent);
    }
  }

  bool adds_rows_of(const Interface& maker, const Interface& query) const {
    const auto inserts = [&](std::size_t table) {
      return std::any_of(maker.effects.begin(), maker.effects.end(),
                         [&](const Step& step) { return step.kind == Step::Kind::insert && step.insert.table == table; });
    };
    return std::any_of(query.effects.begin(), query.effects.end(), [&](const Step& step) { return step.kind == Step::Kind::find && inserts(step.find.table); });
  }

  /// Interfaces that were carried out and whose effect the query shows.
  std::vector<const Interface*> interfaces_shown(const Interface& query) const {
    std::vector<const Interface*> out;
    for (const Interface& one : spec_.interfaces) {
      const bool done = acted_.contains(&one) || std::find(makers_.begin(), makers_.end(), &one) != makers_.end();
      if (done && !one.effect_is_unspecified(query) && share_a_table(changed_tables(one), shown_tables(spec_, query))) out.push_back(&one);
    }
    return out;
  }

  /// Rows with the same order show the same, whichever that is, and those without one something of their own; where rows with different orders show the
  /// same, nothing can be told. Who is still as rows without an order are may obey later.
  void compare_orders(const Interface& interface, const Interface& query) {
    const auto cell = ordered_cell(interface);
    const core::Rows* rows = rows_of(query);
    std::optional<std::size_t> field;
    for (std::size_t i = 0; cell && rows != nullptr && i < rows->fields.size(); ++i)
      if (cell_of(spec_, query, rows->fields[i]) == cell) field = i;
    if (!field) return;
    const std::string& name = query.reply[*field].name;
    std::map<std::string, std::map<std::string, std::size_t>> counts;  // by order, by what is shown
    std::vector<std::tuple<Member*, std::string, const Sent*>> seen;
    std::size_t silent = 0;  // without an order, and nothing is shown
    for (const auto& [member, sent] : shown_) {
      const auto shown = sent.reply.rows(spec_.envelope);
      const std::string text = shown.size() == 1 ? scalar_of(*shown.front(), name) : std::string();
      if (text.empty() && order_of(*member, interface) == no_order) ++silent;
      if (text.empty()) continue;
      ++counts[order_of(*member, interface)][text];
      seen.emplace_back(member, text, &sent);
    }
    const auto idle = counts.extract(no_order);
    const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
    std::map<std::string, std::string> usual;  // by order
    std::set<std::string> different;
    for (const auto& [order, texts] : counts) {
      const auto most = std::max_element(texts.begin(), texts.end(), by_count);
      usual[order] = most->first;
      different.insert(most->first);
    }
    if (usual.size() < 2 || different.size() < usual.size()) return;
    const auto most_idle =
        idle.empty() ? std::map<std::string, std::size_t>::const_iterator() : std::max_element(idle.mapped().cbegin(), idle.mapped().cend(), by_count);
    const std::string untouched = idle.empty() ? std::string() : most_idle->first;
    const bool are_silent = !idle.empty() && silent > most_idle->second;  // those without an order
    for (const auto& [member, text, sent] : seen) {
      const std::string order = order_of(*member, interface);
      if (order == no_order && are_silent) {
        // Who has shown nothing of himself, and shows what the order of his like brings, has got it from there.
        if (text == usual.rbegin()->second && has_acted_twin(*member, interface, usual.rbegin()->first) && !has_reading(query, *sent))
          add(interface, *member, msg<"case.through-query">(query.name, msg<"reply.field-differs">(name, i18n::verbatim(text), msg<"reply.absent">())), *sent);
        continue;
      }
      if (order != no_order) outcome(interface, *member).seen = true;
      const std::string& wanted = order == no_order ? untouched : usual[order];
      if (text != wanted && text != untouched)
        add(interface, *member, msg<"case.through-query">(query.name, msg<"case.field-of-same-order">(name, text, wanted)), *sent);
    }
  }

  /// Whether a member of the same slug got that order.
  bool has_acted_twin(const Member& member, const Interface& interface, const std::string& order) const {
    return std::any_of(members_.begin(), members_.end(), [&](const Member& other) {
      return &other != &member && likeness_of(other).slug == likeness_of(member).slug && order_of(other, interface) == order;
    });
  }

  /// Whether the row shows when it was read.
  bool has_reading(const Interface& query, const Sent& sent) const {
    const auto moment = moment_field(spec_, query);
    const auto rows = sent.reply.rows(spec_.envelope);
    return moment && !rows.empty() && !scalar_of(*rows.front(), query.reply[*moment].name).empty();
  }

  static std::string order_of(const Member& member, const Interface& interface) {
    const auto order = member.orders.find(&interface);
    return order == member.orders.end() ? no_order : order->second;
  }

  static constexpr const char *key_question = "key-forms", *no_order = "";

  CaseContext& context_;
  const Spec& spec_;
  SeenOfSimilarRows& out_;
  std::optional<core::Condition> where_;
  std::size_t where_table_ = 0;
  std::vector<Member> members_;
  std::vector<const Interface*> makers_;
  std::set<const Interface*> acted_;
  std::set<std::pair<const Interface*, const Member*>> made_;
  std::map<const Member*, const Member*> given_;  // whose row of a catalogue a member was given
  std::vector<std::pair<Member*, Sent>> shown_;   // by the query that was asked last
};

/// The rows that an interface is meant for, where it is not meant for those that are made otherwise.
std::optional<std::pair<std::size_t, core::Condition>> special_rows(const Spec& spec, const Scope& scope, const Interface& interface) {
  for (const core::Field& field : interface.request) {
    const Interface* maker = field.where && field.refers ? maker_of(spec, scope, *field.refers) : nullptr;
    if (maker == nullptr) continue;
    // The usual value of the column, by what the maker stores there.
    for (const Step& step : maker->effects) {
      if (step.kind != Step::Kind::insert || step.insert.table != *field.refers) continue;
      for (const core::Assignment& one : step.insert.set) {
        if (one.column != field.where->column || one.value.op != Expr::Op::request) continue;
        const std::string usual = rules::make_valid_value(maker->request[one.value.field], 0, {});
        if (std::find(field.where->values.begin(), field.where->values.end(), usual) == field.where->values.end())
          return std::pair(*field.refers, *field.where);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

void observe_similar_rows(CaseContext& context, const std::vector<const Interface*>& wanted, SeenOfSimilarRows& out) {
  std::set<const Interface*> usual;
  std::vector<const Interface*> special;
  const Scope& scope = context.fixtures().scope();
  for (const Interface* one : wanted) {
    if (!scope.has(*one)) continue;
    if (!special_rows(context.spec(), scope, *one)) usual.insert(one);
    else if (std::find(special.begin(), special.end(), one) == special.end()) special.push_back(one);
  }
  if (!usual.empty()) SimilarRows(context, out, std::nullopt, 0, false).run(usual, true);
  for (const Interface* one : special) {
    const auto rows = special_rows(context.spec(), scope, *one);
    SimilarRows(context, out, rows->second, rows->first, true).run({one}, false);
  }
}

bool has_similar_rows(const Spec& spec, const Scope& scope, const Interface& interface) {
  const std::set<std::size_t> named = named_tables(interface);
  const bool any = std::any_of(named.begin(), named.end(), [&](std::size_t table) { return maker_of(spec, scope, table) != nullptr; });
  const bool any_query = std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& one) { return scope.has(one) && only_shows(one); });
  return any && any_query && scope.has(interface);
}

std::vector<std::string> similar_rows_of(const Spec& spec, const Scope& scope, const Interface& interface) {
  const std::set<std::size_t> named = named_tables(interface);
  bool any_owned = false, all_of_catalogue = true;
  for (const std::size_t table : named) {
    const Interface* maker = maker_of(spec, scope, table);
    any_owned = any_owned || (maker != nullptr && owner_table(spec, *maker));
    all_of_catalogue = all_of_catalogue && maker != nullptr && makes_catalogue(spec, *maker);
  }
  const auto all = makers(spec, scope);
  const bool only_acts = !only_shows(interface) && std::find(all.begin(), all.end(), &interface) == all.end();
  std::vector<std::string> out;
  for (const Likeness& likeness : likenesses()) {
    const bool fits = !(likeness.relation == Likeness::Relation::same_values && refers_to_fresh(interface)) &&
                      !(likeness.relation == Likeness::Relation::same_owner && !any_owned) && !(all_of_catalogue && !likeness.in_catalogue) &&
                      !(only_acts && !(ends_rows(spec, interface) ? likeness.is_exchanged : likeness.is_acted_on));
    if (fits && !likeness.slug.empty() && std::find(out.begin(), out.end(), likeness.slug) == out.end()) out.push_back(likeness.slug);
  }
  return out;
}

}  // namespace meterproof::conformance
