/* zmq_msg_*: life, content, copies, release of foreign content, properties. */
#include "test.h"

/* The largest content that is kept inside zmq_msg_t. */
#define INLINE 33

TEST (a47_init)
{
    zmq_msg_t msg;
    memset (&msg, 0xa5, sizeof msg);
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_size (&msg), 0);
    CHECK (zmq_msg_data (&msg) != NULL);
    CHECK_INT (zmq_msg_more (&msg), 0);
    CHECK_INT (zmq_msg_get (&msg, ZMQ_MORE), 0);
    CHECK_INT (zmq_msg_get (&msg, ZMQ_SHARED), 0);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a47_init_size)
{
    static const size_t sizes[] = {0, 1, INLINE - 1, INLINE, INLINE + 1, 8192, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        zmq_msg_t msg;
        memset (&msg, 0xa5, sizeof msg);
        CHECK_OK (zmq_msg_init_size (&msg, sizes[i]));
        CHECK_INT (zmq_msg_size (&msg), sizes[i]);
        CHECK (zmq_msg_data (&msg) != NULL);
        memset (zmq_msg_data (&msg), 'm', sizes[i]);
        CHECK_INT (zmq_msg_get (&msg, ZMQ_SHARED), 0);
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (a47_init_size_too_large_is_enomem)
{
    zmq_msg_t msg;
    CHECK_FAIL (zmq_msg_init_size (&msg, SIZE_MAX), ENOMEM);
    CHECK_FAIL (zmq_msg_init_size (&msg, (size_t) 1 << 62), ENOMEM);
}

TEST (a47_close)
{
    zmq_msg_t msg;
    memset (&msg, 0, sizeof msg);
    CHECK_FAIL (zmq_msg_close (&msg), EFAULT);
    static const size_t sizes[] = {0, INLINE, INLINE + 1};
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK (zmq_msg_init_size (&msg, sizes[i]));
        CHECK_OK (zmq_msg_close (&msg));
        CHECK_FAIL (zmq_msg_close (&msg), EFAULT);
        CHECK_INT (zmq_msg_more (&msg), 0);
        CHECK_INT (zmq_msg_get (&msg, ZMQ_MORE), 0);
    }
}

TEST (a23_a_message_may_be_relocated)
{
    static const size_t sizes[] = {5, INLINE, INLINE + 1};
    for (size_t i = 0; i < 3; i++) {
        zmq_msg_t msg, there;
        CHECK_OK (zmq_msg_init_size (&msg, sizes[i]));
        memset (zmq_msg_data (&msg), 'm', sizes[i]);
        memcpy (&there, &msg, sizeof msg);
        memset (&msg, 0xee, sizeof msg);
        CHECK_INT (zmq_msg_size (&there), sizes[i]);
        CHECK_INT (((char *) zmq_msg_data (&there))[sizes[i] - 1], 'm');
        CHECK_OK (zmq_msg_close (&there));
    }
}

static void fill (zmq_msg_t *msg_, size_t size_, char byte_)
{
    CHECK_OK (zmq_msg_init_size (msg_, size_));
    memset (zmq_msg_data (msg_), byte_, size_);
}

static int is_full_of (zmq_msg_t *msg_, size_t size_, char byte_)
{
    const char *data = zmq_msg_data (msg_);
    if (zmq_msg_size (msg_) != size_)
        return 0;
    for (size_t i = 0; i < size_; i++)
        if (data[i] != byte_)
            return 0;
    return 1;
}

TEST (a47_move)
{
    static const size_t sizes[] = {5, INLINE, INLINE + 1, 5000};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            zmq_msg_t from, to;
            fill (&from, sizes[i], 'f');
            fill (&to, sizes[k], 't');
            CHECK_OK (zmq_msg_move (&to, &from));
            CHECK (is_full_of (&to, sizes[i], 'f'));
            CHECK_INT (zmq_msg_size (&from), 0);
            CHECK_OK (zmq_msg_close (&from));
            CHECK_OK (zmq_msg_close (&to));
        }
}

TEST (a47_move_arguments)
{
    zmq_msg_t valid, closed;
    fill (&valid, 50, 'v');
    CHECK_OK (zmq_msg_init (&closed));
    CHECK_OK (zmq_msg_close (&closed));
    CHECK_FAIL (zmq_msg_move (&valid, &closed), EFAULT);
    CHECK (is_full_of (&valid, 50, 'v'));
    CHECK_FAIL (zmq_msg_move (&closed, &valid), EFAULT);
    CHECK (is_full_of (&valid, 50, 'v'));
    CHECK_OK (zmq_msg_close (&valid));
}

TEST (a47_move_onto_itself_empties)
{
    zmq_msg_t msg;
    fill (&msg, 50, 'm');
    CHECK_OK (zmq_msg_move (&msg, &msg));
    CHECK_INT (zmq_msg_size (&msg), 0);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a47_copy)
{
    static const size_t sizes[] = {5, INLINE, INLINE + 1, 5000};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            zmq_msg_t from, to;
            fill (&from, sizes[i], 'f');
            fill (&to, sizes[k], 't');
            CHECK_OK (zmq_msg_copy (&to, &from));
            CHECK (is_full_of (&to, sizes[i], 'f'));
            CHECK (is_full_of (&from, sizes[i], 'f'));
            /* content that is not inline is shared, and says so for good */
            int shared = sizes[i] > INLINE;
            CHECK ((zmq_msg_data (&to) == zmq_msg_data (&from)) == shared);
            CHECK_INT (zmq_msg_get (&to, ZMQ_SHARED), shared);
            CHECK_INT (zmq_msg_get (&from, ZMQ_SHARED), shared);
            CHECK_OK (zmq_msg_close (&from));
            CHECK (is_full_of (&to, sizes[i], 'f'));
            CHECK_INT (zmq_msg_get (&to, ZMQ_SHARED), shared);
            CHECK_OK (zmq_msg_close (&to));
        }
}

TEST (a47_copies_of_copies)
{
    zmq_msg_t msgs[100];
    fill (&msgs[0], 1000, 'c');
    for (int i = 1; i < 100; i++) {
        CHECK_OK (zmq_msg_init (&msgs[i]));
        CHECK_OK (zmq_msg_copy (&msgs[i], &msgs[i / 2]));
    }
    for (int i = 0; i < 100; i++) {
        CHECK (is_full_of (&msgs[99], 1000, 'c'));
        CHECK_OK (zmq_msg_close (&msgs[i]));
    }
}

TEST (a47_copy_arguments)
{
    zmq_msg_t valid, closed;
    fill (&valid, 50, 'v');
    CHECK_OK (zmq_msg_init (&closed));
    CHECK_OK (zmq_msg_close (&closed));
    CHECK_FAIL (zmq_msg_copy (&valid, &closed), EFAULT);
    CHECK (is_full_of (&valid, 50, 'v'));
    CHECK_FAIL (zmq_msg_copy (&closed, &valid), EFAULT);
    CHECK (is_full_of (&valid, 50, 'v'));
    CHECK_OK (zmq_msg_close (&valid));
}

TEST (a47_get_and_set)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    static const int unknown[] = {0, 4, -1, 1000};
    for (int i = 0; i < 4; i++)
        CHECK_FAIL (zmq_msg_get (&msg, unknown[i]), EINVAL);
    CHECK_FAIL (zmq_msg_get (&msg, ZMQ_SRCFD), EINVAL);
    CHECK_FAIL (zmq_msg_set (&msg, ZMQ_MORE, 1), EINVAL);
    CHECK_FAIL (zmq_msg_set (&msg, ZMQ_SHARED, 0), EINVAL);
    CHECK_FAIL (zmq_msg_set (&msg, 99, 0), EINVAL);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a47_gets_without_properties)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_NULL (zmq_msg_gets (&msg, "Socket-Type"), EINVAL);
    CHECK_NULL (zmq_msg_gets (&msg, ""), EINVAL);
    CHECK_NULL (zmq_msg_gets (&msg, NULL), EINVAL);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (h299_inproc_messages_have_no_properties)
{
    void *a, *b;
    inproc_pair (ZMQ_DEALER, ZMQ_DEALER, &a, &b);
    CHECK_INT (send_str (a, "text", 0), 4);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_recv (&msg, b, 0), 4);
    static const char *const names[] = {"Socket-Type", "Identity",     "Routing-Id",
                                        "User-Id",     "Peer-Address", "X-any"};
    for (int i = 0; i < 6; i++)
        CHECK_NULL (zmq_msg_gets (&msg, names[i]), EINVAL);
    CHECK_FAIL (zmq_msg_get (&msg, ZMQ_SRCFD), EINVAL);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a47_copy_and_move_take_the_more_flag_along)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    send_parts (a, "first", "last", NULL);
    zmq_msg_t msg, copy, moved;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_init (&moved));
    CHECK_INT (zmq_msg_recv (&msg, b, 0), 5);
    CHECK_INT (zmq_msg_more (&msg), 1);
    CHECK_OK (zmq_msg_copy (&copy, &msg));
    CHECK_INT (zmq_msg_more (&copy), 1);
    CHECK_OK (zmq_msg_move (&moved, &msg));
    CHECK_INT (zmq_msg_more (&moved), 1);
    CHECK_INT (zmq_msg_more (&msg), 0);
    /* a send decides the flag anew */
    CHECK_INT (zmq_msg_send (&copy, b, 0), 5);
    EXPECT (a, "first");
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_close (&copy));
    CHECK_OK (zmq_msg_close (&moved));
}

/* ---- content that belongs to the caller ---------------------------------------------------- */

static char content[200];
static int released;
static void *released_data, *released_hint;

static void release (void *data_, void *hint_)
{
    released_data = data_;
    released_hint = hint_;
    __atomic_add_fetch (&released, 1, __ATOMIC_SEQ_CST);
}

static int releases (void)
{
    return __atomic_load_n (&released, __ATOMIC_SEQ_CST);
}

TEST (a47_init_data_never_copies)
{
    static const size_t sizes[] = {1, INLINE, INLINE + 1, sizeof content};
    for (int i = 0; i < 4; i++) {
        zmq_msg_t msg;
        released = 0;
        CHECK_OK (zmq_msg_init_data (&msg, content, sizes[i], release, &msg));
        CHECK (zmq_msg_data (&msg) == content);
        CHECK_INT (zmq_msg_size (&msg), sizes[i]);
        CHECK_INT (zmq_msg_get (&msg, ZMQ_SHARED), 0);
        CHECK_INT (releases (), 0);
        CHECK_OK (zmq_msg_close (&msg));
        CHECK_INT (releases (), 1);
        CHECK (released_data == content && released_hint == &msg);
    }
}

TEST (a47_init_data_without_a_release_is_constant)
{
    zmq_msg_t msg, copy;
    CHECK_OK (zmq_msg_init_data (&msg, content, 10, NULL, NULL));
    CHECK (zmq_msg_data (&msg) == content);
    CHECK_INT (zmq_msg_get (&msg, ZMQ_SHARED), 1);
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_copy (&copy, &msg));
    CHECK (zmq_msg_data (&copy) == content);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_close (&copy));
}

TEST (a47_init_data_of_nothing)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_data (&msg, NULL, 0, NULL, NULL));
    CHECK (zmq_msg_data (&msg) == NULL);
    CHECK_INT (zmq_msg_size (&msg), 0);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_init_data (&msg, NULL, 0, release, NULL));
    CHECK (zmq_msg_data (&msg) == NULL);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_INT (releases (), 1);
    CHECK (released_data == NULL);
}

TEST (a47_release_waits_for_the_last_copy)
{
    zmq_msg_t msg, copy, moved;
    CHECK_OK (zmq_msg_init_data (&msg, content, 5, release, NULL));
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_init (&moved));
    CHECK_OK (zmq_msg_copy (&copy, &msg));
    CHECK (zmq_msg_data (&copy) == content);
    CHECK_INT (zmq_msg_get (&msg, ZMQ_SHARED), 1);
    CHECK_INT (zmq_msg_get (&copy, ZMQ_SHARED), 1);
    CHECK_OK (zmq_msg_move (&moved, &copy));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_close (&copy));
    CHECK_INT (releases (), 0);
    CHECK_INT (zmq_msg_get (&moved, ZMQ_SHARED), 1);
    CHECK_OK (zmq_msg_close (&moved));
    CHECK_INT (releases (), 1);
}

TEST (a47_writing_to_shared_content_is_seen_by_all)
{
    zmq_msg_t msg, copy;
    fill (&msg, 100, 'a');
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_copy (&copy, &msg));
    memset (zmq_msg_data (&msg), 'b', 100);
    CHECK (is_full_of (&copy, 100, 'b'));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_close (&copy));
}

TEST (a47_overwriting_releases)
{
    zmq_msg_t msg, other;
    CHECK_OK (zmq_msg_init (&other));
    CHECK_OK (zmq_msg_init_data (&msg, content, 5, release, NULL));
    CHECK_OK (zmq_msg_move (&msg, &other));
    CHECK_INT (releases (), 1);
    CHECK_OK (zmq_msg_init_data (&msg, content, 50, release, NULL));
    CHECK_OK (zmq_msg_copy (&msg, &other));
    CHECK_INT (releases (), 2);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_close (&other));
    CHECK_INT (releases (), 2);
}

TEST (a47_inproc_delivers_the_pointer)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_data (&msg, content, 5, release, NULL));
    CHECK_INT (zmq_msg_send (&msg, a, 0), 5);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_INT (releases (), 0);
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_recv (&msg, b, 0), 5);
    CHECK (zmq_msg_data (&msg) == content);
    CHECK_INT (releases (), 0);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_INT (releases (), 1);
}

TEST (a47_unread_messages_are_released_once)
{
    void *a, *b;
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &a, &b);
    zmq_msg_t msg;
    for (int i = 0; i < 10; i++) {
        CHECK_OK (zmq_msg_init_data (&msg, content, 5, release, NULL));
        CHECK_INT (zmq_msg_send (&msg, a, i % 2 ? 0 : ZMQ_SNDMORE), 5);
    }
    CHECK_OK (zmq_msg_init_data (&msg, content, 5, release, NULL));
    CHECK_INT (zmq_msg_send (&msg, a, ZMQ_SNDMORE), 5); /* never completed */
    finish ();
    CHECK_INT (releases (), 11);
}

TEST (a47_dropped_messages_are_released)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_data (&msg, content, 5, release, NULL));
    CHECK_INT (zmq_msg_send (&msg, new_socket (ZMQ_PUB), 0), 5);
    CHECK_INT (releases (), 1);
    CHECK_INT (zmq_msg_size (&msg), 0);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_INT (releases (), 1);
}

TEST (a47_messages_for_nobody_are_released_by_term)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_connect (push, "inproc://nobody"));
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_data (&msg, content, 5, release, NULL));
    CHECK_INT (zmq_msg_send (&msg, push, 0), 5);
    finish ();
    CHECK_INT (releases (), 1);
}

static void *copy_and_close (void *msg_)
{
    for (int i = 0; i < 10000; i++) {
        zmq_msg_t copy, again;
        CHECK_OK (zmq_msg_init (&copy));
        CHECK_OK (zmq_msg_init (&again));
        CHECK_OK (zmq_msg_copy (&copy, msg_));
        CHECK_OK (zmq_msg_copy (&again, &copy));
        CHECK_OK (zmq_msg_close (&copy));
        CHECK_OK (zmq_msg_close (&again));
    }
    CHECK_OK (zmq_msg_close (msg_));
    return NULL;
}

TEST (a40_copies_may_be_used_by_different_threads)
{
    zmq_msg_t mine, theirs;
    CHECK_OK (zmq_msg_init_data (&mine, content, sizeof content, release, NULL));
    CHECK_OK (zmq_msg_init (&theirs));
    CHECK_OK (zmq_msg_copy (&theirs, &mine));
    pthread_t thread = start (copy_and_close, &theirs);
    copy_and_close (&mine);
    join (thread);
    CHECK_INT (releases (), 1);
}
