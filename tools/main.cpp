#include "tools/command.hpp"
#include "tools/secret_arguments.hpp"

int main(int argc, char** argv) {
    const auto arguments = tradewind::tools::take_arguments(argc, argv);
    std::vector<const char*> words;
    for (const auto& word : arguments) words.push_back(word.c_str());
    return tradewind::tools::run_program(static_cast<int>(words.size()), words.data());
}
