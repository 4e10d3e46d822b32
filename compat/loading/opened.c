/* A program that opens a libzmq, or two, with dlopen.
 *
 *     opened local|global|lazy|deep|namespace LIBRARY
 *     opened again LIBRARY              opens, uses and closes it many times
 *     opened threads LIBRARY            opens, uses and closes it in threads
 *     opened two LIBRARY OTHER          both at once, talking to each other */
#define _GNU_SOURCE
#include "api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Looks up all functions of an opened library. */
static struct api look_up (void *handle)
{
    struct api api;
    if (!handle)
        fail (dlerror ());
#define ENTRY(name, result, arguments)                                                     \
    *(void **) &api.name = dlsym (handle, #name);                                          \
    if (!api.name)                                                                         \
        fail (#name);
    FUNCTIONS (ENTRY)
#undef ENTRY
    return api;
}

/* Opens, uses and closes a library. */
static void *once (void *library)
{
    void *handle = dlopen (library, RTLD_NOW | RTLD_LOCAL);
    const struct api api = look_up (handle);
    converse (&api, &api);
    if (dlclose (handle) != 0)
        fail (dlerror ());
    return NULL;
}

int main (int argc, char **argv)
{
    (void) argc;
    const char *how = argv[1];
    if (strcmp (how, "again") == 0) {
        for (int turn = 0; turn < 20; ++turn)
            once (argv[2]);
        return 0;
    }
    if (strcmp (how, "threads") == 0) {
        pthread_t threads[4];
        for (int turn = 0; turn < 5; ++turn) {
            for (int n = 0; n < 4; ++n)
                if (pthread_create (&threads[n], NULL, once, argv[2]) != 0)
                    fail ("pthread_create");
            for (int n = 0; n < 4; ++n)
                pthread_join (threads[n], NULL);
        }
        return 0;
    }
    if (strcmp (how, "two") == 0) {
        const struct api one = look_up (dlopen (argv[2], RTLD_NOW | RTLD_LOCAL));
        const struct api other = look_up (dlopen (argv[3], RTLD_NOW | RTLD_LOCAL));
        expect_mapped (&one, argv[2], 2);
        expect_mapped (&other, argv[3], 2);
        converse (&one, &other);
        converse (&other, &one);
        converse (&one, &one);
        converse (&other, &other);
        return 0;
    }
    void *handle = NULL;
    if (strcmp (how, "local") == 0)
        handle = dlopen (argv[2], RTLD_NOW | RTLD_LOCAL);
    else if (strcmp (how, "global") == 0)
        handle = dlopen (argv[2], RTLD_NOW | RTLD_GLOBAL);
    else if (strcmp (how, "lazy") == 0)
        handle = dlopen (argv[2], RTLD_LAZY | RTLD_LOCAL);
    else if (strcmp (how, "deep") == 0)
        handle = dlopen (argv[2], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    else if (strcmp (how, "namespace") == 0)
        handle = dlmopen (LM_ID_NEWLM, argv[2], RTLD_NOW | RTLD_LOCAL);
    const struct api api = look_up (handle);
    const int everybody_sees_it = dlsym (RTLD_DEFAULT, "zmq_version") != NULL;
    if (everybody_sees_it != (strcmp (how, "global") == 0))
        fail ("who sees it");
    expect_mapped (&api, argv[2], 1);
    converse (&api, &api);
    return dlclose (handle);
}
