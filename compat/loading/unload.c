/* Loads and unloads a plugin that uses the library; see plugin.c.
 *
 *     unload PLUGIN TIMES
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main (int argc_, char **argv_)
{
    /* The library stays, as it does in a program with several plugins. */
    if (argc_ != 3 || !dlopen ("libzmq.so.5", RTLD_NOW)) {
        fprintf (stderr, "%s\n", argc_ == 3 ? dlerror () : "unload PLUGIN TIMES");
        return 1;
    }
    const int times = atoi (argv_[2]);
    int given_back = 0;
    for (int i = 0; i < times; i++) {
        void *plugin = dlopen (argv_[1], RTLD_NOW);
        if (!plugin) {
            fprintf (stderr, "%s\n", dlerror ());
            return 1;
        }
        void (*begin) (void);
        *(void **) &begin = dlsym (plugin, "plugin_begin");
        int **counter = dlsym (plugin, "plugin_counter");
        *counter = &given_back;
        begin ();
        if (dlclose (plugin) != 0)
            return 1;
    }
    if (given_back != times) {
        fprintf (stderr, "%d of %d messages were given back\n", given_back, times);
        return 1;
    }
    return 0;
}
