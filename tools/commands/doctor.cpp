// `tradewind doctor`: is this machine fit to trade? One line a check, exit 1 when one failed.
#include <arpa/inet.h>
#include <link.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "config/credentials.hpp"
#include "config/environment.hpp"
#include "config/limits.hpp"
#include "config/settings.hpp"
#include "messages/error.hpp"
#include "model/commands.hpp"
#include "tools/alpaca_options.hpp"
#include "tools/command.hpp"
#include "tools/settings_options.hpp"

namespace tradewind::tools {

namespace {

using nlohmann::ordered_json;

constexpr std::uintmax_t kMebibyte = 1U << 20;
constexpr std::uintmax_t kLeastFreeDisk = 1024 * kMebibyte;
constexpr std::uintmax_t kLeastMemory = 2048 * kMebibyte;

enum class Verdict { good, warning, failed };

struct Check {
    std::string name;
    Verdict verdict = Verdict::good;
    std::string detail;
};

const char* to_text(Verdict verdict) {
    if (verdict == Verdict::failed) return "FAILED";
    return verdict == Verdict::warning ? "warning" : "ok";
}

Check check_processor() {
    const auto cores = std::thread::hardware_concurrency();
    const auto memory = static_cast<std::uintmax_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uintmax_t>(::sysconf(_SC_PAGE_SIZE));
    return {
        "machine", memory < kLeastMemory ? Verdict::warning : Verdict::good,
        std::to_string(cores) + " cores, " + std::to_string(memory / kMebibyte) + " MiB memory"};
}

// The kernel's own word on whether a time service disciplines the clock.
Check check_clock() {
    timex status{};
    const int state = ::adjtimex(&status);
    const bool synchronised =
        state >= 0 && state != TIME_ERROR && (status.status & STA_UNSYNC) == 0;
    if (synchronised)
        return {"clock", Verdict::good,
                "synchronised, error below " + std::to_string(status.maxerror / 1000 + 1) + " ms"};
    return {"clock", Verdict::warning, "not synchronised; start a time service for paper and live"};
}

Check check_time_zones() {
    const std::filesystem::path zone = "/usr/share/zoneinfo/America/New_York";
    std::error_code fault;
    if (std::filesystem::exists(zone, fault)) return {"time zones", Verdict::good, "present"};
    return {"time zones", Verdict::warning, zone.string() + " is missing; install tzdata"};
}

// The folder that exists, or the nearest one above that would hold it.
std::filesystem::path existing(std::filesystem::path folder) {
    std::error_code fault;
    while (!std::filesystem::exists(folder, fault) && folder.has_relative_path())
        folder = folder.parent_path();
    return folder;
}

Check check_state_folder(const config::Settings& settings) {
    const auto mode = settings.mode == config::Mode::live ? "live" : "paper";
    const auto folder = std::filesystem::absolute(settings.state_folder(mode));
    const auto holder = existing(folder);
    std::error_code fault;
    if (!std::filesystem::is_directory(holder, fault))
        return {"state folder", Verdict::failed, holder.string() + " is not a folder"};
    if (::access(holder.c_str(), W_OK | X_OK) != 0)
        return {"state folder", Verdict::failed, holder.string() + " cannot be written"};
    const auto free = std::filesystem::space(holder, fault).available;
    const std::string text =
        folder.string() + ", " + std::to_string(free / kMebibyte) + " MiB free";
    return {"state folder", free < kLeastFreeDisk ? Verdict::warning : Verdict::good, text};
}

Check check_port(const config::Settings& settings) {
    const std::string& listen = settings.paper.listen;
    const int port = std::stoi(listen.substr(listen.rfind(':') + 1));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool free =
        ::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(handle);
    if (free) return {"address", Verdict::good, listen + " is free"};
    return {"address", Verdict::warning, listen + " is taken; a daemon may be running"};
}

Check check_keys(const config::Settings& settings) {
    const auto found = config::load_credentials(settings, config::process_environment());
    if (found) return {"keys", Verdict::good, "present (" + found->origin + ")"};
    if (settings.mode == config::Mode::live)
        return {"keys", Verdict::failed, "none; live trading needs them"};
    return {"keys", Verdict::good, "none; the embedded exchange needs none"};
}

Check check_device(const config::Settings& settings) {
    std::error_code fault;
    const bool present = std::filesystem::exists("/dev/nvidia0", fault);
    const bool required =
        settings.model.device == config::Device::cuda && !settings.model.allow_cpu_fallback;
    if (present) return {"device", Verdict::good, "an NVIDIA GPU is present"};
    return {"device", required ? Verdict::failed : Verdict::good,
            required ? "model.device = cuda, but there is no GPU" : "no GPU; the CPU forecasts"};
}

Check check_model(const config::Settings& settings) {
    try {
        const auto info = ordered_json::parse(model::model_info_json(settings.model.name));
        return {"model", Verdict::good,
                settings.model.name + " (" + info.at("id").get<std::string>() + ")"};
    } catch (const Error& error) {
        return {"model", Verdict::failed, error.what()};
    }
}

int collect_library(dl_phdr_info* info, std::size_t, void* out) {
    const std::string name = std::filesystem::path(info->dlpi_name).filename();
    for (const std::string prefix : {"libcaf_core", "libtorch_cpu", "libarrow", "libparquet",
                                     "libsqlite3", "libssl", "libsimdjson", "libtomlplusplus"})
        if (name.rfind(prefix, 0) == 0)
            static_cast<std::vector<std::string>*>(out)->push_back(name);
    return 0;
}

Check check_libraries() {
    std::vector<std::string> names;
    ::dl_iterate_phdr(collect_library, &names);
    std::sort(names.begin(), names.end());
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : " ") + name;
    return {"libraries", Verdict::good, text.empty() ? "all linked statically" : text};
}

std::vector<Check> examine(const config::Settings& settings) {
    std::vector<Check> checks = {check_processor(),      check_clock(),
                                 check_time_zones(),     check_state_folder(settings),
                                 check_port(settings),   check_keys(settings),
                                 check_device(settings), check_model(settings),
                                 check_libraries()};
    const auto changed = settings.changed().size();
    checks.push_back({"settings", settings.warnings().empty() ? Verdict::good : Verdict::warning,
                      std::to_string(changed) + " changed, " +
                          std::to_string(settings.warnings().size()) + " warnings"});
    return checks;
}

void print_json(const std::vector<Check>& checks, bool failed) {
    ordered_json document = {{"healthy", !failed},
                             {"checks", ordered_json::array()},
                             {"limits", ordered_json::object()}};
    for (const auto& check : checks)
        document["checks"].push_back(
            {{"name", check.name}, {"verdict", to_text(check.verdict)}, {"detail", check.detail}});
    for (const auto& limit : config::kLimits)
        document["limits"][std::string(limit.name)] = {
            {"value", limit.value}, {"unit", limit.unit}, {"why", limit.why}};
    std::printf("%s\n", document.dump(2).c_str());
}

void print_text(const std::vector<Check>& checks, bool limits) {
    for (const auto& check : checks)
        std::printf("%-8s %-14s %s\n", to_text(check.verdict), check.name.c_str(),
                    check.detail.c_str());
    if (!limits) return;
    std::printf("\n");
    for (const auto& limit : config::kLimits)
        std::printf("%-26s %10lld %-12s %s\n", std::string(limit.name).c_str(),
                    static_cast<long long>(limit.value), std::string(limit.unit).c_str(),
                    std::string(limit.why).c_str());
}

}  // namespace

std::vector<std::string> doctor_failures(const config::Settings& settings) {
    std::vector<std::string> failures;
    for (const auto& check : examine(settings)) {
        if (check.verdict == Verdict::failed) failures.push_back(check.name + ": " + check.detail);
    }
    return failures;
}

namespace {

struct DoctorOptions {
    config::Sources sources;
    bool json = false;
    bool limits = false;
};

void run_doctor(const DoctorOptions& options) {
    const auto checks = examine(settings_of(options.sources));
    const bool failed = std::any_of(checks.begin(), checks.end(), [](const Check& check) {
        return check.verdict == Verdict::failed;
    });
    if (options.json)
        print_json(checks, failed);
    else
        print_text(checks, options.limits);
    if (failed) throw ExitWith{exit_code(ErrorKind::failed)};
}

}  // namespace

void add_doctor(CLI::App& app) {
    auto* command = app.add_subcommand(
        "doctor", "Check the machine: clock, disk, address, keys, device, libraries, settings");
    const auto options = std::make_shared<DoctorOptions>();
    add_config_option(*command, options->sources);
    command->add_flag("--json", options->json, "print one JSON document, limits included");
    command->add_flag("--limits", options->limits, "also print the program's named limits");
    command->callback([options] { run_doctor(*options); });
}

}  // namespace tradewind::tools
