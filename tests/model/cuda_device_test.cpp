// Where there is no GPU, asking for one is answered plainly; where there is one, its graph holds.
#include "model/cuda_device.hpp"

#include <filesystem>
#include <iostream>

#include "messages/error.hpp"
#include "tests/catch.hpp"

namespace tradewind::model::test {

TEST_CASE("a machine without a device says so, one with a device replays a graph bit by bit") {
    const bool device_here = std::filesystem::exists("/dev/nvidiactl");
    try {
        const auto cuda = open_cuda_devices();
        const auto devices = cuda->list();
        REQUIRE_FALSE(devices.empty());
        for (const CudaDeviceInfo& device : devices) {
            CHECK_FALSE(device.name.empty());
            CHECK(device.total_memory_bytes >= device.free_memory_bytes);
            const CudaGraphCheck check = cuda->check_graph(device.index);
            CHECK(check.bit_equal);
            CHECK(check.largest_difference < 1e-4);
        }
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
        if (device_here) {
            std::cout << "SKIPPED: a GPU is here, but not the module: " << error.what() << "\n";
        }
    }
}

}  // namespace tradewind::model::test
