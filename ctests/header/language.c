/* Uses what the header declares, in every dialect of C and C++ that programs are written in. */

#include <zmq.h>
#include <zmq_utils.h>

/* Where one program includes it twice. */
#include <zmq.h>

static void release (void *data, void *hint)
{
    (void) data;
    (void) hint;
}

int main (void)
{
    zmq_msg_t msg;
    zmq_pollitem_t items[1];
    zmq_free_fn *ffn = release;
    char body[] = "body";
    int rc = zmq_msg_init_data (&msg, body, sizeof body, ffn, NULL);
    items[0].socket = NULL;
    items[0].fd = 0;
    items[0].events = ZMQ_POLLIN;
    items[0].revents = 0;
    rc += zmq_poll (items, 1, 0) < 0;
    rc += zmq_msg_close (&msg);
#ifdef ZMQ_BUILD_DRAFT_API
    {
        zmq_poller_event_t event;
        sigset_t mask;
        void *poller = zmq_poller_new ();
        sigemptyset (&mask);
        rc += zmq_poller_wait (poller, &event, 0) != -1;
        rc += zmq_ppoll (items, 1, 0, &mask) < 0;
        rc += zmq_poller_destroy (&poller);
    }
#endif
    return rc;
}
