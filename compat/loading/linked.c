/* A program that is linked with a libzmq and talks to itself.
 *
 *     linked [LIBRARY [COUNT]]   the file that zmq_version has to come from, if that can be asked, and
 *                                how many files named libzmq are mapped (default: 1) */
#include "api.h"

#include <stdlib.h>

int main (int argc, char **argv)
{
    const struct api api = {
#define ENTRY(name, result, arguments) .name = name,
        FUNCTIONS (ENTRY)
#undef ENTRY
    };
    if (argc > 1)
        expect_mapped (&api, argv[1], argc > 2 ? atoi (argv[2]) : 1);
    converse (&api, &api);
    return 0;
}
