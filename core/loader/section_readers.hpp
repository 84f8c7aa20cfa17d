// SPDX-License-Identifier: Apache-2.0
// The loader's parts, each reading one kind of section. Private to core/loader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/loader/yaml_node.hpp"
#include "core/model/interface.hpp"

namespace meterproof::loader {

core::LocalizedText read_text(const YamlNode& at);
std::vector<std::string> names_of(const std::vector<core::Field>& fields);
std::vector<std::string> names_of(const std::vector<core::Table>& tables);
std::vector<std::string> names_of(const std::vector<core::Column>& columns);

/// The field of that name; a problem, with "did you mean", where there is none. `whose`: what the problem calls the owner of the fields.
std::optional<std::size_t> find_field(const std::vector<core::Field>& fields, const YamlNode& name, const i18n::Message& whose);
std::optional<std::size_t> find_variant(const core::Interface& interface, const YamlNode& name);
std::optional<std::size_t> find_interface(const YamlNode& name, const core::Spec& spec);
std::optional<std::size_t> find_table(const core::Spec& spec, const YamlNode& name);
std::optional<std::size_t> find_column(const core::Table& table, const YamlNode& name);

void read_tables(const YamlNode& at, core::Spec& spec);
void read_common(const YamlNode& root, core::Spec& spec);
std::vector<core::Field> read_fields(const YamlNode& at, const core::Spec& spec, const std::vector<core::Field>* request);
std::vector<core::Variant> read_variants(const YamlNode& at, const core::Interface& interface);
/// `columns`: those of a workload's data; null in a spec file.
std::vector<core::FieldGenerator> read_generators(const YamlNode& at, const core::Interface& interface, const std::vector<std::string>* columns = nullptr);
/// What generators of one request must be together: what follows a counter has one, and only texts have patterns. `fields`: the generators of
/// all fields; those of growths get the scale of their counters.
void check_generators(const YamlNode& at, const core::Interface& interface, std::vector<core::FieldGenerator>& fields);

std::optional<core::Code> read_code(const YamlNode& at);
std::vector<core::Code> read_codes(const YamlNode& at);
/// A rule of an interface: a rule kind with its operands, and what narrows it.
std::optional<core::Rule> read_rule(const YamlNode& at, const core::Spec& spec, const core::Interface& interface);
std::vector<core::ResultRow> read_results(const YamlNode& at, const core::Spec& spec, const core::Interface& interface);
std::vector<core::ResultRow> read_common_results(const YamlNode& at);
/// `interface` is null for the questions about all of them.
std::vector<core::OpenQuestion> read_open_questions(const YamlNode& at, const core::Spec& spec, const core::Interface* interface);
/// The common rows about a body's form, for this interface's fields.
std::vector<core::ResultRow> bind_body_rows(const core::Spec& spec, const core::Interface& interface);

std::vector<core::Step> read_effects(const YamlNode& at, const core::Spec& spec, const core::Interface& interface);
/// The interface's effects are known by now.
core::Delay read_delay(const YamlNode& at, const core::Spec& spec, const core::Interface& interface);

/// A file of sequences; every interface is known by now.
void read_sequences(const YamlNode& root, core::Spec& spec);

/// What is well-formed but can't be right: unguarded required fields, unreachable codes, codes given twice.
void lint(const YamlNode& at, const core::Spec& spec, const core::Interface& interface);

}  // namespace meterproof::loader
