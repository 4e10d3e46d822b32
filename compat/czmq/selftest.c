/* Runs one of the self-tests that CZMQ brings, or says which libzmq is behind CZMQ.
 *
 *     selftest          the names
 *     selftest NAME
 *     selftest which
 *
 * They leave files in the folder src/ of the current one. What fails aborts.
 */
#include <czmq.h>

/* All that open sockets, but for the one that looks for other hosts. */
#define TESTS(T)                                                                                   \
    T (zactor)                                                                                     \
    T (zauth)                                                                                      \
    T (zcert)                                                                                      \
    T (zcertstore)                                                                                 \
    T (zframe)                                                                                     \
    T (zgossip)                                                                                    \
    T (zloop)                                                                                      \
    T (zmonitor)                                                                                   \
    T (zmsg)                                                                                       \
    T (zpoller)                                                                                    \
    T (zproxy)                                                                                     \
    T (zsock)                                                                                      \
    T (zstr)                                                                                       \
    T (zsys)

#define ENTRY(name_) {#name_, name_##_test},
static const struct
{
    const char *name;
    void (*run) (bool verbose_);
} tests[] = {TESTS (ENTRY)};
#define COUNT (sizeof tests / sizeof *tests)

/* Prints each file that is mapped and called like the library. */
static int which (void)
{
    char line[4400], last[4400] = "";
    FILE *maps = fopen ("/proc/self/maps", "r");
    if (!maps)
        return 1;
    while (fgets (line, sizeof line, maps)) {
        const char *path = strchr (line, '/');
        const char *name = path ? strrchr (path, '/') : NULL;
        if (name && strncmp (name, "/libzmq", 7) == 0 && strcmp (path, last) != 0) {
            strcpy (last, path);
            fputs (path, stdout);
        }
    }
    fclose (maps);
    return 0;
}

int main (int argc_, char **argv_)
{
    if (argc_ == 2 && streq (argv_[1], "which"))
        return which ();
    for (size_t i = 0; i < COUNT; i++) {
        if (argc_ == 1)
            puts (tests[i].name);
        else if (streq (argv_[1], tests[i].name)) {
            tests[i].run (false);
            return 0;
        }
    }
    return argc_ != 1;
}
