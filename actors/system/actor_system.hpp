// The actor system's settings, and how every actor of ours is set up.
//
// The framework's defaults are wrong for a daemon (docs/spec/caf.md): work stealing burns a core
// when idle, unlimited throughput starves, a handler's exception is lost, exit and down messages
// are printed. DaemonConfig and prepare() put that right in one place.
#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/sec.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <string>

namespace tradewind::actors {

struct DaemonConfig : caf::actor_system_config {
    explicit DaemonConfig(std::size_t pool_threads) {
        set("scheduler.policy", caf::atom("sharing"));
        set("scheduler.max-threads", pool_threads);
        set("scheduler.max-throughput", std::size_t{300});
    }
};

// The first failure of any actor of a run, kept with its type for the command that waits for the
// run. Thread-safe.
class FailureBox {
  public:
    void keep(std::exception_ptr failure) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::move(failure);
    }
    [[nodiscard]] bool failed() const {
        const std::lock_guard lock(mutex_);
        return failure_ != nullptr;
    }
    void rethrow() const {
        std::exception_ptr failure;
        {
            const std::lock_guard lock(mutex_);
            failure = failure_;
        }
        if (failure) std::rethrow_exception(failure);
    }

  private:
    mutable std::mutex mutex_;
    std::exception_ptr failure_;
};
using FailureBoxPtr = std::shared_ptr<FailureBox>;

// Runs a handler's work; a failure goes into the box and to the requester as an error.
template <class Result, class Work>
auto guarded(const FailureBoxPtr& failures, Work&& work) -> Result {
    try {
        return work();
    } catch (...) {
        failures->keep(std::current_exception());
        return caf::make_error(caf::sec::runtime_error, std::string("a stage failed"));
    }
}

// Sets the handlers that the framework's defaults get wrong. Call first in every actor.
template <class Self>
void prepare(Self* self, const FailureBoxPtr& failures) {
    self->set_exception_handler([failures](std::exception_ptr& failure) -> caf::error {
        failures->keep(failure);
        return caf::make_error(caf::sec::runtime_error, std::string("an actor failed"));
    });
    self->set_exit_handler([self](caf::exit_msg& message) { self->quit(message.reason); });
    self->set_down_handler([](caf::down_msg&) {});
}

}  // namespace tradewind::actors
