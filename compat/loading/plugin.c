/* A plugin that ends its context when it is unloaded: its destructor runs while the loader holds its
 * lock. Its socket has a message of the plugin's own that nobody has taken, so that the library gives
 * it back then.
 */
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void *context, *push;
static int given_back;

/* How many messages were given back, for whoever unloads this. */
int *plugin_counter;

static void give_back (void *data_, void *hint_)
{
    (void) data_;
    (void) hint_;
    given_back++;
    if (plugin_counter)
        (*plugin_counter)++;
}

void plugin_begin (void)
{
    static char data[100];
    const int none = 0;
    zmq_msg_t message;
    context = zmq_ctx_new ();
    push = zmq_socket (context, ZMQ_PUSH);
    if (!push || zmq_setsockopt (push, ZMQ_LINGER, &none, sizeof none) != 0
        || zmq_connect (push, "inproc://nobody-yet") != 0
        || zmq_msg_init_data (&message, data, sizeof data, give_back, NULL) != 0
        || zmq_msg_send (&message, push, 0) != sizeof data)
        abort ();
}

__attribute__ ((destructor)) static void plugin_end (void)
{
    if (!context)
        return;
    if (zmq_close (push) != 0 || zmq_ctx_term (context) != 0 || given_back != 1)
        abort ();
}
