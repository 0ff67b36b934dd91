#include "strategy/direct_search.hpp"

#include <nlopt.h>

#include <exception>
#include <memory>

#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

struct Search {
    const std::function<double(std::span<const double>)>& objective;
    nlopt_opt handle;
    std::uint32_t evaluations = 0;
    std::exception_ptr failure;
};

// Nothing may be thrown through the library's C frames.
double evaluate(unsigned dimensions, const double* point, double*, void* data) {
    auto& search = *static_cast<Search*>(data);
    try {
        ++search.evaluations;
        return search.objective({point, dimensions});
    } catch (...) {
        search.failure = std::current_exception();
        nlopt_force_stop(search.handle);
        return 0;
    }
}

}  // namespace

DirectResult maximise_direct(const std::function<double(std::span<const double>)>& objective,
                             std::span<const double> lower, std::span<const double> upper,
                             const DirectOptions& options) {
    ensure(!lower.empty() && lower.size() == upper.size(), "a search has a box");
    ensure(options.budget >= 1, "a search has a budget");
    DirectResult result;
    for (std::size_t i = 0; i < lower.size(); ++i) {
        ensure(lower[i] < upper[i], "every side of the box has a length");
        result.point.push_back((lower[i] + upper[i]) / 2);
    }
    const auto algorithm = options.locally_biased ? NLOPT_GN_ORIG_DIRECT_L : NLOPT_GN_ORIG_DIRECT;
    const std::unique_ptr<nlopt_opt_s, decltype(&nlopt_destroy)> handle(
        nlopt_create(algorithm, static_cast<unsigned>(lower.size())), &nlopt_destroy);
    ensure(handle != nullptr, "the search library has memory");
    Search search{objective, handle.get(), 0, {}};
    bool ready = nlopt_set_lower_bounds(handle.get(), lower.data()) > 0;
    ready = ready && nlopt_set_upper_bounds(handle.get(), upper.data()) > 0;
    ready = ready && nlopt_set_max_objective(handle.get(), evaluate, &search) > 0;
    ready = ready && nlopt_set_maxeval(handle.get(), static_cast<int>(options.budget)) > 0;
    ensure(ready, "the search library takes the box and the budget");
    const nlopt_result code = nlopt_optimize(handle.get(), result.point.data(), &result.value);
    if (search.failure) std::rethrow_exception(search.failure);
    ensure(code > 0, "the search ends with a result");
    result.evaluations = search.evaluations;
    return result;
}

}  // namespace tradewind::strategy
