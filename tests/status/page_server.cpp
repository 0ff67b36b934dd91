// Serves the page with a sample view, for the browser test: prints its address, takes one word per
// line on standard input (`tick`: the next view, a little richer), and ends with it. A kill or
// resume from the page changes the state as the daemon would.
#include <iostream>
#include <mutex>
#include <string>

#include "actors/status/http_server.hpp"
#include "tests/status/sample_view.hpp"

using namespace tradewind;

namespace {

class Daemon {
  public:
    Daemon() : server_(options(), std::make_shared<status::Metrics>(), handler()) { publish(); }
    [[nodiscard]] std::string address() const { return server_.address(); }
    void tick() {
        const std::lock_guard lock(mutex_);
        view_.equity += Money::whole(10);
        view_.cash += Money::whole(10);
        view_.exchange_time = view_.exchange_time + kMinute;
        auto fills = *view_.fills;
        fills.push_back(fills.back());
        fills.back().fill.fill_id = fills.back().execution_id = "x-" + std::to_string(fills.size());
        view_.fills = status::rows(std::move(fills));
        publish();
    }

  private:
    static status::HttpOptions options() {
        status::HttpOptions result;
        result.listen = "127.0.0.1:0";
        result.token = "secret";
        return result;
    }
    status::CommandHandler handler() {
        return [this](const status::Command& command, const status::Reply& reply) {
            const std::lock_guard lock(mutex_);
            const bool kill = command.kind == status::Command::Kind::kill;
            view_.state = kill ? status::TradingState::halted : status::TradingState::ready;
            view_.reasons.clear();
            if (kill) view_.reasons.push_back("halted by the operator: " + command.reason);
            publish();
            reply({true, kill ? "trading is halted" : "trading goes on"});
        };
    }
    void publish() { server_.publish(std::make_shared<const status::StatusView>(view_)); }

    std::mutex mutex_;
    status::StatusView view_ = test::sample_view();
    status::HttpServer server_;
};

}  // namespace

int main() {
    Daemon daemon;
    std::cout << daemon.address() << std::endl;
    for (std::string word; std::getline(std::cin, word);) daemon.tick();
}
