// The loader's parts, each reading one kind of section. Private to spec/yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/model/interface.hpp"
#include "spec/yaml/cursor.hpp"

namespace meterproof::yaml {

spec::Text read_text(const Cursor& at);
std::vector<std::string> names_of(const std::vector<spec::Field>& fields);
std::vector<std::string> names_of(const std::vector<spec::Table>& tables);
std::vector<std::string> names_of(const std::vector<spec::Column>& columns);

/// The field of that name; a problem, with "did you mean", where there is none.
std::optional<std::size_t> find_field(const std::vector<spec::Field>& fields, const Cursor& name, const std::string& whose);
std::optional<std::size_t> find_interface(const Cursor& name, const spec::Spec& spec);
std::optional<std::size_t> find_table(const spec::Spec& spec, const Cursor& name);
std::optional<std::size_t> find_column(const spec::Table& table, const Cursor& name);

void read_tables(const Cursor& at, spec::Spec& spec);
void read_common(const Cursor& root, spec::Spec& spec);
std::vector<spec::Field> read_fields(const Cursor& at, const spec::Spec& spec, const std::vector<spec::Field>* request);
std::vector<spec::Variant> read_variants(const Cursor& at, const spec::Interface& interface);
/// `columns`: those of a scenario's data; null in a spec file.
std::vector<spec::Simulation> read_simulation(const Cursor& at, const spec::Interface& interface, const std::vector<std::string>* columns = nullptr);

std::optional<spec::Code> read_code(const Cursor& at);
std::vector<spec::Code> read_codes(const Cursor& at);
/// A rule of an interface: one word of the vocabulary with its parameters, and what narrows it.
std::optional<spec::Rule> read_rule(const Cursor& at, const spec::Spec& spec, const spec::Interface& interface);
std::vector<spec::ResultRow> read_results(const Cursor& at, const spec::Spec& spec, const spec::Interface& interface);
std::vector<spec::ResultRow> read_common_results(const Cursor& at);
/// `interface` is null for the questions about all of them.
std::vector<spec::Unclear> read_unclear(const Cursor& at, const spec::Spec& spec, const spec::Interface* interface);
/// The common rows about a body's form, for this interface's fields.
std::vector<spec::ResultRow> bind_body_rows(const spec::Spec& spec, const spec::Interface& interface);

std::vector<spec::Step> read_effects(const Cursor& at, const spec::Spec& spec, const spec::Interface& interface);

/// A file of stories; every interface is known by now.
void read_stories(const Cursor& root, spec::Spec& spec);

/// What is well-formed but can't be right: unguarded required fields, unreachable codes, codes given twice.
void lint(const Cursor& at, const spec::Spec& spec, const spec::Interface& interface);

}  // namespace meterproof::yaml
