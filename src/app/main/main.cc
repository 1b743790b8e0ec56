#include <exception>
#include <iostream>

#include "app/program.h"

int main(int argc, char** argv) {
  try {
    return dray::app::run_program(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "dray: " << failure.what() << "\n";
    return 1;
  }
}
