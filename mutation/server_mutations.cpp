// SPDX-License-Identifier: Apache-2.0
// What a server may get wrong as a whole: replays, races, encodings, orders of checks.
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

#include "core/text/text.hpp"
#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::DateTime;
using core::Request;
using core::Spec;

namespace {

/// Requests that come within this span of each other are at the same moment.
constexpr std::chrono::microseconds same_moment{900};

using TimestampOfAccount = std::pair<std::size_t, std::int64_t>;
TimestampOfAccount key_of(const TimestampUse& use) { return {use.account, use.timestamp.seconds}; }

class RemembersLastTimestamp final : public MutationHooks {
  std::optional<DateTime> used_before(const TimestampUse& use, std::optional<DateTime>) override {
    DateTime& last = last_[use.account];
    const bool repeated = last == use.timestamp;
    last = use.timestamp;
    return repeated ? std::optional(use.now) : std::nullopt;
  }
  std::map<std::size_t, DateTime> last_;  // by account
};

class ReplayFreesTimestamp final : public MutationHooks {
  std::optional<DateTime> used_before(const TimestampUse& use, std::optional<DateTime> before) override {
    if (!before) return before;
    if (free_.erase(key_of(use)) > 0) return std::nullopt;
    free_.insert(key_of(use));
    return before;
  }
  std::set<TimestampOfAccount> free_;
};

class ChecksTimestampLate final : public MutationHooks {
  std::optional<DateTime> used_before(const TimestampUse& use, std::optional<DateTime> before) override {
    const auto [first, added] = first_use_.try_emplace(key_of(use), use.received_at);
    return use.received_at - first->second < same_moment ? std::nullopt : before;
  }
  std::map<TimestampOfAccount, Time> first_use_;
};

class TimestampsByPath final : public MutationHooks {
  std::optional<DateTime> used_before(const TimestampUse& use, std::optional<DateTime>) override {
    return used_.emplace(key_of(use), use.path).second ? std::nullopt : std::optional(use.now);
  }
  std::set<std::pair<TimestampOfAccount, std::string>> used_;
};

/// Reads as a parser does that carries over: what is behind the 14th digit is no matter, and minute 60 is the next hour's first.
class GenerousTimestamps final : public MutationHooks {
  void read_timestamp(std::string_view text, DateTime, std::optional<DateTime>& time, std::chrono::seconds&) override {
    constexpr std::size_t digits = 14;
    std::string kept(text.substr(0, digits));
    int over = 0;
    for (const auto& [at, unit] : {std::pair(10U, 60), std::pair(12U, 1)})
      if (kept.size() == digits && kept[at] >= '6' && kept[at] <= '9') {
        over += unit * (10 * (kept[at] - '0') + (kept[at + 1] - '0'));
        kept.replace(at, 2, "00");
      }
    time = DateTime::parse_compact(kept);
    if (time) time = *time + std::chrono::seconds(over);
  }
};

/// It remembers as many seconds as it accepts, so that a repetition is refused like any.
class WideTolerance final : public MutationHooks {
  void read_timestamp(std::string_view, DateTime, std::optional<DateTime>&, std::chrono::seconds& tolerance) override { tolerance = std::chrono::hours(24); }
  std::optional<DateTime> used_before(const TimestampUse& use, std::optional<DateTime> before) override {
    const auto [known, is_new] = used_.try_emplace(key_of(use), use.now);
    return before || is_new ? before : std::optional(known->second);
  }
  std::map<TimestampOfAccount, DateTime> used_;
};

/// As one of several servers behind an address, whose tolerance is wider: which of them gets a request is a matter of `turn`. It does not show while a run
/// tries the clock, in its first requests.
template <std::size_t turn>
class WideToleranceNowAndThen final : public MutationHooks {
  void read_timestamp(std::string_view, DateTime now, std::optional<DateTime>& time, std::chrono::seconds& tolerance) override {
    constexpr std::size_t first_requests = 80, servers = 7;
    const bool shows = ++requests_ > first_requests;
    if (!time || std::chrono::abs(*time - now) <= tolerance || std::chrono::abs(*time - now) > 2 * tolerance) return;
    if (shows && outside_++ % servers == turn) tolerance *= 2;
  }
  std::size_t requests_ = 0, outside_ = 0;
};

class ComparesTokenBeginning final : public MutationHooks {
  bool accepts_token(std::string_view token, std::string_view expected) override {
    constexpr std::size_t beginning = 8;
    return core::equals_ignoring_case(token.substr(0, beginning), expected.substr(0, beginning));
  }
};

class BusinessBeforeAuthentication final : public MutationHooks {
  bool authenticates_last() override { return true; }
};

class CarriesOutRefused final : public MutationHooks {
  bool carries_out_refused(bool is_authentic) override { return is_authentic; }
};

class CarriesOutBadlySigned final : public MutationHooks {
  bool authenticates_last() override { return true; }
  bool carries_out_refused(bool is_authentic) override { return !is_authentic; }
};

/// For the rules, a row that was made at this moment does not exist yet.
class ChecksExistenceLate final : public MutationHooks, private rules::DataLookup {
  const rules::DataLookup& data(const store::DataStore& store, Time now) override {
    store_ = &store;
    now_ = now;
    return *this;
  }
  void carried_out(const Request& request, const store::DataStore&, store::ResultSet&, Time now) override {
    std::erase_if(made_, [&](const auto& one) { return now - one.second >= same_moment; });
    for (std::size_t i = 0; i < request.values.size(); ++i)
      if (const auto table = request.interface->request[i].names; table && !request[i].empty()) made_.try_emplace({*table, std::string(request[i].text)}, now);
  }
  bool exists(std::size_t table, std::string_view key) const override {
    const auto made = made_.find({table, std::string(key)});
    return store_->exists(table, key) && (made == made_.end() || now_ - made->second >= same_moment);
  }
  bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const override {
    return store_->belong_together(table, key, other_table, other_key);
  }
  bool in_state(std::size_t table, std::string_view key, const core::State& state) const override { return store_->in_state(table, key, state); }

  std::map<std::pair<std::size_t, std::string>, Time> made_;  // by table and key
  const store::DataStore* store_ = nullptr;
  Time now_;
};

std::vector<const core::Interface*> pointers_to(const std::vector<core::Interface>& all) {
  std::vector<const core::Interface*> out;
  out.reserve(all.size());
  for (const core::Interface& one : all) out.push_back(&one);
  return out;
}

const core::Interface& of_same_name(const std::vector<core::Interface>& all, const core::Interface& own) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const core::Interface& one) { return one.name == own.name; });
  return found == all.end() ? own : *found;
}

/// Of requests to one interface at the same moment, those behind the first few are answered and do nothing.
template <unsigned most>
class DropsAtOnce final : public MutationHooks {
 public:
  explicit DropsAtOnce(const Spec& spec) : idle_(spec.interfaces) {
    for (core::Interface& interface : idle_)
      std::erase_if(interface.effects, [](const core::Step& step) {
        using Kind = core::Step::Kind;
        return step.kind == Kind::insert || step.kind == Kind::update || step.kind == Kind::charge;
      });
  }

  std::vector<const core::Interface*> replacements() const override { return pointers_to(idle_); }
  const rules::DataLookup& data(const store::DataStore& store, Time now) override {
    now_ = now;
    return store;
  }
  const core::Interface& acting_interface(const Request& request, const store::DataStore&) override {
    in_row_ = request.interface->name == last_ && now_ - begin_ < same_moment ? in_row_ + 1 : 1;
    if (in_row_ == 1) begin_ = now_;
    last_ = request.interface->name;
    return in_row_ > most ? of_same_name(idle_, *request.interface) : *request.interface;
  }

 private:
  std::vector<core::Interface> idle_;  // without what changes rows
  std::string last_;
  Time now_, begin_;
  unsigned in_row_ = 0;
};

/// Of two orders to one row at the same moment, the second leaves a state that is neither's.
class OrdersClash final : public MutationHooks {
 public:
  explicit OrdersClash(const Spec& spec) : clashing_(spec.interfaces) {
    for (core::Interface& interface : clashing_)
      for (core::Step& step : interface.effects)
        for (core::Assignment& one : step.update.set)
          if (one.value.op == core::Expr::Op::server_assigned && !one.value.args.empty() && one.value.args.front().op == core::Expr::Op::map)
            one.value.args.front() = core::Expr::literal("3");
  }

  std::vector<const core::Interface*> replacements() const override { return pointers_to(clashing_); }
  const rules::DataLookup& data(const store::DataStore& store, Time now) override {
    now_ = now;
    return store;
  }
  const core::Interface& acting_interface(const Request& request, const store::DataStore&) override {
    std::string about = request.interface->name;
    for (std::size_t i = 0; i < request.values.size(); ++i)
      if (request.interface->request[i].refers) about += "/" + std::string(request[i].text);
    const bool at_once = about == last_ && now_ - begin_ < same_moment;
    if (!at_once) begin_ = now_;
    last_ = std::move(about);
    return at_once ? of_same_name(clashing_, *request.interface) : *request.interface;
  }

 private:
  std::vector<core::Interface> clashing_;  // with a state of their own
  std::string last_;
  Time now_, begin_;
};

/// A memory of the last timestamps of each account, and no more.
class RemembersHundredTimestamps final : public MutationHooks {
  std::optional<DateTime> used_before(const TimestampUse& use, std::optional<DateTime>) override {
    constexpr std::size_t most = 100;
    auto& last = last_[use.account];
    const bool repeated = std::find(last.begin(), last.end(), use.timestamp) != last.end();
    last.push_back(use.timestamp);
    if (last.size() > most) last.pop_front();
    return repeated ? std::optional(use.now) : std::nullopt;
  }
  std::map<std::size_t, std::deque<DateTime>> last_;  // by account
};

class ForgetsTimestamps final : public MutationHooks {
  std::optional<DateTime> used_before(const TimestampUse& use, std::optional<DateTime> before) override {
    constexpr std::chrono::seconds memory(1);
    const auto [first, added] = first_use_.try_emplace(key_of(use), use.received_at);
    return use.received_at - first->second > memory ? std::nullopt : before;
  }
  std::map<TimestampOfAccount, Time> first_use_;
};

/// After a body that is no JSON, the next readable one is taken for unreadable, too.
class StumblesOnce final : public MutationHooks {
  core::Code unparsable_code(const core::Interface&, core::Code code) override {
    stumbled_ = true;
    return code;
  }
  void edit_reply(std::string& body, std::string_view&) override {
    if (armed_) body = "{}";
    armed_ = std::exchange(stumbled_, false);
  }
  bool stumbled_ = false, armed_ = false;
};

class OneRowOnly final : public MutationHooks {
  void carried_out(const Request&, const store::DataStore&, store::ResultSet& result, Time) override { result.keep_rows(1); }
};

/// A query at the same moment as another of its interface is answered with the other's rows.
class RowsOfAnother final : public MutationHooks {
  void carried_out(const Request& request, const store::DataStore&, store::ResultSet& result, Time now) override {
    if (!result.has_rows) return;
    auto& [when, before] = shown_[request.interface->name];
    const bool at_once = before.has_rows && now - when < same_moment;
    store::ResultSet own = result;
    if (at_once) result = before;
    before = std::move(own);
    when = now;
  }
  std::map<std::string, std::pair<Time, store::ResultSet>> shown_;  // by interface
};

class KeysByPrefix final : public MutationHooks, private store::StoreInterceptor {
  const store::StoreInterceptor* store_interceptor() const override { return this; }
  std::optional<store::RowNumber> find_otherwise(const store::Table& table, std::string_view key) const override {
    for (store::RowNumber row = 0; row < table.size(); ++row)
      if (table.cell(row, table.table().key).text.starts_with(key)) return row;
    return std::nullopt;
  }
};

class KeysByEnd final : public MutationHooks, private store::StoreInterceptor {
  const store::StoreInterceptor* store_interceptor() const override { return this; }
  std::optional<store::RowNumber> find_otherwise(const store::Table& table, std::string_view key) const override {
    constexpr std::size_t end = 8;  // characters
    if (key.size() <= end) return std::nullopt;
    for (store::RowNumber row = 0; row < table.size(); ++row)
      if (const auto other = table.cell(row, table.table().key).text; other.size() == key.size() && other.ends_with(key.substr(key.size() - end))) return row;
    return std::nullopt;
  }
};

class EndOfDayExcluded final : public MutationHooks, private store::StoreInterceptor {
  const store::StoreInterceptor* store_interceptor() const override { return this; }
  bool finds(std::string_view moment, std::string_view last_day) const override {
    return !moment.starts_with(last_day) || last_day.empty() || moment.ends_with("00:00:00");
  }
};

/// In the rows, every character that ASCII has not got becomes the same byte, which no UTF-8 has there.
class NoUtf8 final : public MutationHooks {
  void edit_reply(std::string& body, std::string_view&) override {
    const std::size_t rows = std::min(body.find('['), body.size());
    std::string out = body.substr(0, rows);
    for (const char c : body.substr(rows))
      if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) out += (static_cast<unsigned char>(c) & 0x80U) != 0 ? '\xE9' : c;
    body = std::move(out);
  }
};

/// The code is the first number of a reply.
class CodesAsText final : public MutationHooks {
  void edit_reply(std::string& body, std::string_view&) override {
    const std::size_t begin = body.find(':') + 1;
    body.insert(body.find(',', begin), 1, '"');
    body.insert(begin, 1, '"');
  }
};

class NoContentType final : public MutationHooks {
  void edit_reply(std::string&, std::string_view& content_type) override { content_type = "text/html"; }
};

template <class Hooks>
std::unique_ptr<MutationHooks> make(const Spec& spec) {
  if constexpr (std::is_constructible_v<Hooks, const Spec&>) return std::make_unique<Hooks>(spec);
  else return std::make_unique<Hooks>();
}

struct ServerMutation {
  const char *id, *zh, *en;
  std::unique_ptr<MutationHooks> (*hooks)(const Spec&);
  bool lenient = false;
};
constexpr std::array<ServerMutation, 27> all = {{
    {"remembers-last-timestamp", "只识别与上一次相同的时间戳", "sees a repeated timestamp only where it was the last one", make<RemembersLastTimestamp>},
    {"replay-frees-timestamp", "重复的时间戳每两次接受一次", "accepts a repeated timestamp every second time", make<ReplayFreesTimestamp>},
    {"checks-timestamp-late", "两个同时到达的请求使用同一时间戳，都被接受", "accepts one timestamp from two requests at the same moment",
     make<ChecksTimestampLate>},
    {"wide-tolerance-now-and-then", "刚超出容差的时间戳，每七个接受一个", "accepts one of seven timestamps that are just outside the tolerance",
     make<WideToleranceNowAndThen<0>>},
    {"wide-tolerance-in-another-turn", "刚超出容差的时间戳，每七个接受一个（从第二个起）",
     "accepts one of seven timestamps that are just outside the tolerance, from the second on", make<WideToleranceNowAndThen<1>>},
    {"remembers-hundred-timestamps", "只记住最近 100 个时间戳", "remembers the last hundred timestamps", make<RemembersHundredTimestamps>},
    {"forgets-timestamps", "一秒后忘记用过的时间戳", "forgets a used timestamp after a second", make<ForgetsTimestamps>},
    {"drops-behind-four", "同时到达的第五个及以后的请求没有生效", "does nothing for the fifth of several requests at the same moment", make<DropsAtOnce<4>>},
    {"drops-behind-twelve", "同时到达的第十三个及以后的请求没有生效", "does nothing for the thirteenth of several requests at the same moment",
     make<DropsAtOnce<12>>},
    {"stumbles-once", "读不懂的请求体之后，下一个请求得不到应答内容", "has no content in the reply that follows an unreadable body", make<StumblesOnce>},
    {"orders-clash", "同一表同时收到两个指令后状态异常", "leaves a state of neither where one row gets two orders at the same moment", make<OrdersClash>},
    {"checks-existence-late", "两个同时到达的请求都被当作第一个", "takes two requests at the same moment both for the first", make<ChecksExistenceLate>},
    {"business-before-authentication", "先检查请求体，后检查签名", "looks at the body before the signature", make<BusinessBeforeAuthentication>},
    {"compares-token-beginning", "只比较令牌的前 8 位", "compares eight digits of the token", make<ComparesTokenBeginning>},
    {"carries-out-refused", "拒绝的请求仍被执行", "carries out what it refuses", make<CarriesOutRefused>},
    {"carries-out-badly-signed", "签名错误的请求仍被执行", "carries out what it refuses for its signature", make<CarriesOutBadlySigned>},
    {"no-utf8", "应答中的数据行以 Latin-1 编码", "writes the rows of its replies in Latin-1", make<NoUtf8>},
    {"one-row-only", "最多返回一行", "lists one row at most", make<OneRowOnly>},
    {"rows-of-another", "同时到达的查询，结果互相混淆", "mixes up the rows of queries at the same moment", make<RowsOfAnother>},
    {"keys-by-prefix", "按编号的前缀查找", "finds a key by its beginning", make<KeysByPrefix>},
    {"keys-by-end", "按编号的末八位查找", "finds a key of the same length by its last eight characters", make<KeysByEnd>},
    {"end-of-day-excluded", "日期范围漏掉最后一天（零点除外）", "leaves out the last day of a range, except its midnight", make<EndOfDayExcluded>},
    {"codes-as-text", "响应码以文本返回", "writes the result code as a text", make<CodesAsText>},
    {"no-content-type", "应答标为 HTML", "calls its replies HTML", make<NoContentType>},
    {"generous-timestamps", "接受 15 位的时间戳和秒数 60", "accepts a timestamp of 15 digits, or with second 60", make<GenerousTimestamps>},
    // These break no sentence of the specification; a run warns of them.
    {"wide-tolerance", "接受全天的时间戳", "accepts timestamps of the whole day", make<WideTolerance>, true},
    {"timestamps-by-path", "同一时间戳可在每个路径各用一次", "accepts a timestamp once on each path", make<TimestampsByPath>, true},
}};

}  // namespace

void append_server_mutations(const Spec&, std::vector<MutantFactory>& out) {
  for (const ServerMutation& one : all)
    out.push_back({{"server/" + std::string(one.id), {one.zh, one.en}, one.lenient ? std::string(lenient) : "server"}, {}, one.hooks});
}

}  // namespace meterproof::mutation
