#include "actors/wiring/paper.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "actors/status/access_token.hpp"
#include "actors/status/http_server.hpp"
#include "actors/wiring/paper_graph.hpp"
#include "actors/wiring/trading_venue.hpp"
#include "ledger/exclusive_lock.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kMostFailures = 5;  // within kFailureWindow: give up
constexpr auto kFailureWindow = std::chrono::minutes{10};
constexpr auto kFirstPause = std::chrono::milliseconds{200};
constexpr auto kLongestPause = std::chrono::seconds{30};
constexpr auto kPoll = std::chrono::milliseconds{100};
constexpr auto kStopPatience = std::chrono::seconds{20};

// Commands from the HTTP thread to the main thread.
class CommandQueue {
  public:
    void push(status::Command command, status::Reply reply) {
        const std::lock_guard lock(mutex_);
        queue_.emplace_back(std::move(command), std::move(reply));
    }
    std::optional<std::pair<status::Command, status::Reply>> pop() {
        const std::lock_guard lock(mutex_);
        if (queue_.empty()) return std::nullopt;
        auto front = std::move(queue_.front());
        queue_.pop_front();
        return front;
    }
    [[nodiscard]] bool waits(status::Command::Kind kind) {
        const std::lock_guard lock(mutex_);
        return std::any_of(queue_.begin(), queue_.end(),
                           [&](const auto& each) { return each.first.kind == kind; });
    }
    // A stop, before what else waits; the rest keeps its order.
    std::optional<status::Reply> pop_stop() {
        const std::lock_guard lock(mutex_);
        const auto stop = std::find_if(queue_.begin(), queue_.end(), [](const auto& each) {
            return each.first.kind == status::Command::Kind::stop;
        });
        if (stop == queue_.end()) return std::nullopt;
        auto reply = std::move(stop->second);
        queue_.erase(stop);
        return reply;
    }

  private:
    std::mutex mutex_;
    std::deque<std::pair<status::Command, status::Reply>> queue_;
};

// The next of our signals, or 0 after a short wait.
int next_signal() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals, number);
    timespec wait{};
    wait.tv_nsec = std::chrono::nanoseconds(kPoll).count();
    const int got = sigtimedwait(&signals, nullptr, &wait);
    return got > 0 ? got : 0;
}

// Ends the process when an ordered stop hangs: what matters is durable already.
class StopWatchdog {
  public:
    StopWatchdog()
        : thread_([this] {
              std::unique_lock lock(mutex_);
              if (!done_.wait_for(lock, kStopPatience, [this] { return finished_; })) {
                  std::fputs("error: stop did not end in time; the process ends now\n", stderr);
                  std::_Exit(1);
              }
          }) {}
    ~StopWatchdog() {
        {
            const std::lock_guard lock(mutex_);
            finished_ = true;
        }
        done_.notify_all();
        thread_.join();
    }

  private:
    std::mutex mutex_;
    std::condition_variable done_;
    bool finished_ = false;
    std::thread thread_;
};

enum class Ending { stop, failure };

class Daemon {
  public:
    explicit Daemon(const PaperOptions& options)
        : options_(options),
          lock_((std::filesystem::create_directories(options.state_folder),
                 options.state_folder / "daemon.lock"),
                "state folder " + options.state_folder.string()),
          kill_switch_(std::make_shared<std::atomic<bool>>(false)),
          metrics_(std::make_shared<status::Metrics>()),
          token_(status::make_access_token()) {
        status::HttpOptions http;
        http.listen = options_.listen;
        http.token = token_;
        server_ = std::make_unique<status::HttpServer>(
            http, metrics_, [this](status::Command command, status::Reply reply) {
                // No new risk from this instant on; what follows makes it durable.
                if (command.kind == status::Command::Kind::kill) kill_switch_->store(true);
                commands_.push(std::move(command), std::move(reply));
            });
    }

    ~Daemon() {
        std::error_code ignored;
        std::filesystem::remove(options_.state_folder / "http.json", ignored);
    }
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    void run() {
        announce();
        std::deque<SteadyTime> failures;
        auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(kFirstPause);
        for (;;) {
            // A file KILL from before the start counts before the first step.
            if (std::filesystem::exists(kill_file_)) kill_switch_->store(true);
            try {
                PaperGraph graph(options_, *server_, *metrics_, kill_switch_);
                if (serve(graph) == Ending::stop) {
                    const StopWatchdog watchdog;
                    graph.stop();
                    options_.log("stopped");
                    return;
                }
                graph.rethrow();
            } catch (const VenueUnreachable& unreachable) {
                // Not ours to mend: tried again for as long as it takes.
                options_.log(unreachable.what());
            } catch (const std::exception& failure) {
                const auto now = std::chrono::steady_clock::now();
                failures.push_back(now);
                while (now - failures.front() > kFailureWindow) failures.pop_front();
                // What fails at the very start would fail again: it is the operator's.
                if (!served_ || failures.size() >= kMostFailures) throw;
                options_.log(std::string("an actor failed, restarting from durable state: ") +
                             failure.what());
            }
            if (wait(pause) == Ending::stop) return;
            pause = std::min(pause * 2,
                             std::chrono::duration_cast<std::chrono::milliseconds>(kLongestPause));
        }
    }

  private:
    void announce() {
        status::write_endpoint_file(options_.state_folder / "http.json",
                                    {server_->address(), server_->port(), token_});
        options_.listening(server_->address());
    }

    // Waits out a pause, unless told to stop meanwhile.
    Ending wait(std::chrono::milliseconds pause) {
        const auto until = std::chrono::steady_clock::now() + pause;
        while (std::chrono::steady_clock::now() < until) {
            const int signal = next_signal();
            if (signal == SIGINT || signal == SIGTERM) return Ending::stop;
            if (signal == SIGUSR1) signalled_ = true;
            // A kill has set the switch already; the next graph makes it durable, in this life of
            // the process or, by the file, in the next.
            if (const auto reply = commands_.pop_stop()) {
                if (commands_.waits(status::Command::Kind::kill)) std::ofstream{kill_file_};
                (*reply)({true, "stopping"});
                return Ending::stop;
            }
        }
        return Ending::failure;
    }

    Ending serve(PaperGraph& graph) {
        served_ = true;
        for (;;) {
            if (graph.failed()) return Ending::failure;
            const int signal = next_signal();
            if (signal == SIGINT || signal == SIGTERM) return Ending::stop;
            if (signal == SIGUSR1 || std::exchange(signalled_, false)) {
                halt(graph, KillCause::signal, "SIGUSR1", false);
            }
            if (const auto reason = graph.take_store_alarm()) {
                halt(graph, KillCause::store_full, *reason, false);
            }
            const bool file_there = std::filesystem::exists(kill_file_);
            if (file_there && !obeyed_file_) halt(graph, KillCause::file, "file KILL", false);
            obeyed_file_ = file_there;
            while (auto command = commands_.pop()) {
                if (obey(graph, command->first, command->second)) return Ending::stop;
            }
        }
    }

    bool halt(PaperGraph& graph, KillCause cause, const std::string& reason, bool flatten) {
        HaltTrading halt_command;
        halt_command.cause = cause;
        halt_command.reason = reason;
        halt_command.flatten = flatten;
        options_.log("trading halted: " + reason);
        return graph.halt(halt_command);
    }

    // True: stop.
    bool obey(PaperGraph& graph, const status::Command& command, const status::Reply& reply) {
        switch (command.kind) {
            case status::Command::Kind::kill: {
                const auto& reason = command.reason.empty() ? "command" : command.reason;
                const bool durable = halt(graph, KillCause::command, reason, command.flatten);
                reply({durable, durable ? "halted" : "the halt was not confirmed in time"});
                return false;
            }
            case status::Command::Kind::resume: {
                ResumeTrading resume;
                resume.reason = command.reason;
                bool durable = false;
                try {
                    durable = graph.resume(resume);
                } catch (const Error& error) {
                    reply({false, error.what()});
                    return false;
                }
                std::filesystem::remove(kill_file_);
                options_.log("trading resumed");
                reply({durable, durable ? "resumed" : "not confirmed in time"});
                return false;
            }
            case status::Command::Kind::stop:
                reply({true, "stopping"});
                return true;
        }
        return false;
    }

    const PaperOptions& options_;
    ledger::ExclusiveLock lock_;
    std::shared_ptr<std::atomic<bool>> kill_switch_;
    std::shared_ptr<status::Metrics> metrics_;
    std::string token_;
    std::filesystem::path kill_file_ = options_.state_folder / "KILL";
    bool obeyed_file_ = false;  // the file that is there now
    bool served_ = false;       // a graph came up in this process
    bool signalled_ = false;    // SIGUSR1 while no graph was there to halt
    CommandQueue commands_;
    std::unique_ptr<status::HttpServer> server_;
};

}  // namespace

void run_paper(const PaperOptions& options) {
    Daemon(options).run();
}

}  // namespace tradewind::actors
