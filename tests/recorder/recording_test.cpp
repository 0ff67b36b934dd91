// Recordings on disk: round trip, a kill at any instant, damage, sessions of a folder.
#include "market/catalog/recording.hpp"

#include <fstream>
#include <sstream>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/market/temporary_folder.hpp"
#include "tests/recorder/random_step.hpp"

using namespace tradewind;
using namespace tradewind::market;
namespace fs = std::filesystem;

namespace {

std::vector<BarSeriesPtr> random_history(test::RandomStep& random) {
    std::vector<BarSeriesPtr> history;
    for (const char* name : {"AAA", "AAA", "BTCUSD"}) {
        auto series = std::make_shared<BarSeries>();
        series->symbol = Symbol(name);
        series->interval_ns = history.size() == 1 ? kMinute : kDay;
        series->daily = history.size() != 1;
        series->adjusted = random.flip();
        const auto bars = random.below(5);
        for (std::uint64_t i = 0; i < bars; ++i) {
            auto bar = random.bar();
            bar.start = {static_cast<std::int64_t>(i) * kDay};
            series->bars.push_back(bar);
        }
        history.push_back(series);
    }
    return history;
}

// Appends steps [from, to) with payloads that name them.
void write(RecordingWriter& writer, std::uint64_t from, std::uint64_t to) {
    for (auto n = from; n < to; ++n) {
        writer.append(n * 3 + 1, {static_cast<std::int64_t>(n) * kSecond},
                      "payload " + std::to_string(n));
    }
}

// Reads all; false where a step is not the one that write() made.
std::uint64_t read_all(RecordingReader& reader) {
    RecordedStep step;
    std::uint64_t steps = 0;
    while (reader.next(step)) {
        const bool as_written = step.position == steps + 1 && step.number == steps * 3 + 1 &&
                                step.time.ns == static_cast<std::int64_t>(steps) * kSecond &&
                                step.payload == "payload " + std::to_string(steps);
        if (!as_written) return UINT64_MAX;
        ++steps;
    }
    return steps;
}

std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// All files of a folder as they lie on disk: what a kill at this instant leaves.
void copy_as_killed(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::create_directories(to);
    for (const auto& entry : fs::directory_iterator(from)) {
        if (entry.path().extension() == ".db-shm") continue;  // memory, lost with the machine
        fs::copy_file(entry.path(), to / entry.path().filename());
    }
}

std::optional<ErrorKind> kind_of_reading(const fs::path& path, const std::string& header) {
    try {
        RecordingReader reader(path);
        if (reader.header() != header) return std::nullopt;
        const auto steps = read_all(reader);
        if (steps == UINT64_MAX) return std::nullopt;
        return ErrorKind::failed;  // read whole and unchanged
    } catch (const Error& error) {
        return error.kind() == ErrorKind::failed ? ErrorKind::data : error.kind();
    }
}

}  // namespace

TEST_CASE("a recording gives back header, history and steps") {
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        const test::TemporaryFolder folder;
        test::RandomStep random(seed);
        const auto history = random_history(random);
        const auto header = random.text() + '\0' + random.text();
        const auto steps = random.below(600);
        RecordingWriter writer(folder.path("r"), header, history);
        CHECK(writer.session() == 1U);
        for (std::uint64_t n = 0; n < steps; ++n) {
            write(writer, n, n + 1);
            if (random.below(50) == 0) writer.commit();
        }
        writer.close();
        RecordingReader reader(folder.path("r"));
        CHECK(reader.header() == header);
        CHECK(reader.complete());
        CHECK(reader.steps() == steps);
        CHECK(reader.history().size() == history.size());
        for (std::size_t i = 0; i < history.size(); ++i) {
            const auto& read = *reader.history()[i];
            CHECK(read.symbol == history[i]->symbol);
            CHECK(read.interval_ns == history[i]->interval_ns);
            CHECK(read.daily == history[i]->daily);
            CHECK(read.adjusted == history[i]->adjusted);
            CHECK(read.bars == history[i]->bars);
        }
        CHECK(read_all(reader) == steps);
    }
}

TEST_CASE("a kill leaves every committed step") {
    const test::TemporaryFolder folder;
    const fs::path live = folder.path("live");
    const fs::path dead = folder.path("dead");
    test::RandomStep random(7);
    RecordingWriter writer(live, "header", random_history(random));
    std::uint64_t written = 0;
    for (int round = 0; round < 12; ++round) {
        const auto more = random.below(200);
        write(writer, written, written + more);
        written += more;
        const auto committed = writer.committed();
        copy_as_killed(live, dead);  // with uncommitted steps on their way
        RecordingReader reader(dead);
        CHECK_FALSE(reader.complete());
        CHECK(read_all(reader) == committed);
        writer.commit();
        CHECK(writer.committed() == written);
        copy_as_killed(live, dead);
        RecordingReader after(dead);
        CHECK(read_all(after) == written);
        RecordingReader beside(live);  // while the writer goes on
        CHECK(read_all(beside) == written);
    }
}

TEST_CASE("a writer that is dropped loses what it did not commit, and no more") {
    const test::TemporaryFolder folder;
    {
        RecordingWriter writer(folder.path(), "header", {});
        write(writer, 0, 10);
        writer.commit();
        write(writer, 10, 15);
    }
    RecordingReader reader(folder.path());
    CHECK_FALSE(reader.complete());
    CHECK(read_all(reader) == 10);
}

TEST_CASE("a torn log loses its last commits only") {
    const test::TemporaryFolder folder;
    const fs::path live = folder.path("live");
    RecordingWriter writer(live, "header", {});
    std::vector<std::uint64_t> commits{0};
    for (std::uint64_t n = 0; n < 40; ++n) {
        write(writer, n, n + 1);
        writer.commit();
        commits.push_back(n + 1);
    }
    const auto log = bytes_of(live / "session-0001.db-wal");
    std::uint64_t newest = 0;
    for (std::size_t length = 0; length <= log.size(); length += 4999) {
        copy_as_killed(live, folder.path("dead"));
        fs::resize_file(fs::path(folder.path("dead")) / "session-0001.db-wal", length);
        RecordingReader reader(folder.path("dead"));
        const auto steps = read_all(reader);
        CHECK(steps != UINT64_MAX);
        CHECK(steps >= newest);  // a longer log never holds less
        newest = steps;
    }
    CHECK(newest > 30);
}

TEST_CASE("a changed byte is refused or changes nothing that is read") {
    const test::TemporaryFolder folder;
    test::RandomStep random(11);
    const std::string header = "the header of this session";
    {
        RecordingWriter writer(folder.path("r"), header, random_history(random));
        write(writer, 0, 60);
        writer.close();
    }
    const auto file = recording_file(folder.path("r"), 1);
    const auto good = bytes_of(file);
    REQUIRE(kind_of_reading(file, header) == ErrorKind::failed);
    int refused = 0;
    for (int change = 0; change < 200; ++change) {
        auto bad = good;
        const auto at = random.below(bad.size());
        bad[at] = static_cast<char>(bad[at] ^ static_cast<char>(1U << random.below(8)));
        const auto path = folder.write("bad.db", bad);
        const auto kind = kind_of_reading(path, header);
        INFO("byte " << at);
        CHECK(kind.has_value());
        if (kind != ErrorKind::failed) ++refused;
    }
    CHECK(refused > 20);  // pages have room that nobody reads
    // In every payload and in the header, each byte counts.
    for (const char* text : {"payload 0", "payload 59", "payload 30", "the header"}) {
        auto bad = good;
        const auto at = bad.find(text);
        REQUIRE(at != std::string::npos);
        ++bad[at + 3];
        CHECK(kind_of_reading(folder.write("bad.db", bad), header) == ErrorKind::corrupt);
    }
}

TEST_CASE("a complete session that lost its last steps is refused") {
    const test::TemporaryFolder folder;
    RecordingWriter writer(folder.path(), "header", {});
    write(writer, 0, 3);
    writer.commit();
    fs::copy_file(writer.file(), folder.path("early.db"));
    writer.close();
    const auto good = bytes_of(writer.file());
    auto bad = good;
    const auto at = bad.find("3 ", bad.find("end"));  // the number of steps in `end`
    REQUIRE(at != std::string::npos);
    bad[at] = '4';
    folder.write("bad.db", bad);
    RecordingReader reader(folder.path("bad.db"));
    RecordedStep step;
    for (int n = 0; n < 3; ++n) REQUIRE(reader.next(step));
    CHECK_THROWS_AS(reader.next(step), Error);
}

TEST_CASE("a folder holds one file per session") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_AS(RecordingReader(folder.path()), Error);
    CHECK_THROWS_AS(RecordingReader(folder.path("absent")), Error);
    for (std::uint64_t session = 1; session <= 3; ++session) {
        RecordingWriter writer(folder.path(), "session " + std::to_string(session), {});
        CHECK(writer.session() == session);
        write(writer, 0, session);
        writer.close();
    }
    folder.write("session-0009.db.new", "left by a kill");
    folder.write("session-x.db", "another file");
    CHECK(recorded_sessions(folder.path()) == std::vector<std::uint32_t>{1, 2, 3});
    RecordingReader newest(folder.path());
    CHECK(newest.header() == "session 3");
    RecordingReader second(folder.path(), 2);
    CHECK(second.header() == "session 2");
    CHECK(read_all(second) == 2);
    CHECK_THROWS_AS(RecordingReader(folder.path(), 8), Error);
    folder.write("text.db", "this is no database at all, but long enough to be looked at");
    CHECK(kind_of_reading(folder.path("text.db"), "") == ErrorKind::corrupt);
    folder.write("empty.db", "");
    CHECK(kind_of_reading(folder.path("empty.db"), "") == ErrorKind::corrupt);
}

TEST_CASE("the oldest sessions make room") {
    const test::TemporaryFolder folder;
    const fs::path recordings = folder.path("recordings");
    CHECK(prune_recordings(recordings, 0) == 0);
    std::uint64_t all = 0;
    for (int i = 0; i < 3; ++i) {
        RecordingWriter writer(recordings, "header", {});
        write(writer, 0, 200);
        writer.close();
        all += fs::file_size(writer.file());
    }
    CHECK(prune_recordings(recordings, all) == all);
    CHECK(recorded_sessions(recordings) == std::vector<std::uint32_t>{1, 2, 3});
    const auto kept = prune_recordings(recordings, all - 1);
    CHECK(recorded_sessions(recordings) == std::vector<std::uint32_t>{2, 3});
    CHECK(kept == fs::file_size(recording_file(recordings, 2)) +
                      fs::file_size(recording_file(recordings, 3)));
    {
        RecordingWriter killed(recordings, "header", {});
        write(killed, 0, 50);
        killed.commit();
        CHECK(killed.session() == 4);
    }
    CHECK(prune_recordings(recordings, 0) == 0);
    CHECK(fs::is_empty(recordings));
}
