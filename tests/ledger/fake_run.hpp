// A small made-up run for the ledger's tests: seeded prices, orders of every fate, fills,
// financing, refusals, forecasts; written through the public interface as the replay does it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "ledger/run_folder.hpp"

namespace tradewind::test {

// splitmix64: equal on every machine.
class Draws {
  public:
    explicit Draws(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
        z = (z ^ z >> 30U) * 0xBF58476D1CE4E5B9U;
        z = (z ^ z >> 27U) * 0x94D049BB133111EBU;
        return z ^ z >> 31U;
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  private:
    std::uint64_t state_;
};

// A folder that is removed when the test ends.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

struct FakeRunOptions {
    std::uint64_t seed = 1;
    int days = 60;
    int symbols = 3;
    int bars_per_day = 1;
    bool report = true;
    bool overwrite = false;
};

// Plays the run into `out` and returns what finish() said.
ledger::RunResult play_fake_run(const std::filesystem::path& out, const FakeRunOptions& options);

// One order with everything set, numbered.
Order fake_order(int number, Symbol symbol, Side side, Quantity quantity);
Fill fake_fill(int number, const Order& order, Quantity quantity, Price price);

std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace tradewind::test
