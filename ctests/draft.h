/* What the draft programs need beyond test.h when zmq.h is older than 4.3.5. */
#ifndef CTESTS_DRAFT_H
#define CTESTS_DRAFT_H

#include "test.h"

#ifndef ZMQ_BUSY_POLL
#define ZMQ_BUSY_POLL 113
#endif
#ifndef ZMQ_HICCUP_MSG
#define ZMQ_HICCUP_MSG 114
#endif
#ifndef ZMQ_XSUB_VERBOSE_UNSUBSCRIBE
#define ZMQ_XSUB_VERBOSE_UNSUBSCRIBE 115
#endif
#ifndef ZMQ_TOPICS_COUNT
#define ZMQ_TOPICS_COUNT 116
#endif
int zmq_ppoll (zmq_pollitem_t *items, int nitems, long timeout, const sigset_t *mask);

/* The types of the draft API that any number of threads may use. */
static const int thread_safe_types[] = {ZMQ_SERVER,  ZMQ_CLIENT,  ZMQ_RADIO, ZMQ_DISH,
                                        ZMQ_GATHER,  ZMQ_SCATTER, ZMQ_PEER,  ZMQ_CHANNEL};
#define THREAD_SAFE_TYPES (sizeof thread_safe_types / sizeof *thread_safe_types)

/* As EXPECT for types that know single frames only, which `zmq_poll` of a reference cannot poll. */
#define EXPECT_FRAME(socket_, text_)                                                               \
    do {                                                                                           \
        char t_text[256];                                                                          \
        set_int (socket_, ZMQ_RCVTIMEO, PATIENCE);                                                 \
        if (recv_str (socket_, t_text, sizeof t_text, 0) == -1)                                    \
            FAIL ("expecting \"%s\" gave errno %s", text_, errno_name (errno));                    \
        CHECK_STR (t_text, text_);                                                                 \
    } while (0)

#endif
