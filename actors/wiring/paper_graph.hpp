// One life of the paper daemon's actor graph: from durable state to running, and to an ordered
// stop.
//
// Owned by run_paper() on the main thread. Construction recovers: stores are opened, books rebuilt
// from the ledger, the exchange's truth reconciled as the first step. Errors: as the stores'.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/status/http_server.hpp"
#include "actors/wiring/paper.hpp"

namespace tradewind::actors {

class PaperGraph {
  public:
    PaperGraph(const PaperOptions& options, status::HttpServer& server, status::Metrics& metrics,
               std::shared_ptr<std::atomic<bool>> kill_switch);
    ~PaperGraph();  // tears down without cancelling anything, as a kill would

    // True: an actor failed; rethrow() says why.
    [[nodiscard]] bool failed() const;
    void rethrow() const;

    // Why a store could not be written, once; the caller halts trading.
    [[nodiscard]] std::optional<std::string> take_store_alarm();

    // Each waits until the step is durable; false when it was not in time. resume() throws Error
    // (failed) while the disk has no room for the reserve of the exits.
    bool halt(const HaltTrading& halt);
    bool resume(const ResumeTrading& resume);
    // Ends in order: working entries are cancelled, exits stay at the exchange, stores closed.
    void stop();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tradewind::actors
