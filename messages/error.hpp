// The one error type for what a caller or the outside got wrong, and the check for our own faults.
//
// require(...) throws Error: a typed fault of the input with place, reason and remedy; the program
// prints it as `error: WHAT (WHERE): WHY; TRY` and ends with exit_code(kind).
// ensure(...) throws InvariantBroken: a fault of ours. It stays on in production and stops trading.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace tradewind {

enum class ErrorKind {
    failed = 1,       // failed while running
    usage = 2,        // arguments or settings, an output path that cannot be used included
    data = 3,         // data unreadable or refused
    unavailable = 4,  // broker or network not available, keys refused
    corrupt = 5,      // state corrupt, or a verification found a difference
    locked = 42,      // another writer holds the account or the state folder
};

[[nodiscard]] constexpr int exit_code(ErrorKind kind) {
    return static_cast<int>(kind);
}

class Error : public std::runtime_error {
  public:
    // `what` names the thing, `where` its place (file:line, key, URL), `why` the reason, `remedy`
    // what the user can do. Empty parts are left out of the message.
    Error(ErrorKind kind, const std::string& what, const std::string& where, const std::string& why,
          const std::string& remedy = {})
        : std::runtime_error(compose(what, where, why, remedy)), kind_(kind) {}

    [[nodiscard]] ErrorKind kind() const { return kind_; }

  private:
    static std::string compose(const std::string& what, const std::string& where,
                               const std::string& why, const std::string& remedy) {
        std::string text = what;
        if (!where.empty()) text += " (" + where + ")";
        if (!why.empty()) text += ": " + why;
        if (!remedy.empty()) text += "; " + remedy;
        return text;
    }
    ErrorKind kind_;
};

class InvariantBroken : public std::logic_error {
    using std::logic_error::logic_error;
};

inline void ensure(bool holds, const char* invariant) {
    if (!holds) throw InvariantBroken(std::string("invariant broken: ") + invariant);
}

}  // namespace tradewind
