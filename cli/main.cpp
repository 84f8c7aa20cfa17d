// meterproof: one program, many commands.
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>

#include "cli/command.hpp"

namespace {

constexpr const char* about =
    "Conformance and load tests for the gas-meter billing interface (燃气表平台 / 第三方营收平台).\n"
    "\n"
    "  meterproof mock                          a server that plays both sides, with a demo world\n"
    "  meterproof check http://HOST:PORT ...    does a server keep to the paper?\n"
    "  meterproof load  http://HOST:PORT ...    how many reports per second does it take?\n"
    "  meterproof report RECORD... --html FILE  what a run recorded, for people and for pipelines\n"
    "  meterproof sign  --app ID:SECRET         the headers of a signed request\n"
    "  meterproof spec  list|lint|export        the interface as data";

/// The commands that a mistyped word may have meant.
std::string did_you_mean(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) known.push_back(command->get_name());
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with('-')) continue;
    if (std::find(known.begin(), known.end(), word) != known.end()) return {};
    return "unknown command \"" + word + "\"; " + meterproof::core::suggestion(word, known);
  }
  return {};
}

/// The options that a mistyped one may have meant.
std::string mistyped_option(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> known;
  const std::function<void(const CLI::App&)> note = [&](const CLI::App& of) {
    for (const CLI::Option* option : of.get_options())
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    for (const CLI::App* command : of.get_subcommands([](const CLI::App*) { return true; }))
      if (std::find(argv, argv + argc, command->get_name()) != argv + argc) note(*command);
  };
  note(app);
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (word.starts_with("--") && word.size() > 2 && std::find(known.begin(), known.end(), word) == known.end())
      return "unknown option " + word + "; " + meterproof::core::suggestion(word, known);
  }
  return {};
}

/// The first of the locale's variables that says anything (POSIX, 8.2).
meterproof::reports::Language language_of_the_locale() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
      return std::string_view(value).starts_with("zh") ? meterproof::reports::Language::zh : meterproof::reports::Language::en;
  return meterproof::reports::Language::en;
}

/// Columns; 0 where it does not say.
std::size_t width_of_the_screen() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace meterproof::cli;
  using meterproof::reports::Language;
  try {
    CLI::App app(about, "meterproof");
    app.set_version_flag("--version", "meterproof " METERPROOF_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    std::string spec_directory;
    app.add_option("--spec", spec_directory, "folder of the interface specs (default: beside the executable)")->type_name("DIR");
    std::string language;
    Terminal terminal;
    app.add_option("--lang", language, "zh or en (default: as the locale says)")->check(CLI::IsMember({"zh", "en"}));
    app.add_flag("--quiet", terminal.quiet, "print the verdict, and nothing on the way to it");
    app.add_flag("--verbose", terminal.verbose, "print each exchange of a check, and the whole report");
    Runner run;
    const Program program{app, spec_directory, run, terminal};
    add_mock(program);
    add_check(program);
    add_check_client(program);
    add_load(program);
    add_report(program);
    add_certificate(program);
    add_sign(program);
    add_spec(program);
    add_manual(program);
    try {
      app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
      return app.exit(help);
    } catch (const CLI::CallForVersion& version) {
      return app.exit(version);
    } catch (const CLI::ParseError& error) {
      std::string hint = did_you_mean(app, argc, argv);
      if (hint.empty()) hint = mistyped_option(app, argc, argv);
      print_error(hint.empty() ? std::string(error.what()) + "\nsee meterproof --help, or meterproof COMMAND --help" : hint);
      return static_cast<int>(Exit::usage);
    }
    const bool screen = ::isatty(STDOUT_FILENO) == 1;
    terminal.style.colour = screen && std::getenv("NO_COLOR") == nullptr;
    terminal.style.brief = screen && !terminal.verbose;
    terminal.style.width = screen ? width_of_the_screen() : 0;
    terminal.style.language = language.empty() ? language_of_the_locale() : language == "zh" ? Language::zh : Language::en;
    return static_cast<int>(run());
  } catch (const std::exception& error) {
    print_error(error.what());
    return static_cast<int>(Exit::usage);
  }
}
