#include "actors/portfolio/forecast_portfolio_actor.hpp"

#include <caf/all.hpp>
#include <functional>
#include <map>
#include <utility>

#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

// One pass on its way through the shards.
struct Pass {
    std::vector<AnalysisReply> replies;
    std::size_t missing = 0;
    caf::error failure;
    std::function<void(Pass&)> ended;  // empty: nobody asked yet

    [[nodiscard]] bool done() const { return missing == 0 || failure; }
    void tell() {
        if (done() && ended) std::exchange(ended, {})(*this);
    }
};
using PassPtr = std::shared_ptr<Pass>;

struct PortfolioState {
    static inline const char* name = "tradewind.portfolio";

    explicit PortfolioState(PortfolioActor::pointer pointer) : self(pointer) {}

    PassPtr begin(std::vector<AnalysisTask> tasks) {
        auto pass = std::make_shared<Pass>();
        pass->missing = tasks.size();
        for (auto& task : tasks) {
            const auto& shard = shards[task.slot % shards.size()];
            self->request(shard, caf::infinite, std::move(task))
                .then(
                    [pass](AnalysisReply& reply) {
                        pass->replies.push_back(std::move(reply));
                        --pass->missing;
                        pass->tell();
                    },
                    [pass](caf::error& error) {
                        pass->failure = std::move(error);
                        pass->tell();
                    });
        }
        return pass;
    }

    caf::result<DecideReply> decide(DecideRequest& request) {
        auto tasks = stage->begin(request);
        if (stage->timing() == PassTiming::later_step) return decide_later(request, tasks);
        if (tasks.empty()) return stage->finish(std::move(request), {});
        auto promise = self->make_response_promise<DecideReply>();
        auto held = std::make_shared<DecideRequest>(std::move(request));
        begin(std::move(tasks))->ended = [this, held, promise](Pass& pass) mutable {
            if (pass.failure) {
                promise.deliver(std::move(pass.failure));
                return;
            }
            try {
                promise.deliver(stage->finish(std::move(*held), std::move(pass.replies)));
            } catch (...) {
                failures->keep(std::current_exception());
                promise.deliver(caf::make_error(caf::sec::runtime_error));
            }
        };
        return promise;
    }

    DecideReply decide_later(DecideRequest& request, std::vector<AnalysisTask>& tasks) {
        const bool begins = !tasks.empty();
        if (begins) passes[request.inputs->step.number] = begin(std::move(tasks));
        std::vector<AnalysisReply> replies;
        for (const auto& ended : passes_of(request)) {
            const auto pass = passes.extract(ended.begun);
            ensure(!pass.empty() && pass.mapped()->done(), "a pass ends once, after it began");
            auto& rows = pass.mapped()->replies;
            std::move(rows.begin(), rows.end(), std::back_inserter(replies));
        }
        auto reply = stage->finish(std::move(request), std::move(replies));
        reply.pass_begun = begins;
        return reply;
    }

    caf::result<PassEnded> await(const AwaitPass& asked) {
        auto promise = self->make_response_promise<PassEnded>();
        const auto& pass = passes.at(asked.begun);
        pass->ended = [promise, begun = asked.begun](Pass& done) mutable {
            if (done.failure) {
                promise.deliver(done.failure);
            } else {
                promise.deliver(PassEnded{begun});
            }
        };
        pass->tell();
        return promise;
    }

    PortfolioActor::pointer self;
    std::shared_ptr<ForecastStage> stage;
    std::vector<AnalysisActor> shards;
    FailureBoxPtr failures;
    std::map<std::uint64_t, PassPtr> passes;  // under way, by the step at which they began
};

PortfolioActor::behavior_type portfolio(PortfolioActor::stateful_pointer<PortfolioState> self,
                                        const std::shared_ptr<ForecastStage>& stage,
                                        const std::vector<AnalysisActor>& shards,
                                        const FailureBoxPtr& failures) {
    prepare(self, failures);
    auto& state = self->state;
    state.stage = stage;
    state.shards = shards;
    state.failures = failures;
    return {
        [self](DecideRequest& request) {
            return guarded<caf::result<DecideReply>>(self->state.failures,
                                                     [&] { return self->state.decide(request); });
        },
        [self](const AwaitPass& asked) {
            return guarded<caf::result<PassEnded>>(self->state.failures,
                                                   [&] { return self->state.await(asked); });
        },
    };
}

}  // namespace

PortfolioActor spawn_forecast_portfolio(caf::actor_system& system,
                                        std::shared_ptr<ForecastStage> stage,
                                        std::vector<AnalysisActor> shards, FailureBoxPtr failures) {
    return system.spawn(portfolio, std::move(stage), std::move(shards), std::move(failures));
}

}  // namespace tradewind::actors
