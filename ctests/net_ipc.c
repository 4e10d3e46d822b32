/* ipc endpoints: paths, abstract names, wildcards, and who may connect. */
#include "network.h"

TEST (a63_a_path_is_a_socket_file)
{
    const char *place = fresh ("ipc");
    void *server = bound (ZMQ_DEALER, place);
    struct stat file;
    CHECK_OK (stat (place + 6, &file));
    CHECK (S_ISSOCK (file.st_mode));
    CHECK_STR (last_endpoint (server), place);
    void *client = connected (ZMQ_DEALER, place);
    CHECK_STR (last_endpoint (client), place);
    bounce (server, client);
}

TEST (a63_the_permissions_of_the_file_follow_the_umask)
{
    static const mode_t masks[] = {022, 077, 0};
    for (int i = 0; i < 3; i++) {
        const char *place = fresh ("ipc");
        struct stat file;
        umask (masks[i]);
        bound (ZMQ_DEALER, place);
        CHECK_OK (stat (place + 6, &file));
        CHECK_INT (file.st_mode & 0777, 0777 & ~masks[i]);
    }
}

TEST (a63_relative_paths)
{
    CHECK_OK (chdir (t_folder));
    const char *place = text_of ("ipc://%d-relative", (int) getpid ());
    void *server = bound (ZMQ_DEALER, place);
    CHECK_STR (last_endpoint (server), place);
    bounce (server, connected (ZMQ_DEALER, place));
    void *other = connected (ZMQ_DEALER, text_of ("ipc://%s/%s", t_folder, place + 6));
    send_parts (other, "by the absolute path", NULL);
    EXPECT (server, "by the absolute path");
}

/* An endpoint whose text after ipc:// has `length_` bytes. */
static const char *place_of_length (int length_)
{
    char *text = t_text ();
    int n = sprintf (text, "ipc://%s/", t_folder);
    memset (text + n, 'x', (size_t) (length_ + 6 - n));
    text[length_ + 6] = 0;
    return text;
}

TEST (h239_a_path_has_up_to_107_bytes)
{
    void *server = new_socket (ZMQ_DEALER), *client = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_bind (server, place_of_length (107)));
    CHECK_OK (zmq_connect (client, place_of_length (107)));
    bounce (server, client);
    static const int lengths[] = {108, 109, 200};
    for (int i = 0; i < 3; i++) {
        CHECK_FAIL (zmq_bind (server, place_of_length (lengths[i])), ENAMETOOLONG);
        CHECK_FAIL (zmq_connect (client, place_of_length (lengths[i])), ENAMETOOLONG);
    }
    CHECK_STR (last_endpoint (server), place_of_length (107));
}

TEST (h239_paths_where_nothing_can_be_bound)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (socket, ZMQ_LINGER, 0));
    CHECK_FAIL (zmq_bind (socket, text_of ("ipc://%s/missing/name", t_folder)), ENOENT);
    CHECK_FAIL (zmq_bind (socket, text_of ("ipc://%s", t_folder)), EADDRINUSE);
    CHECK_FAIL (zmq_bind (socket, "ipc://@"), EINVAL);
    CHECK_FAIL (zmq_bind (socket, "ipc://"), EINVAL);
    CHECK_FAIL (zmq_bind (socket, "IPC://name"), EPROTONOSUPPORT);
    CHECK_FAIL (zmq_connect (socket, "ipc://@"), EINVAL);
    CHECK_FAIL (zmq_connect (socket, "ipc://"), EINVAL);
    CHECK_STR (last_endpoint (socket), "");
    /* what may come to be is accepted */
    CHECK_OK (zmq_connect (socket, text_of ("ipc://%s/missing/name", t_folder)));
    CHECK_OK (zmq_connect (socket, text_of ("ipc://%s", t_folder)));
    const char *file = fresh_path ();
    CHECK_OK (close (creat (file, 0600)));
    CHECK_FAIL (zmq_bind (socket, text_of ("ipc://%s/name", file)), ENOTDIR);
}

TEST (h240_the_file_of_an_explicit_path_stays)
{
    const char *place = fresh ("ipc");
    void *server = bound (ZMQ_DEALER, place), *events = watch (server);
    CHECK_OK (zmq_unbind (server, place));
    AWAIT (events, ZMQ_EVENT_CLOSED);
    CHECK_OK (access (place + 6, F_OK));
    CHECK_OK (zmq_bind (server, place));
    close_socket (server);
    AWAIT (events, ZMQ_EVENT_CLOSED);
    finish ();
    CHECK_OK (access (place + 6, F_OK));
}

TEST (s_d6_a_second_bind_takes_the_path_over)
{
    const char *place = fresh ("ipc");
    void *one = bound (ZMQ_DEALER, place), *first = connected (ZMQ_DEALER, place);
    bounce (one, first);
    void *two = bound (ZMQ_DEALER, place), *second = connected (ZMQ_DEALER, place);
    bounce (two, second);
    bounce (one, first); /* which has its connection still */
    CHECK_OK (zmq_bind (two, place)); /* its own one, too */
    CHECK_OK (zmq_unbind (two, place));
    CHECK_FAIL (zmq_unbind (two, place), ENOENT);
}

OURS_ONLY (s_d6_a_file_that_is_no_socket_is_left_alone, "references delete the file")
{
    const char *place = fresh ("ipc");
    int fd = creat (place + 6, 0600);
    CHECK_INT (write (fd, "mine", 4), 4);
    void *server = new_socket (ZMQ_DEALER);
    CHECK_FAIL (zmq_bind (server, place), EADDRINUSE);
    struct stat file;
    CHECK_OK (stat (place + 6, &file));
    CHECK (S_ISREG (file.st_mode));
    CHECK_INT (file.st_size, 4);
}

TEST (s_d6_a_socket_file_nobody_listens_at_is_replaced)
{
    const char *place = fresh ("ipc");
    close (raw_listen (place, 1));
    CHECK_OK (access (place + 6, F_OK));
    void *server = bound (ZMQ_DEALER, place);
    bounce (server, connected (ZMQ_DEALER, place));
}

TEST (h238_a_path_can_be_bound_again_right_after_the_close)
{
    const char *place = fresh ("ipc");
    void *client = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (client, place));
    for (int i = 0; i < 5; i++) {
        void *server = bound (ZMQ_DEALER, place), *events = watch (server);
        AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        bounce (server, client);
        close_socket (server);
    }
}

TEST (h240_a_wildcard_makes_a_private_folder_and_removes_it)
{
    CHECK_OK (setenv ("TMPDIR", t_folder, 1));
    for (int closes = 0; closes < 2; closes++) {
        void *server = bound (ZMQ_DEALER, "ipc://*"), *events = watch (server);
        const char *place = place_of (server), *prefix = text_of ("ipc://%s/tmp", t_folder);
        CHECK (strncmp (place, prefix, strlen (prefix)) == 0);
        CHECK_INT (strlen (place), strlen (prefix) + strlen ("XXXXXX/socket"));
        CHECK_STR (place + strlen (prefix) + 6, "/socket");
        struct stat file;
        CHECK_OK (stat (place + 6, &file));
        CHECK (S_ISSOCK (file.st_mode));
        const char *folder = text_of ("%.*s", (int) strlen (place) - 6 - 7, place + 6);
        CHECK_OK (stat (folder, &file));
        CHECK_INT (file.st_mode, S_IFDIR | 0700);
        bounce (server, connected (ZMQ_DEALER, place));
        CHECK_FAIL (zmq_unbind (server, "ipc://*"), ENOENT);
        if (closes)
            close_socket (server);
        else
            CHECK_OK (zmq_unbind (server, place));
        AWAIT (events, ZMQ_EVENT_CLOSED);
        WAIT_UNTIL (access (folder, F_OK) == -1 && errno == ENOENT);
    }
}

TEST (h240_each_wildcard_has_a_folder_of_its_own)
{
    CHECK_OK (setenv ("TMPDIR", t_folder, 1));
    void *one = bound (ZMQ_DEALER, "ipc://*"), *two = bound (ZMQ_DEALER, "ipc://*");
    CHECK (strcmp (place_of (one), place_of (two)) != 0);
    bounce (one, connected (ZMQ_DEALER, last_endpoint (one)));
    bounce (two, connected (ZMQ_DEALER, last_endpoint (two)));
}

/* Binds the wildcard and checks in which folder that happens. */
static void expect_wildcard_in (const char *folder_)
{
    void *server = bound (ZMQ_DEALER, "ipc://*");
    const char *prefix = text_of ("ipc://%stmp", folder_);
    if (strncmp (last_endpoint (server), prefix, strlen (prefix)) != 0)
        FAIL ("bound to %s, expected %s...", last_endpoint (server), prefix);
    close_socket (server);
}

TEST (a63_the_folder_of_a_wildcard)
{
    const char *one = fresh_path (), *two = fresh_path (), *three = fresh_path ();
    CHECK_OK (mkdir (one, 0700));
    CHECK_OK (mkdir (two, 0700));
    CHECK_OK (mkdir (three, 0700));
    CHECK_OK (setenv ("TMPDIR", one, 1));
    CHECK_OK (setenv ("TEMPDIR", two, 1));
    CHECK_OK (setenv ("TMP", three, 1));
    expect_wildcard_in (text_of ("%s/", one));
    CHECK_OK (setenv ("TMPDIR", "/missing", 1));
    expect_wildcard_in (text_of ("%s/", two));
    CHECK_OK (setenv ("TEMPDIR", "/dev/null", 1));
    expect_wildcard_in (text_of ("%s/", three));
    CHECK_OK (unsetenv ("TMPDIR"));
    CHECK_OK (unsetenv ("TEMPDIR"));
    CHECK_OK (unsetenv ("TMP"));
    CHECK_OK (chdir (t_folder));
    expect_wildcard_in (""); /* the current one */
}

TEST (a63_what_follows_the_star_is_ignored)
{
    CHECK_OK (setenv ("TMPDIR", t_folder, 1));
    void *server = bound (ZMQ_DEALER, "ipc://*what/ever");
    CHECK_STR (strrchr (last_endpoint (server), '/'), "/socket");
    CHECK (!strstr (last_endpoint (server), "what"));
    bounce (server, connected (ZMQ_DEALER, last_endpoint (server)));
}

TEST (a63_a_wildcard_path_that_gets_too_long)
{
    const char *folder = fresh_path ();
    char path[400];
    CHECK_OK (mkdir (folder, 0700));
    snprintf (path, sizeof path, "%s/%090d", folder, 0);
    CHECK_OK (mkdir (path, 0700));
    CHECK_OK (setenv ("TMPDIR", path, 1));
    CHECK_FAIL (zmq_bind (new_socket (ZMQ_DEALER), "ipc://*"), ENAMETOOLONG);
    CHECK_OK (rmdir (path)); /* what had been made was removed */
}

/* A name in the abstract namespace that no other test uses. */
static const char *abstract_name (void)
{
    static int number;
    return text_of ("ipc://@ctests-%d-%d", (int) getpid (), ++number);
}

TEST (a63_abstract_names)
{
    const char *place = abstract_name ();
    void *server = bound (ZMQ_DEALER, place);
    CHECK_STR (last_endpoint (server), place);
    void *client = connected (ZMQ_DEALER, place);
    CHECK_STR (last_endpoint (client), place);
    bounce (server, client);
    CHECK_FAIL (zmq_bind (new_socket (ZMQ_DEALER), place), EADDRINUSE);
    CHECK_FAIL (zmq_bind (server, place), EADDRINUSE);
    CHECK_INT (access (place + 6, F_OK), -1);
}

TEST (a63_an_abstract_name_has_no_padding)
{
    const char *place = abstract_name ();
    bound (ZMQ_DEALER, place);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy (address.sun_path + 1, place + 7, strlen (place + 7));
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    CHECK_OK (connect (fd, (struct sockaddr *) &address,
                       (socklen_t) (offsetof (struct sockaddr_un, sun_path) + strlen (place + 6))));
    raw_handshake (fd, "DEALER", NULL);
}

TEST (a63_an_abstract_name_is_free_after_the_close)
{
    const char *place = abstract_name ();
    void *server = bound (ZMQ_DEALER, place);
    CHECK_OK (zmq_unbind (server, place));
    bind_again (server, place);
    close_socket (server);
    void *next = new_socket (ZMQ_DEALER);
    bind_again (next, place);
    bounce (next, connected (ZMQ_DEALER, place));
}

TEST (h239_an_abstract_name_has_up_to_107_bytes_with_its_sign)
{
    char place[200];
    snprintf (place, sizeof place, "ipc://@%0106d", (int) getpid ());
    CHECK_INT (strlen (place + 6), 107);
    void *server = bound (ZMQ_DEALER, place);
    bounce (server, connected (ZMQ_DEALER, place));
    strcat (place, "0");
    CHECK_FAIL (zmq_bind (server, place), ENAMETOOLONG);
    CHECK_FAIL (zmq_connect (server, place), ENAMETOOLONG);
}

TEST (h247_use_fd_listens_on_a_prepared_descriptor_of_ipc)
{
    const char *place = fresh ("ipc");
    int fd = raw_listen (place, 10);
    void *server = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (server, ZMQ_USE_FD, fd));
    CHECK_OK (zmq_bind (server, "ipc://some/other/name"));
    CHECK_STR (last_endpoint (server), place);
    bounce (server, connected (ZMQ_DEALER, place));
    CHECK_OK (zmq_unbind (server, place));
    WAIT_UNTIL (fcntl (fd, F_GETFD) == -1); /* it belonged to the socket */
    CHECK_OK (access (place + 6, F_OK));
}

TEST (a52_use_fd_of_ipc_still_checks_the_address)
{
    void *server = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (server, ZMQ_USE_FD, raw_listen (fresh ("ipc"), 10)));
    CHECK_FAIL (zmq_bind (server, "ipc://@"), EINVAL);
    CHECK_FAIL (zmq_bind (server, place_of_length (108)), ENAMETOOLONG);
}

/* Binds a socket with one filter or two, and checks whether this process gets in. */
static void try_filters (int one_, long value_, int two_, long second_, int admitted_)
{
    const char *place = fresh ("ipc");
    void *server = new_socket (ZMQ_DEALER), *client = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (server, one_, (int) value_));
    if (two_)
        CHECK_OK (set_int (server, two_, (int) second_));
    void *events = watch (server);
    CHECK_OK (zmq_bind (server, place));
    EXPECT_EVENT (events, ZMQ_EVENT_LISTENING);
    CHECK_OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (client, place));
    if (admitted_) {
        EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
        bounce (server, client);
    } else {
        EXPECT_EVENT (events, ZMQ_EVENT_ACCEPT_FAILED);
        EXPECT_EVENT (events, ZMQ_EVENT_ACCEPT_FAILED); /* it comes again */
    }
    close_socket (client);
    close_socket (server);
}

TEST (s_d6_filters_of_users_groups_and_processes)
{
    try_filters (ZMQ_IPC_FILTER_UID, getuid (), 0, 0, 1);
    try_filters (ZMQ_IPC_FILTER_UID, getuid () + 1, 0, 0, 0);
    try_filters (ZMQ_IPC_FILTER_GID, getgid (), 0, 0, 1);
    try_filters (ZMQ_IPC_FILTER_GID, getgid () + 54321, 0, 0, 0);
    try_filters (ZMQ_IPC_FILTER_PID, getpid (), 0, 0, 1);
    try_filters (ZMQ_IPC_FILTER_PID, getpid () + 1, 0, 0, 0);
    /* one match is enough */
    try_filters (ZMQ_IPC_FILTER_UID, getuid () + 1, ZMQ_IPC_FILTER_UID, getuid (), 1);
    try_filters (ZMQ_IPC_FILTER_UID, getuid () + 1, ZMQ_IPC_FILTER_PID, getpid (), 1);
    try_filters (ZMQ_IPC_FILTER_PID, getpid () + 1, ZMQ_IPC_FILTER_GID, getgid (), 1);
    try_filters (ZMQ_IPC_FILTER_UID, getuid () + 1, ZMQ_IPC_FILTER_PID, getpid () + 1, 0);
}

TEST (s_d6_no_filter_is_left_after_clearing)
{
    void *server = new_socket (ZMQ_DEALER);
    static const int options[] = {ZMQ_IPC_FILTER_UID, ZMQ_IPC_FILTER_GID, ZMQ_IPC_FILTER_PID};
    for (int i = 0; i < 3; i++) {
        CHECK_OK (set_int (server, options[i], 54321));
        CHECK_OK (zmq_setsockopt (server, options[i], NULL, 0));
    }
    const char *place = fresh ("ipc");
    CHECK_OK (zmq_bind (server, place));
    bounce (server, connected (ZMQ_DEALER, place));
}

TEST (s_d6_a_refused_client_sees_its_handshake_fail)
{
    void *server = new_socket (ZMQ_DEALER), *client = new_socket (ZMQ_DEALER);
    const char *place = fresh ("ipc");
    CHECK_OK (set_int (server, ZMQ_IPC_FILTER_PID, getpid () + 1));
    CHECK_OK (zmq_bind (server, place));
    CHECK_OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    void *events = watch (client);
    CHECK_OK (zmq_connect (client, place));
    for (int i = 0; i < 2; i++) {
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECTED);
        int why = EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        CHECK (why == EPIPE || why == ECONNRESET);
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED);
    }
}
