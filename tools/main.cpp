#include "tools/command.hpp"

int main(int argc, char** argv) {
    return tradewind::tools::run_program(argc, argv);
}
