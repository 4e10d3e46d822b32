/*
 * Measures one libzmq, loaded by path, in one scenario, and prints what it found as `NAME VALUE`.
 *
 *     bench LIBRARY SCENARIO WHERE [NAME=VALUE]...
 *
 *     throughput      PUSH to PULL: messages per second
 *     latency         REQ to REP: microseconds for one way, and percentiles of them
 *     load            PUSH to PULL at `rate` per second: microseconds for one way, percentiles
 *     fanout          PUB to `peers` SUB: deliveries per second
 *     echo            ROUTER and `peers` DEALERs, `count` requests each: answers per second
 *     proxy           PUSH, zmq_proxy, PULL: messages per second
 *     memory          KiB per connected, idle pair of sockets
 *     connect         `peers` sockets, until all have had an answer: connections per second
 *     poll            zmq_poll over `peers` idle sockets: microseconds per call
 *     idle            `peers` idle connections for `count` ms: percent of a processor
 *     subscriptions   `count` of them added, matched and removed: seconds
 *
 * WHERE is inproc, for two threads of one process, or tcp or ipc, for two processes; `memory`
 * and `poll` have both ends in one. The main result is `value`; `cpu` is in microseconds of
 * processor time per operation, of all threads and both processes. Nothing is linked: the same
 * program measures every library, in fresh processes.
 */

#include "bench.h"

#include <stdio.h>
#include <string.h>

static const struct
{
    const char *name;
    void (*run) (void);
} SCENARIOS[] = {{"throughput", throughput}, {"latency", latency},
                 {"load", load_latency},     {"fanout", fan_out},
                 {"echo", echo},             {"proxy", proxy},
                 {"memory", memory},         {"connect", connections},
                 {"poll", poll_idle},        {"idle", idle},
                 {"subscriptions", subscriptions}};

int main (int argc, char **argv)
{
    if (argc < 2)
        fail ("LIBRARY SCENARIO WHERE [NAME=VALUE]...");
    parse (argc - 2, argv + 2);
    load (argv[1]);
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++)
        if (strcmp (SCENARIOS[i].name, job.scenario) == 0) {
            SCENARIOS[i].run ();
            return 0;
        }
    fail ("no such scenario");
}
