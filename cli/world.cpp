// SPDX-License-Identifier: Apache-2.0
// meterproof world
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.hpp"
#include "cli/files.hpp"
#include "core/i18n/message.hpp"
#include "mockserver/admin_client.hpp"

namespace meterproof::cli {

using i18n::Message;
using i18n::msg;
using mockserver::AdminClient;

namespace {

struct Options {
  std::string url, world, name, other, file, control_token;
  AdminClient::ClockMove move;
  net::TlsTrust trust;
};

Exit told(const AdminClient& client) {
  print_error(client.failure().why);
  return client.failure().unreachable ? Exit::unreachable : Exit::usage;
}

Exit list(AdminClient& client, const Options&, const Terminal& terminal) {
  const auto worlds = client.worlds();
  if (!worlds) return told(client);
  for (const AdminClient::Entry& one : *worlds) {
    std::vector<Message> counts;
    for (const AdminClient::RowCount& count : one.counts) counts.push_back(msg<"world.rows">(count.rows, count.table));
    print(one.snapshot_of.empty() ? msg<"world.world">(one.name, counts) : msg<"world.snapshot">(one.name, one.snapshot_of, one.taken, counts), terminal);
  }
  return Exit::ok;
}

Exit save(AdminClient& client, const Options& options, const Terminal& terminal) {
  const auto world = client.save(options.world, options.name);
  if (!world) return told(client);
  print(msg<"world.saved">(*world, options.name), terminal);
  return Exit::ok;
}

Exit restore(AdminClient& client, const Options& options, const Terminal& terminal) {
  const auto world = client.restore(options.world, options.name);
  if (!world) return told(client);
  print(msg<"world.replaced">(*world, options.name), terminal);
  return Exit::ok;
}

Exit fork(AdminClient& client, const Options& options, const Terminal& terminal) {
  const auto world = client.fork(options.name, options.other);
  if (!world) return told(client);
  print(msg<"world.replaced">(*world, options.name), terminal);
  return Exit::ok;
}

Exit remove(AdminClient& client, const Options& options, const Terminal& terminal) {
  if (!client.remove_snapshot(options.name)) return told(client);
  print(msg<"world.removed">(options.name), terminal);
  return Exit::ok;
}

Exit reload(AdminClient& client, const Options&, const Terminal& terminal) {
  const auto read = client.reload();
  if (!read) return told(client);
  print(msg<"cli.reloaded">(read->interfaces, read->apps, read->faults), terminal);
  return Exit::ok;
}

Exit clock(AdminClient& client, const Options& options, const Terminal& terminal) {
  const auto now = client.move_clock(options.world, options.move);
  if (!now) return told(client);
  print(now->own ? msg<"world.clock">(now->world, now->business, now->rate, now->wall, now->contacts, now->waiting)
                 : msg<"world.clock-wall">(now->world, now->wall),
        terminal);
  return Exit::ok;
}

/// As diff(1): ends with 1 where something differs.
Exit diff(AdminClient& client, const Options& options, const Terminal& terminal) {
  const auto found = client.diff(options.name, options.other);
  if (!found) return told(client);
  for (const AdminClient::ChangedRow& row : found->rows)
    print(row.kind == '+'   ? msg<"world.added">(row.table, row.key, row.cells)
          : row.kind == '-' ? msg<"world.gone">(row.table, row.key, row.cells)
                            : msg<"world.changed">(row.table, row.key, row.cells),
          terminal);
  const std::size_t all = found->added + found->removed + found->changed;
  if (all > found->rows.size()) print(msg<"world.more">(all - found->rows.size()), terminal);
  print(all == 0 ? msg<"world.same">() : msg<"world.differences">(found->added, found->removed, found->changed), terminal);
  return all == 0 ? Exit::ok : Exit::failed;
}

Exit write_rows(AdminClient& client, const Options& options, const Terminal& terminal) {
  if (!can_write(options.file)) return Exit::usage;
  const auto rows = client.export_rows(options.name);
  if (!rows) return told(client);
  if (options.file.empty()) return print(rows->text) ? Exit::ok : Exit::usage;
  if (!write_file(options.file, rows->text)) return Exit::usage;
  print(msg<"world.exported">(rows->count, options.file), terminal);
  return Exit::ok;
}

Exit read_rows(AdminClient& client, const Options& options, const Terminal& terminal) {
  const auto text = read_json_file(options.file);
  if (!text) return Exit::usage;
  const auto count = client.import_rows(options.world, *text, options.file);
  if (!count) return told(client);
  print(msg<"world.imported">(*count, options.file), terminal);
  return Exit::ok;
}

/// What every one of these commands takes.
void add_mock_address(const Program& program, CLI::App& command, Options& options) {
  command.add_option("url", options.url, program.text<"help.world.url">())->type_name("URL")->required();
  command.add_option("--control-token", options.control_token, program.text<"help.world.control-token">())->type_name("FILE");
  add_trust_options(program, command, options.trust);
}

void add_which_world(const Program& program, CLI::App& command, Options& options) {
  command.add_option("--world", options.world, program.text<"help.world.world">())->type_name("NAME");
}

Exit run_on(Exit (*run)(AdminClient&, const Options&, const Terminal&), const Options& options, const Terminal& terminal) {
  Message why;
  auto address = net::parse_address(options.url, why);
  if (!address) print_error(why);
  const auto token = read_control_token(options.control_token);
  if (!address || !token || !take_trust(*address, options.trust)) return Exit::usage;
  AdminClient client(*address, *token);
  return run(client, options, terminal);
}

}  // namespace

void add_world(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("world", program.text<"help.world">());
  command->require_subcommand(1);
  const auto add_name = [](CLI::App* to, const char* name, std::string& value, const std::string& help) {
    to->add_option(name, value, help)->type_name("NAME")->required();
  };
  const auto run_as = [&](CLI::App* on, Exit (*run)(AdminClient&, const Options&, const Terminal&)) {
    on->callback([options, run, &program_run = program.run, &terminal = program.terminal] {
      program_run = [options, run, &terminal] { return run_on(run, *options, terminal); };
    });
  };
  CLI::App* listing = command->add_subcommand("list", program.text<"help.world.list">());
  add_mock_address(program, *listing, *options);
  run_as(listing, list);

  CLI::App* saving = command->add_subcommand("save", program.text<"help.world.save">());
  add_mock_address(program, *saving, *options);
  add_name(saving, "snapshot", options->name, program.text<"help.world.snapshot">());
  add_which_world(program, *saving, *options);
  run_as(saving, save);

  CLI::App* restoring = command->add_subcommand("restore", program.text<"help.world.restore">());
  add_mock_address(program, *restoring, *options);
  add_name(restoring, "snapshot", options->name, program.text<"help.world.snapshot">());
  add_which_world(program, *restoring, *options);
  run_as(restoring, restore);

  CLI::App* forking = command->add_subcommand("fork", program.text<"help.world.fork">());
  add_mock_address(program, *forking, *options);
  add_name(forking, "from", options->name, program.text<"help.world.from">());
  add_name(forking, "to", options->other, program.text<"help.world.to">());
  run_as(forking, fork);

  CLI::App* comparing = command->add_subcommand("diff", program.text<"help.world.diff">());
  add_mock_address(program, *comparing, *options);
  add_name(comparing, "before", options->name, program.text<"help.world.before">());
  add_name(comparing, "after", options->other, program.text<"help.world.after">());
  run_as(comparing, diff);

  CLI::App* exporting = command->add_subcommand("export", program.text<"help.world.export">());
  add_mock_address(program, *exporting, *options);
  exporting->add_option("--world", options->name, program.text<"help.world.name">())->type_name("NAME");
  exporting->add_option("--out", options->file, program.text<"help.world.out">())->type_name("FILE");
  run_as(exporting, write_rows);

  CLI::App* importing = command->add_subcommand("import", program.text<"help.world.import">());
  add_mock_address(program, *importing, *options);
  importing->add_option("file", options->file, program.text<"help.world.file">())->type_name("FILE")->required();
  add_which_world(program, *importing, *options);
  run_as(importing, read_rows);

  CLI::App* moving = command->add_subcommand("clock", program.text<"help.world.clock">());
  add_mock_address(program, *moving, *options);
  add_which_world(program, *moving, *options);
  CLI::Option* const advance = moving->add_option("--advance", options->move.advance, program.text<"help.world.advance">())->type_name("TIME");
  CLI::Option* const set = moving->add_option("--set", options->move.set, program.text<"help.world.set">())->type_name("TIME")->excludes(advance);
  CLI::Option* const rate = moving->add_option("--rate", options->move.rate, program.text<"help.world.rate">())->type_name("N");
  moving->add_flag("--wall", options->move.wall, program.text<"help.world.wall">())->excludes(advance)->excludes(set)->excludes(rate);
  run_as(moving, clock);

  CLI::App* reloading = command->add_subcommand("reload", program.text<"help.world.reload">());
  add_mock_address(program, *reloading, *options);
  run_as(reloading, reload);

  CLI::App* removing = command->add_subcommand("remove", program.text<"help.world.remove">());
  add_mock_address(program, *removing, *options);
  add_name(removing, "snapshot", options->name, program.text<"help.world.snapshot">());
  run_as(removing, remove);
}

}  // namespace meterproof::cli
