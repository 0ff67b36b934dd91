#include "actors/sequencer/sequencer_actor.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <deque>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace tradewind::actors {
namespace {

struct SequencerState {
    static inline const char* name = "tradewind.sequencer";

    explicit SequencerState(SequencerActor::pointer pointer) : self(pointer) {}
    // A dropped promise leaves its client waiting: answer all.
    ~SequencerState() { fail(); }

    struct Queued {
        StepInputsPtr inputs;
        caf::typed_response_promise<StepDone> promise;  // not pending: nobody waits
    };

    void fail() {
        const auto error = caf::make_error(caf::sec::runtime_error, std::string("the run failed"));
        for (auto& queued : queue) {
            if (queued.promise.pending()) queued.promise.deliver(error);
        }
        queue.clear();
        if (running_to_end) end_promise.deliver(error);
        running_to_end = false;
    }

    // The place of inputs in the one order: number and time never fall.
    [[nodiscard]] StepInputsPtr stamped(const StepInputs& inputs) {
        auto result = std::make_shared<StepInputs>(inputs);
        number += std::max<std::uint64_t>(1, result->input_count());
        newest = std::max(newest, result->step.time);
        result->step = {number, newest};
        return result;
    }

    // -- steps --------------------------------------------------------------------------------

    void release() {
        if (!machine.done() || recording) return;
        if (!queue.empty()) {
            begin(queue.front().inputs);
        } else if (running_to_end) {
            next_of_feed();
        }
    }

    void next_of_feed() {
        auto inputs = std::make_shared<StepInputs>();
        if (!feed->next(*inputs)) {
            end_of_data();
            return;
        }
        ++outcome.steps;
        outcome.bars += inputs->closes.size();
        if (progress) progress(outcome.bars);
        begin(std::move(inputs));
    }

    // Recorded first, then released.
    void begin(StepInputsPtr inputs) {
        current = inputs->step.number;
        if (!recorder) {
            machine.begin(std::move(inputs));
            advance();
            return;
        }
        recording = true;
        request<StepRecorded>(recorder, RecordStep{inputs}, [this, inputs](StepRecorded&) {
            recording = false;
            machine.begin(inputs);
            advance();
        });
    }

    void step_done() {
        if (!queue.empty()) {
            auto done = std::move(queue.front());
            queue.pop_front();
            if (done.promise.pending()) done.promise.deliver(StepDone{done.inputs->step.number});
        }
        release();
    }

    void advance() {
        if (machine.done()) {
            step_done();
            return;
        }
        auto call = std::move(machine.call());
        std::visit([this](auto& asked) { ask(asked); }, call);
    }

    template <class Reply, class Handle, class Request, class Then>
    void request(const Handle& to, Request&& message, Then then) {
        self->request(to, caf::infinite, std::forward<Request>(message))
            .then([this, then](Reply& reply) { then(reply); },
                  [this](const caf::error&) { fail(); });
    }

    void ask(std::monostate) {}
    void ask(MarketCall& call) { ask_broker(std::move(call)); }
    void ask(EndCall& call) { ask_broker(std::move(call)); }
    void ask(OpenCall& call) { ask_broker(std::move(call)); }
    void ask(SendRequest& call) { ask_broker(std::move(call)); }
    template <class Request>
    void ask_broker(Request&& message) {
        request<OrderEvents>(stages.broker, std::forward<Request>(message),
                             [this](OrderEvents& events) {
                                 machine.answer_events(std::move(events.list));
                                 advance();
                             });
    }
    template <class Reply, class Handle, class Request>
    void ask_and_answer(const Handle& to, Request&& message) {
        request<Reply>(to, std::forward<Request>(message), [this](Reply& reply) {
            machine.answer(std::move(reply));
            advance();
        });
    }
    void ask(BookRequest& call) { ask_and_answer<BookReply>(stages.gateway, std::move(call)); }
    void ask(AssessRequest& call) { ask_and_answer<AssessReply>(stages.gateway, std::move(call)); }
    void ask(ValueCall& call) { ask_and_answer<ValueReply>(stages.gateway, std::move(call)); }
    void ask(DecideRequest& call) {
        request<DecideReply>(stages.portfolio, std::move(call), [this](DecideReply& reply) {
            if (reply.pass_begun) await_pass();
            machine.answer(std::move(reply));
            advance();
        });
    }
    // A pass that outlasts its step comes back as an input of its own step.
    void await_pass() {
        request<PassEnded>(stages.portfolio, AwaitPass{current}, [this](PassEnded& ended) {
            StepInputs inputs;
            inputs.passes.push_back(ended);
            queue.push_back({stamped(inputs), {}});
            if (queue.size() == 1) release();
        });
    }
    void ask(RecordRequest& call) {
        auto orders = std::make_shared<std::vector<Order>>(call.orders);
        request<Recorded>(stages.ledger, std::move(call), [this, orders](Recorded&) {
            machine.answer_recorded(std::move(*orders));
            advance();
        });
    }

    // -- execution shards -----------------------------------------------------------------------

    [[nodiscard]] std::size_t shard_of(const Symbol& symbol) const { return shard.at(symbol); }

    void ask(ApplyCall& call) {
        apply(std::move(call.events), [this](ApplyReply& merged) {
            machine.answer(std::move(merged));
            advance();
        });
    }

    template <class Then>
    void apply(std::vector<OrderEvent> events, Then then) {
        struct Gathered {
            ApplyReply merged;
            std::vector<std::vector<std::uint32_t>> places;
            std::size_t missing = 0;
        };
        auto gathered = std::make_shared<Gathered>();
        std::vector<ApplyRequest> requests(stages.execution.size());
        gathered->places.resize(stages.execution.size());
        for (std::size_t i = 0; i < events.size(); ++i) {
            const auto at = shard_of(events[i].symbol);
            gathered->places[at].push_back(static_cast<std::uint32_t>(i));
            requests[at].events.push_back(std::move(events[i]));
        }
        for (const auto& one : requests) gathered->missing += one.events.empty() ? 0 : 1;
        for (std::size_t at = 0; at < requests.size(); ++at) {
            if (requests[at].events.empty()) continue;
            request<ApplyReply>(
                stages.execution[at], std::move(requests[at]),
                [gathered, at, then](ApplyReply& reply) {
                    for (auto& applied : reply.events) {
                        applied.index = gathered->places[at][applied.index];
                        gathered->merged.events.push_back(std::move(applied));
                    }
                    gathered->merged.ready = gathered->merged.ready || reply.ready;
                    if (--gathered->missing > 0) return;
                    auto& all = gathered->merged.events;
                    std::sort(all.begin(), all.end(),
                              [](const auto& a, const auto& b) { return a.index < b.index; });
                    then(gathered->merged);
                });
        }
    }

    void ask(PlanRequest& call) {
        struct Gathered {
            PlanReply merged;
            std::size_t missing = 0;
        };
        auto gathered = std::make_shared<Gathered>();
        std::vector<PlanRequest> requests(stages.execution.size());
        for (auto& one : requests) {
            one.inputs = call.inputs;
            one.now = call.now;
            one.halts = call.halts;
            one.money = call.money;
        }
        for (auto& cancel : call.cancels) {
            requests[shard_of(cancel.symbol)].cancels.push_back(std::move(cancel));
        }
        for (auto& intent : call.intents) {
            requests[shard_of(intent.symbol)].intents.push_back(std::move(intent));
        }
        for (auto& work : call.works) {
            const auto at = shard_of(work.intent.symbol);
            requests[at].works.push_back(std::move(work));
        }
        for (auto& order : call.adopted_orders) {
            requests[shard_of(order.symbol)].adopted_orders.push_back(std::move(order));
        }
        for (auto& each : call.adopted) {
            requests[shard_of(each.symbol)].adopted.push_back(std::move(each));
        }
        if (!call.stolen.empty()) {
            // Shards of which nothing is stolen have nothing to plan.
            for (auto& order : call.stolen) {
                requests[shard_of(order.symbol)].stolen.push_back(std::move(order));
            }
            for (std::size_t at = 0; at < requests.size(); ++at) {
                requests[at].idle = requests[at].stolen.empty();
            }
        }
        gathered->missing = requests.size();
        for (std::size_t at = 0; at < requests.size(); ++at) {
            request<PlanReply>(
                stages.execution[at], std::move(requests[at]), [this, gathered](PlanReply& reply) {
                    auto& merged = gathered->merged;
                    std::move(reply.orders.begin(), reply.orders.end(),
                              std::back_inserter(merged.orders));
                    std::move(reply.cancel_ids.begin(), reply.cancel_ids.end(),
                              std::back_inserter(merged.cancel_ids));
                    merged.working = merged.working || reply.working;
                    const auto join = [](auto& to, auto& from) {
                        std::move(from.begin(), from.end(), std::back_inserter(to));
                    };
                    join(merged.plans, reply.plans);
                    join(merged.short_of_money, reply.short_of_money);
                    join(merged.claims, reply.claims);
                    if (--gathered->missing > 0) return;
                    std::stable_sort(
                        merged.orders.begin(), merged.orders.end(),
                        [](const Order& a, const Order& b) { return a.symbol < b.symbol; });
                    std::sort(merged.cancel_ids.begin(), merged.cancel_ids.end());
                    std::sort(merged.plans.begin(), merged.plans.end(),
                              [](const auto& a, const auto& b) { return a.plan_id < b.plan_id; });
                    const auto by_claim = [](const auto& a, const auto& b) {
                        return std::tie(a.symbol, a.side) < std::tie(b.symbol, b.side);
                    };
                    std::sort(merged.short_of_money.begin(), merged.short_of_money.end(), by_claim);
                    std::sort(merged.claims.begin(), merged.claims.end(), by_claim);
                    machine.answer(std::move(merged));
                    advance();
                });
        }
    }

    // -- the end of a replay ---------------------------------------------------------------------

    void end_of_data() {
        outcome.last_time = feed->now();
        request<OrderEvents>(stages.broker, EndOfData{feed->now()}, [this](OrderEvents& events) {
            if (events.list.empty()) {
                finish();
                return;
            }
            apply(std::move(events.list), [this](ApplyReply& applied) {
                RecordRequest record;
                record.step.time = feed->now();
                record.events = std::move(applied.events);
                request<Recorded>(stages.ledger, std::move(record),
                                  [this](Recorded&) { finish(); });
            });
        });
    }

    void finish() {
        running_to_end = false;
        end_promise.deliver(outcome);
    }

    SequencerActor::pointer self;
    StageActors stages;
    std::unordered_map<Symbol, std::size_t> shard;
    std::shared_ptr<StepFeed> feed;
    RecorderActor recorder;  // may be null
    std::function<void(std::uint64_t)> progress;
    StepMachine machine;
    bool recording = false;  // the step at the front waits for the recorder
    std::deque<Queued> queue;
    std::uint64_t number = 0;
    std::uint64_t current = 0;  // number of the step that was begun last
    Timestamp newest;
    bool running_to_end = false;
    caf::typed_response_promise<RunEnd> end_promise;
    RunEnd outcome;
};

struct SequencerArguments {
    StageActors stages;
    std::vector<Symbol> symbols;
    std::shared_ptr<StepFeed> feed;
    std::function<void(std::uint64_t)> progress;
    FailureBoxPtr failures;
    RecorderActor recorder;
};

SequencerActor::behavior_type sequencer(SequencerActor::stateful_pointer<SequencerState> self,
                                        const std::shared_ptr<SequencerArguments>& arguments) {
    prepare(self, arguments->failures);
    auto& state = self->state;
    state.stages = arguments->stages;
    for (std::size_t slot = 0; slot < arguments->symbols.size(); ++slot) {
        state.shard.emplace(arguments->symbols[slot], slot % state.stages.execution.size());
    }
    state.machine = StepMachine(std::move(state.stages.stealing), state.stages.working,
                                std::move(state.stages.at_work));
    state.feed = arguments->feed;
    state.progress = arguments->progress;
    state.recorder = arguments->recorder;
    return {
        [self](const StepInputsPtr& inputs) -> caf::result<StepDone> {
            auto promise = self->make_response_promise<StepDone>();
            self->state.queue.push_back({self->state.stamped(*inputs), promise});
            if (self->state.queue.size() == 1) self->state.release();
            return promise;
        },
        [self](RunToEnd) -> caf::result<RunEnd> {
            auto promise = self->make_response_promise<RunEnd>();
            self->state.end_promise = promise;
            self->state.running_to_end = true;
            self->state.release();
            return promise;
        },
    };
}

}  // namespace

SequencerActor spawn_sequencer(caf::actor_system& system, StageActors stages,
                               std::vector<Symbol> symbols, std::shared_ptr<StepFeed> feed,
                               std::function<void(std::uint64_t bars)> progress,
                               FailureBoxPtr failures, RecorderActor recorder) {
    auto arguments = std::make_shared<SequencerArguments>();
    arguments->stages = std::move(stages);
    arguments->symbols = std::move(symbols);
    arguments->feed = std::move(feed);
    arguments->progress = std::move(progress);
    arguments->failures = std::move(failures);
    arguments->recorder = std::move(recorder);
    return system.spawn(sequencer, arguments);
}

}  // namespace tradewind::actors
