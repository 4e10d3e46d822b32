// Runs one check, or says which there are, or which library is in use.
#include "check.hpp"

#include <dlfcn.h>
#include <iostream>

int main(int argc, char **argv)
{
    if (argc != 2) {
        for (const auto &check : checks())
            std::cout << check.first << "\n";
        return 0;
    }
    const std::string name = argv[1];
    if (name == "which") {
        Dl_info info;
        if (!dladdr(reinterpret_cast<void *>(&zmq_version), &info))
            return 1;
        std::cout << info.dli_fname << "\n";
        return 0;
    }
    try {
        checks().at(name)();
    }
    catch (const std::exception &error) {
        std::cout << name << ": " << error.what() << "\n";
        return 1;
    }
    return 0;
}
