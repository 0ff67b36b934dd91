#include "model/training/training_loss.hpp"

#include "messages/error.hpp"

namespace tradewind::model {

BatchLoss& BatchLoss::operator+=(const BatchLoss& other) {
    weight += other.weight;
    loss += other.loss;
    recorded_weight += other.recorded_weight;
    recorded_loss += other.recorded_loss;
    first_steps += other.first_steps;
    for (std::size_t q = 0; q < below.size(); ++q) below[q] += other.below[q];
    return *this;
}

BatchLoss training_loss(const TrainingBatch& batch, std::span<const float> head,
                        std::span<float> gradient) {
    constexpr std::size_t kLevels = kToto2Quantiles;
    ensure(head.size() == batch.targets.size() * kLevels, "the head answers for every target");
    ensure(gradient.empty() || gradient.size() == head.size(), "one derivative for every output");
    BatchLoss sums;
    for (const float weight : batch.weights) sums.weight += weight;
    const float unit = sums.weight > 0 ? static_cast<float>(1 / (sums.weight * kLevels)) : 0.0F;
    const std::size_t row_values = batch.targets.size() / batch.rows;
    for (std::size_t i = 0; i < batch.targets.size(); ++i) {
        const float weight = batch.weights[i];
        float* const slope = gradient.empty() ? nullptr : gradient.data() + i * kLevels;
        if (weight == 0) {
            for (std::size_t q = 0; q < kLevels && slope != nullptr; ++q) slope[q] = 0;
            continue;
        }
        const bool first = i % kTrainingPatch == 0;
        float total = 0;
        for (std::size_t q = 0; q < kLevels; ++q) {
            const float level = static_cast<float>(q + 1) / 10;
            const float distance = batch.targets[i] - head[i * kLevels + q];
            const float steepness = distance >= 0 ? level : level - 1;
            total += steepness * distance;
            if (slope != nullptr) slope[q] = -steepness * weight * unit;
            if (first && distance <= 0) sums.below[q] += 1;
        }
        if (first) sums.first_steps += 1;
        const double loss = static_cast<double>(weight) * total / kLevels;
        sums.loss += loss;
        if (batch.recorded[i / row_values] != 0) {
            sums.recorded_weight += weight;
            sums.recorded_loss += loss;
        }
    }
    return sums;
}

}  // namespace tradewind::model
