#include "actors/step/step_machine.hpp"

#include <string>

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

// Plays the stages with scripted answers and writes down who was asked.
struct Script {
    StepMachine machine;
    std::string asked;
    int decisions_with_orders = 0;  // the first so many decide() answers want an order
    int events_after_send = 0;      // the first so many sends are answered with an event
    std::size_t recorded_orders = 0;

    void operator()(std::monostate) {}
    void operator()(MarketCall&) {
        answer("market", [&] { machine.answer_events({}); });
    }
    void operator()(OpenCall&) {
        answer("open", [&] { machine.answer_events({}); });
    }
    void operator()(EndCall&) {
        answer("end", [&] { machine.answer_events({}); });
    }
    void operator()(ApplyCall& call) {
        answer("apply", [&] {
            ApplyReply reply;
            for (const auto& event : call.events) {
                AppliedEvent applied;
                applied.event = event;
                reply.events.push_back(applied);
            }
            machine.answer(std::move(reply));
        });
    }
    void operator()(BookRequest& call) {
        answer("book", [&] {
            BookReply reply;
            reply.events = std::move(call.events);
            machine.answer(std::move(reply));
        });
    }
    void operator()(DecideRequest& call) {
        answer(call.closing ? "close" : "decide", [&] {
            DecideReply reply;
            reply.events = std::move(call.events);
            if (decisions_with_orders-- > 0) {
                reply.wanted.intents.emplace_back();
                reply.wanted.decisions.emplace_back();
            }
            machine.answer(std::move(reply));
        });
    }
    void operator()(PlanRequest& call) {
        answer("plan", [&] {
            PlanReply reply;
            reply.orders.resize(call.intents.size());
            machine.answer(std::move(reply));
        });
    }
    void operator()(AssessRequest& call) {
        answer("assess", [&] {
            AssessReply reply;
            reply.accepted = std::move(call.orders);
            machine.answer(std::move(reply));
        });
    }
    void operator()(RecordRequest& call) {
        recorded_orders += call.orders.size();
        answer("record", [&] { machine.answer_recorded(std::move(call.orders)); });
    }
    void operator()(SendRequest&) {
        answer("send", [&] {
            std::vector<OrderEvent> events;
            if (events_after_send-- > 0) events.emplace_back();
            machine.answer_events(std::move(events));
        });
    }
    void operator()(ValueCall&) {
        answer("value", [&] { machine.answer(ValueReply{}); });
    }

    template <class Then>
    void answer(const char* name, Then then) {
        asked += (asked.empty() ? "" : " ") + std::string(name);
        then();
    }
    std::string run(StepInputs inputs) {
        asked.clear();
        machine.begin(std::make_shared<const StepInputs>(std::move(inputs)));
        while (!machine.done()) {
            auto call = std::move(machine.call());
            std::visit(*this, call);
        }
        return asked;
    }
};

}  // namespace

TEST_CASE("a step without events asks no more than it must") {
    Script script;
    CHECK(script.run({}) == "market book decide value");
    StepInputs opening;
    opening.opens.emplace_back();
    CHECK(script.run(opening) == "market book decide value open");
}

TEST_CASE("an order is recorded before it is sent, and its events go round until none is left") {
    Script script;
    script.decisions_with_orders = 2;
    script.events_after_send = 2;
    CHECK(script.run({}) ==
          "market book decide plan assess record send "
          "apply book decide plan assess record send "
          "apply book decide value record");
    CHECK(script.recorded_orders == 2);
}

TEST_CASE("after a symbol's last bar its orders end before a flat end is decided") {
    Script script;
    StepInputs inputs;
    inputs.closes.emplace_back();
    inputs.closes.back().last = true;
    CHECK(script.run(inputs) == "market book decide end close value");
}

TEST_CASE("what the broker said since the last step is applied first") {
    Script script;
    StepInputs inputs;
    inputs.broker_events.emplace_back();
    CHECK(script.run(inputs) == "market apply book decide value record");
}

TEST_CASE("a halt reaches execution even when nobody wants anything") {
    Script script;
    StepInputs inputs;
    inputs.halts.emplace_back();
    CHECK(script.run(inputs) == "market book decide plan value record");
}
