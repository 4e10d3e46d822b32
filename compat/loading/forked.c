/* A program with a context that forks.
 *
 *     forked exec PROGRAM...    a child becomes the program while a socket is open
 *     forked own                a child makes a context of its own and talks to its parent
 *     forked descriptors        a child becomes this program and counts what it has inherited */
#include "api.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How many descriptors are open, besides the three and the one that is used for looking. */
static int descriptors (void)
{
    int count = -1;
    DIR *folder = opendir ("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir (folder));)
        count += atoi (entry->d_name) > 2;
    closedir (folder);
    return count;
}

/* Asks the one who listens at `endpoint`. */
static int ask (void *req, const char *endpoint)
{
    char got[10];
    return zmq_connect (req, endpoint) == 0 && zmq_send (req, "ask", 3, 0) == 3
           && zmq_recv (req, got, sizeof got, 0) == 6 && memcmp (got, "answer", 6) == 0;
}

/* Answers one question. */
static void answer (void *rep)
{
    char got[10];
    if (zmq_recv (rep, got, sizeof got, 0) != 3 || zmq_send (rep, "answer", 6, 0) != 6)
        fail (zmq_strerror (zmq_errno ()));
}

int main (int argc, char **argv)
{
    (void) argc;
    const char *how = argv[1];
    if (strcmp (how, "count") == 0)
        return descriptors ();
    const int limit = 20000;
    char endpoint[100];
    size_t size = sizeof endpoint;
    void *ctx = zmq_ctx_new ();
    void *rep = zmq_socket (ctx, ZMQ_REP), *req = zmq_socket (ctx, ZMQ_REQ);
    zmq_setsockopt (rep, ZMQ_RCVTIMEO, &limit, sizeof limit);
    zmq_setsockopt (req, ZMQ_RCVTIMEO, &limit, sizeof limit);
    if (zmq_bind (rep, "tcp://127.0.0.1:*") != 0
        || zmq_getsockopt (rep, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0)
        fail (zmq_strerror (zmq_errno ()));
    /* A connection that is there when the process forks. */
    if (zmq_connect (req, endpoint) != 0 || zmq_send (req, "ask", 3, 0) != 3)
        fail (zmq_strerror (zmq_errno ()));
    const pid_t child = fork ();
    if (child == 0) {
        if (strcmp (how, "exec") == 0)
            execv (argv[2], argv + 2);
        else if (strcmp (how, "descriptors") == 0)
            execl ("/proc/self/exe", argv[0], "count", NULL);
        void *own = zmq_ctx_new (), *socket = zmq_socket (own, ZMQ_REQ);
        zmq_setsockopt (socket, ZMQ_RCVTIMEO, &limit, sizeof limit);
        const int fine = ask (socket, endpoint);
        zmq_close (socket);
        zmq_ctx_term (own);
        _exit (fine ? 0 : 1);
    }
    answer (rep);
    if (strcmp (how, "own") == 0)
        answer (rep);
    char got[10];
    if (zmq_recv (req, got, sizeof got, 0) != 6)
        fail ("the parent goes on");
    int status;
    if (waitpid (child, &status, 0) != child || !WIFEXITED (status))
        fail ("the child ends");
    zmq_close (req);
    zmq_close (rep);
    zmq_ctx_term (ctx);
    if (WEXITSTATUS (status) != 0)
        fprintf (stderr, "the child says %d\n", WEXITSTATUS (status));
    return WEXITSTATUS (status);
}
