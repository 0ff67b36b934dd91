// A checkpoint folder: `config.json` and `model.safetensors` (or shards with an index), in the
// publisher's layout, opened and checked strictly: every tensor that the configuration asks for is
// there in its shape, finite, and nothing else is. The family follows from the configuration's own
// keys. Immutable; any thread may read; weights stay mapped. Errors: Error (data) naming the folder
// and the tensor. Source: forecast-models spec 0.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/safetensors.hpp"
#include "model/toto1_config.hpp"
#include "model/toto2_config.hpp"

namespace tradewind::model {

enum class ModelFamily : std::uint8_t { toto1, toto2 };
[[nodiscard]] const char* name_of(ModelFamily family);

// How bars become input rows; named in the weights' metadata by the trainer.
enum class InputForm : std::uint8_t {
    own_moves,  // "own_moves": x[t] / x[t-1] - 1 of all four channels (default)
    anchored,   // "anchored": close move; x[t] / close[t-1] - 1 of high, low, open
};

struct InputConvention {
    InputForm form = InputForm::own_moves;  // metadata `input_form`
    bool channel_code = false;              // metadata `channel_code` = `prefix_patch`
    std::size_t context_points = 512;       // the newest moves used; metadata `context_points`
};

class Checkpoint {
  public:
    [[nodiscard]] static Checkpoint open(const std::string& directory);

    [[nodiscard]] const std::string& directory() const { return directory_; }
    [[nodiscard]] ModelFamily family() const {
        return std::holds_alternative<Toto1Config>(config_) ? ModelFamily::toto1
                                                            : ModelFamily::toto2;
    }
    // The configuration of the family at hand. Throws Error (usage) for a checkpoint of another.
    [[nodiscard]] const Toto1Config& toto1() const;
    [[nodiscard]] const Toto2Config& toto2() const;
    [[nodiscard]] std::int64_t patch_size() const;
    [[nodiscard]] const SafeTensors& tensors() const { return tensors_; }
    // A tensor by its plain name, whatever name of its family it is stored under.
    [[nodiscard]] const TensorView& tensor(const std::string& plain_name) const;
    [[nodiscard]] bool has_tensor(const std::string& plain_name) const {
        return stored_names_.contains(plain_name);
    }
    // What was accepted but should be looked at: unknown keys of a Toto 1.0 configuration.
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
    [[nodiscard]] const InputConvention& convention() const { return convention_; }
    [[nodiscard]] const std::string& config_text() const { return config_text_; }
    // Family, first digits of the SHA-256 of weights and configuration: `toto2-1f2e3d4c5b6a7988`.
    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const std::string& weights_sha256() const { return weights_sha256_; }
    [[nodiscard]] std::int64_t parameters() const { return parameters_; }

  private:
    explicit Checkpoint(SafeTensors tensors) : tensors_(std::move(tensors)) {}

    std::string directory_;
    std::string config_text_;
    std::variant<Toto2Config, Toto1Config> config_;
    SafeTensors tensors_;
    std::map<std::string, std::string> stored_names_;  // plain name -> name in the file
    std::vector<std::string> warnings_;
    InputConvention convention_;
    std::string id_;
    std::string weights_sha256_;
    std::int64_t parameters_ = 0;
};

}  // namespace tradewind::model
