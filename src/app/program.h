// The program: its commands, and the options that all of them share.
#pragma once

namespace dray::app {

int run_program(int argc, char** argv);  // the exit status

}  // namespace dray::app
