#include "tools/command_line.h"
#include "tools/self/self.h"

int main(int argc, char** argv) { return hupstorm::RunHupstorm(argc, argv, &hupstorm::AddSelf()); }
