#include <cstring>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/complete_file.hpp"
#include "model/safetensors.hpp"

namespace tradewind::model {

void SafeTensorsWriter::set_metadata(const std::string& key, const std::string& value) {
    metadata_[key] = value;
}

void SafeTensorsWriter::add(const std::string& name, const Shape& shape,
                            std::span<const float> values) {
    add(name, Dtype::f32, shape, std::as_bytes(values));
}
void SafeTensorsWriter::add(const std::string& name, const Shape& shape,
                            std::span<const double> values) {
    add(name, Dtype::f64, shape, std::as_bytes(values));
}
void SafeTensorsWriter::add(const std::string& name, const Shape& shape,
                            std::span<const std::int64_t> values) {
    add(name, Dtype::i64, shape, std::as_bytes(values));
}
void SafeTensorsWriter::add(const std::string& name, const Shape& shape,
                            std::span<const std::uint8_t> values) {
    add(name, Dtype::u8, shape, std::as_bytes(values));
}

void SafeTensorsWriter::add(const std::string& name, Dtype dtype, const Shape& shape,
                            std::span<const std::byte> bytes) {
    ensure(name != "__metadata__", "a tensor is not named like the metadata");
    ensure(static_cast<std::size_t>(value_count(shape)) * size_of(dtype) == bytes.size(),
           "a written tensor has as many values as its shape says");
    Entry entry{dtype, shape, {}};
    entry.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    ensure(entries_.emplace(name, std::move(entry)).second, "a tensor is written once");
}

std::string SafeTensorsWriter::to_bytes() const {
    nlohmann::json header = nlohmann::json::object();
    if (!metadata_.empty()) header["__metadata__"] = metadata_;
    // Wider values first, so that each tensor is aligned without holes between them.
    std::vector<std::pair<const std::string*, const Entry*>> order;
    for (const std::size_t width : {8U, 4U, 2U, 1U}) {
        for (const auto& [name, entry] : entries_) {
            if (size_of(entry.dtype) == width) order.emplace_back(&name, &entry);
        }
    }
    std::size_t offset = 0;
    for (const auto& [name, entry] : order) {
        header[*name] = {{"dtype", name_of(entry->dtype)},
                         {"shape", entry->shape},
                         {"data_offsets", {offset, offset + entry->bytes.size()}}};
        offset += entry->bytes.size();
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    const std::uint64_t length = text.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    bytes += text;
    for (const auto& [name, entry] : order) bytes += entry->bytes;
    return bytes;
}

void SafeTensorsWriter::write(const std::string& path) const {
    write_complete_file(path, to_bytes());
}

}  // namespace tradewind::model
