#include "tools/trial_journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "messages/error.hpp"

namespace tradewind::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kPlanFile = "sweep.json";
constexpr const char* kTrialsFile = "trials.jsonl";

[[noreturn]] void disk_refuses(const fs::path& file) {
    throw Error(ErrorKind::failed, "cannot write", file.string(), std::strerror(errno));
}

std::string text_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void write_all(int file, const std::string& text, const fs::path& name) {
    for (std::size_t done = 0; done < text.size();) {
        const auto written = ::write(file, text.data() + done, text.size() - done);
        if (written < 0) disk_refuses(name);
        done += static_cast<std::size_t>(written);
    }
    if (::fdatasync(file) != 0) disk_refuses(name);
}

std::string line_of(const Trial& trial) {
    const ordered_json line{
        {"trial", trial.number},
        {"total_return", trial.total_return},
        {"sharpe", trial.sharpe ? ordered_json(*trial.sharpe) : ordered_json(nullptr)},
        {"max_drawdown", trial.max_drawdown},
        {"orders", trial.orders},
        {"fills", trial.fills},
        {"trades", trial.trades},
        {"fees", trial.fees.to_string()},
        {"final_equity", trial.final_equity.to_string()},
        {"daily_returns", trial.daily_returns}};
    return line.dump() + '\n';
}

Trial trial_of(const std::string& line) {
    const auto json = ordered_json::parse(line);
    Trial trial;
    trial.number = json.at("trial");
    trial.total_return = json.at("total_return");
    if (!json.at("sharpe").is_null()) trial.sharpe = json.at("sharpe").get<double>();
    trial.max_drawdown = json.at("max_drawdown");
    trial.orders = json.at("orders");
    trial.fills = json.at("fills");
    trial.trades = json.at("trades");
    trial.fees = Money::of(json.at("fees").get<std::string>());
    trial.final_equity = Money::of(json.at("final_equity").get<std::string>());
    trial.daily_returns = json.at("daily_returns").get<std::vector<double>>();
    return trial;
}

}  // namespace

TrialJournal::TrialJournal(fs::path folder, const std::string& plan) : folder_(std::move(folder)) {
    std::error_code fault;
    const auto plan_file = folder_ / kPlanFile;
    if (fs::exists(folder_, fault) && !fs::is_directory(folder_, fault)) {
        throw Error(ErrorKind::usage, "not a folder", folder_.string(), "it is a file",
                    "name a new folder with --out");
    }
    if (fs::exists(plan_file, fault)) {
        if (text_of(plan_file) != plan) {
            throw Error(ErrorKind::usage, "another sweep", folder_.string(),
                        "its data or options differ from these",
                        "name a new folder with --out, or repeat its own command to go on");
        }
    } else {
        if (fs::exists(folder_, fault) && !fs::is_empty(folder_, fault)) {
            throw Error(ErrorKind::usage, "not empty", folder_.string(), "it holds no sweep",
                        "name a new folder with --out");
        }
        fs::create_directories(folder_, fault);
        const auto partial = folder_ / (std::string(kPlanFile) + ".part");
        const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (file < 0) disk_refuses(partial);
        write_all(file, plan, partial);
        ::close(file);
        fs::rename(partial, plan_file);
    }
    read_lines();
}

TrialJournal::~TrialJournal() {
    if (file_ >= 0) ::close(file_);
}

void TrialJournal::read_lines() {
    const auto name = folder_ / kTrialsFile;
    const auto text = text_of(name);
    std::size_t begin = 0;
    std::size_t number = 1;
    for (;; ++number) {
        const auto end = text.find('\n', begin);
        if (end == std::string::npos) break;
        try {
            auto trial = trial_of(text.substr(begin, end - begin));
            trials_.insert_or_assign(trial.number, std::move(trial));
        } catch (const std::exception& error) {
            throw Error(ErrorKind::data, "not a trial",
                        name.string() + ':' + std::to_string(number), error.what(),
                        "delete the line, or name a new folder with --out");
        }
        begin = end + 1;
    }
    file_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) disk_refuses(name);
    if (::ftruncate(file_, static_cast<off_t>(begin)) != 0) disk_refuses(name);
    if (::lseek(file_, 0, SEEK_END) < 0) disk_refuses(name);
}

void TrialJournal::add(Trial trial) {
    const std::scoped_lock lock(mutex_);
    write_all(file_, line_of(trial), folder_ / kTrialsFile);
    const auto number = trial.number;
    trials_.insert_or_assign(number, std::move(trial));
}

}  // namespace tradewind::tools
