// The arithmetic of the process, settled once before the first matrix product: reproducible mode of
// the vendor library and the number of threads of one product. Only inside the loadable module.
// Source: architecture 5, networks README.
#pragma once

namespace tradewind::model {

// The first call of the process decides. Throws Error (failed) when MKL refuses its reproducible
// mode.
void settle_arithmetic(unsigned threads);

}  // namespace tradewind::model
