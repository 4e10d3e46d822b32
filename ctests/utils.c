/* Z85, CURVE keys, atomic counters, stopwatch, threads. */
#include "test.h"

static const uint8_t sample[8] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};

TEST (a413_z85_sample)
{
    char text[11] = "";
    uint8_t data[8];
    CHECK (zmq_z85_encode (text, sample, 8) == text);
    CHECK_STR (text, "HelloWorld");
    CHECK (zmq_z85_decode (data, "HelloWorld") == data);
    CHECK (memcmp (data, sample, 8) == 0);
}

TEST (a413_z85_encode_wants_groups_of_four)
{
    char text[16];
    for (size_t size = 1; size < 8; size++)
        if (size != 4)
            CHECK_NULL (zmq_z85_encode (text, sample, size), EINVAL);
    memset (text, 'x', sizeof text);
    CHECK (zmq_z85_encode (text, sample, 0) == text);
    CHECK_STR (text, "");
    CHECK_INT (text[1], 'x');
}

TEST (a413_z85_decode_refuses)
{
    uint8_t data[64];
    static const char *const wrong[] = {"",       "a",     "abcd",  "abcdef",     "abcd ", "abc\"d",
                                        "ab,cd",  "ab;cd", "ab'cd", "ab\\cd",     "ab_cd", "ab`cd",
                                        "ab|cd",  "ab~cd", "ab\x7f" "cd",
                                        "ab\x80" "cd", "#####", "%nSc1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        errno = 0;
        if (zmq_z85_decode (data, wrong[i]) != NULL || errno != EINVAL)
            FAIL ("\"%s\" is not EINVAL", wrong[i]);
    }
    /* the largest group */
    CHECK (zmq_z85_decode (data, "%nSc0") == data);
    CHECK (data[0] == 0xff && data[1] == 0xff && data[2] == 0xff && data[3] == 0xff);
}

TEST (a413_z85_round_trip_of_all_bytes)
{
    uint8_t data[256], back[256];
    char text[321];
    for (int i = 0; i < 256; i++)
        data[i] = (uint8_t) i;
    CHECK (zmq_z85_encode (text, data, sizeof data) == text);
    CHECK_INT (strlen (text), 320);
    CHECK (zmq_z85_decode (back, text) == back);
    CHECK (memcmp (data, back, sizeof data) == 0);
}

TEST (a413_curve_keys)
{
    char public_key[42], secret_key[42], derived[42], other[42];
    memset (public_key, 'x', sizeof public_key);
    memset (secret_key, 'x', sizeof secret_key);
    CHECK_OK (zmq_curve_keypair (public_key, secret_key));
    CHECK_INT (strlen (public_key), 40);
    CHECK_INT (strlen (secret_key), 40);
    CHECK (public_key[41] == 'x' && secret_key[41] == 'x');
    memset (derived, 'x', sizeof derived);
    CHECK_OK (zmq_curve_public (derived, secret_key));
    CHECK_STR (derived, public_key);
    CHECK_INT (derived[41], 'x');
    CHECK_OK (zmq_curve_keypair (derived, other));
    CHECK (strcmp (other, secret_key) != 0);
    uint8_t raw[32];
    CHECK (zmq_z85_decode (raw, public_key) == raw);
}

TEST (a413_curve_public_of_a_known_secret)
{
    char public_key[41];
    CHECK_OK (zmq_curve_public (public_key, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"));
    CHECK_STR (public_key, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
}

TEST (a413_curve_public_refuses)
{
    char public_key[41];
    CHECK_FAIL (zmq_curve_public (public_key, ""), EINVAL);
    CHECK_FAIL (zmq_curve_public (public_key, "abc"), EINVAL);
    CHECK_FAIL (zmq_curve_public (public_key, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%c"), EINVAL);
    CHECK_FAIL (zmq_curve_public (public_key, "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
                                              "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""),
                EINVAL);
}

OURS_ONLY (a413_curve_public_wants_40_characters, "a reference takes any valid Z85")
{
    char public_key[64];
    CHECK_FAIL (zmq_curve_public (public_key, "Hello"), EINVAL);
    CHECK_FAIL (zmq_curve_public (public_key, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%csHello"),
                EINVAL);
}

TEST (h315_atomic_counter)
{
    void *counter = zmq_atomic_counter_new ();
    CHECK (counter != NULL);
    CHECK_INT (zmq_atomic_counter_value (counter), 0);
    CHECK_INT (zmq_atomic_counter_inc (counter), 0);
    CHECK_INT (zmq_atomic_counter_inc (counter), 1);
    CHECK_INT (zmq_atomic_counter_inc (counter), 2);
    CHECK_INT (zmq_atomic_counter_value (counter), 3);
    CHECK_INT (zmq_atomic_counter_dec (counter), 1);
    CHECK_INT (zmq_atomic_counter_dec (counter), 1);
    CHECK_INT (zmq_atomic_counter_dec (counter), 0);
    CHECK_INT (zmq_atomic_counter_dec (counter), 1);
    CHECK_INT (zmq_atomic_counter_value (counter), -1);
    zmq_atomic_counter_set (counter, 2);
    CHECK_INT (zmq_atomic_counter_dec (counter), 1);
    CHECK_INT (zmq_atomic_counter_dec (counter), 0);
    zmq_atomic_counter_set (counter, INT32_MAX);
    CHECK_INT (zmq_atomic_counter_inc (counter), INT32_MAX);
    CHECK_INT (zmq_atomic_counter_value (counter), INT32_MIN);
    zmq_atomic_counter_destroy (&counter);
    CHECK (counter == NULL);
    zmq_atomic_counter_destroy (&counter);
}

static void *count_up (void *counter_)
{
    for (int i = 0; i < 100000; i++)
        zmq_atomic_counter_inc (counter_);
    return NULL;
}

TEST (a413_atomic_counter_is_atomic)
{
    void *counter = zmq_atomic_counter_new ();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = start (count_up, counter);
    for (int i = 0; i < 4; i++)
        join (threads[i]);
    CHECK_INT (zmq_atomic_counter_value (counter), 400000);
    zmq_atomic_counter_destroy (&counter);
}

TEST (a413_stopwatch)
{
    void *watch = zmq_stopwatch_start ();
    CHECK (watch != NULL);
    sleep_ms (20);
    unsigned long first = zmq_stopwatch_intermediate (watch);
    CHECK (first >= 19000 && first < 10000000);
    sleep_ms (5);
    unsigned long second = zmq_stopwatch_intermediate (watch);
    CHECK (second >= first + 4000);
    unsigned long last = zmq_stopwatch_stop (watch);
    CHECK (last >= second && last < 10000000);
}

TEST (a413_sleep_takes_seconds)
{
    int64_t before = now_ms ();
    zmq_sleep (0);
    CHECK (now_ms () - before < 900);
    zmq_sleep (1);
    CHECK (now_ms () - before >= 990);
}

typedef struct
{
    char name[32];
    sigset_t mask;
    int ran;
} seen_t;

static void look (void *arg_)
{
    seen_t *seen = arg_;
    pthread_sigmask (SIG_SETMASK, NULL, &seen->mask);
    prctl (PR_GET_NAME, seen->name);
    seen->ran = 1;
}

TEST (a413_threads)
{
    seen_t seen = {"", {{0}}, 0};
    void *thread = zmq_threadstart (look, &seen);
    CHECK (thread != NULL);
    zmq_threadclose (thread);
    CHECK_INT (seen.ran, 1);
    CHECK_STR (seen.name, "ZMQapp");
    for (int sig = 1; sig < 32; sig++)
        if (sig != SIGKILL && sig != SIGSTOP)
            CHECK (sigismember (&seen.mask, sig));
}
