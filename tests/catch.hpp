// The one place that knows which Catch2 this machine has, and how a RapidCheck law reports to it.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <rapidcheck.h>

#include <cstdio>
#include <sstream>
#include <string>

namespace tradewind::test {

// Runs a RapidCheck property as one Catch2 assertion; the counterexample is the message.
template <class Property>
void law(const std::string& description, Property&& property) {
    const auto result = rc::detail::checkTestable(
        std::forward<Property>(property), rc::detail::TestMetadata{description, description});
    std::ostringstream message;
    rc::detail::printResultMessage(result, message);
    INFO(message.str());
    CHECK(result.template is<rc::detail::SuccessResult>());
}

// Says aloud that the running test case cannot run here (no GPU, no browser); the case returns
// next. tools/run_suite.py counts the line as one skipped case.
inline void skip(const std::string& reason) {
    std::fprintf(stderr, "SKIPPED: %s: %s\n",
                 Catch::getResultCapture().getCurrentTestName().c_str(), reason.c_str());
}

}  // namespace tradewind::test
