/* CZMQ's authentication at work, a line for each case: what a server and its clients have seen.
 *
 *     auth FOLDER
 *
 * The folder is for certificates and passwords, and empty. The output is the same whatever libzmq is
 * behind CZMQ: `compat/czmq/run` compares. Each case has a process of its own, as CZMQ has but one
 * context in each, and one handler in that.
 */
#include <czmq.h>
#include <sys/wait.h>
#include <utime.h>

#define LIMIT 10000 /* milliseconds that anything may take */

__attribute__ ((noreturn)) static void fail (const char *what_)
{
    printf ("FAILED: %s\n", what_);
    fflush (stdout);
    _exit (1);
}

#define CHECK(condition_)                                                                          \
    do {                                                                                           \
        if (!(condition_))                                                                         \
            fail (#condition_);                                                                    \
    } while (0)

/* ---- mechanisms ---------------------------------------------------------------------------- */

typedef void options_t (zsock_t *socket_);

static zcert_t *server_cert, *client_cert;

static void none (zsock_t *socket_)
{
    (void) socket_;
}

static void asks (zsock_t *socket_)
{
    zsock_set_zap_domain (socket_, "shop");
}

static void plain_server (zsock_t *socket_)
{
    zsock_set_zap_domain (socket_, "shop");
    zsock_set_plain_server (socket_, 1);
}

static void admin (zsock_t *socket_)
{
    zsock_set_plain_username (socket_, "admin");
    zsock_set_plain_password (socket_, "secret");
}

static void forger (zsock_t *socket_)
{
    zsock_set_plain_username (socket_, "admin");
    zsock_set_plain_password (socket_, "Secret");
}

static void nobody (zsock_t *socket_)
{
    zsock_set_plain_username (socket_, "nobody");
    zsock_set_plain_password (socket_, "secret");
}

static void curve_server (zsock_t *socket_)
{
    zsock_set_zap_domain (socket_, "shop");
    zcert_apply (server_cert, socket_);
    zsock_set_curve_server (socket_, 1);
}

static void curve_client (zsock_t *socket_)
{
    zcert_apply (client_cert, socket_);
    zsock_set_curve_serverkey (socket_, zcert_public_txt (server_cert));
}

static void curve_client_bytes (zsock_t *socket_)
{
    zcert_apply (client_cert, socket_);
    zsock_set_curve_serverkey_bin (socket_, zcert_public_key (server_cert));
}

static void curve_misled (zsock_t *socket_)
{
    zcert_apply (client_cert, socket_);
    zsock_set_curve_serverkey (socket_, zcert_public_txt (client_cert));
}

/* ---- visits -------------------------------------------------------------------------------- */

/* What separates the results of a case. */
static const char *separator = "";

static zactor_t *watch (zsock_t *socket_)
{
    zactor_t *monitor = zactor_new (zmonitor, socket_);
    CHECK (monitor);
    zstr_sendx (monitor, "LISTEN", "HANDSHAKE_SUCCEEDED", "HANDSHAKE_FAILED_NO_DETAIL",
                "HANDSHAKE_FAILED_PROTOCOL", "HANDSHAKE_FAILED_AUTH", NULL);
    zstr_send (monitor, "START");
    zsock_wait (monitor);
    return monitor;
}

/* How the handshake ended; errors that depend on who hangs up first are one. */
static char *handshake (zactor_t *monitor_)
{
    zmsg_t *event = zmsg_recv (monitor_);
    CHECK (event);
    char *name = zmsg_popstr (event), *value = zmsg_popstr (event), *text;
    int number = atoi (value);
    if (streq (name, "HANDSHAKE_SUCCEEDED"))
        text = strdup ("in");
    else if (streq (name, "HANDSHAKE_FAILED_NO_DETAIL"))
        text = strdup (number == EPIPE || number == ECONNRESET || number == EAGAIN ? "gives up"
                       : number == EFAULT ? "no handler" : value);
    else
        text = zsys_sprintf ("%s %s", name + strlen ("HANDSHAKE_FAILED_"), value);
    zstr_free (&name);
    zstr_free (&value);
    zmsg_destroy (&event);
    return text;
}

/* Prints whom a message is said to come from. */
static void print_user (zframe_t *frame_)
{
    const char *user = zframe_meta (frame_, "User-Id"), *name = zframe_meta (frame_, "name");
    if (user && client_cert && streq (user, zcert_public_txt (client_cert)))
        user = "its key";
    printf ("in as %s", user ? user : "(none)");
    if (name)
        printf (" called %s", name);
}

static void talk (zsock_t *server_, zsock_t *client_)
{
    CHECK (zstr_sendx (client_, "hello", "", "end", NULL) == 0);
    zmsg_t *message = zmsg_recv (server_);
    CHECK (message);
    print_user (zmsg_last (message));
    size_t frames = zmsg_size (message);
    if (zsock_type (server_) == ZMQ_PULL) {
        zmsg_destroy (&message);
        printf (", %zu frames", frames);
        return;
    }
    CHECK (zmsg_send (&message, server_) == 0);
    char *first, *second, *third;
    CHECK (zstr_recvx (client_, &first, &second, &third, NULL) == 3);
    printf (", told %s, %s, %s", first, second, third);
    zstr_free (&first);
    zstr_free (&second);
    zstr_free (&third);
}

/* One client meets a server; what comes of it is printed. */
static void visit_by (int server_type_, options_t *server_options_, int client_type_,
                      options_t *client_options_, bool server_binds_)
{
    zsock_t *server = zsock_new (server_type_), *client = zsock_new (client_type_);
    zsock_t *both[] = {server, client};
    CHECK (server && client);
    for (int i = 0; i < 2; i++) {
        zsock_set_rcvtimeo (both[i], LIMIT);
        zsock_set_sndtimeo (both[i], LIMIT);
        zsock_set_linger (both[i], LIMIT);
    }
    server_options_ (server);
    client_options_ (client);
    zactor_t *seen_by_server = watch (server), *seen_by_client = watch (client);
    zsock_t *bound = server_binds_ ? server : client, *other = server_binds_ ? client : server;
    CHECK (zsock_bind (bound, "tcp://127.0.0.1:*") > 0);
    CHECK (zsock_connect (other, "%s", zsock_endpoint (bound)) == 0);

    char *client_end = handshake (seen_by_client), *server_end = handshake (seen_by_server);
    fputs (separator, stdout);
    separator = "; ";
    if (streq (client_end, "in") && streq (server_end, "in")) {
        talk (server, client);
    } else {
        printf ("server: %s, client: %s", server_end, client_end);
        CHECK (!(zsock_events (server) & ZMQ_POLLIN));
        zsock_set_linger (client, 0);
        zsock_set_linger (server, 0);
    }
    zstr_free (&client_end);
    zstr_free (&server_end);
    zactor_destroy (&seen_by_client);
    zactor_destroy (&seen_by_server);
    zsock_destroy (&client);
    zsock_destroy (&server);
}

static void visit (options_t *server_, options_t *client_)
{
    visit_by (ZMQ_REP, server_, ZMQ_REQ, client_, true);
}

/* The same over the patterns, with either side binding. */
static void visit_in_all_ways (options_t *server_, options_t *client_)
{
    static const int types[][2] = {
      {ZMQ_REP, ZMQ_REQ}, {ZMQ_PULL, ZMQ_PUSH}, {ZMQ_ROUTER, ZMQ_DEALER}, {ZMQ_PAIR, ZMQ_PAIR}};
    for (int i = 0; i < 4; i++)
        for (int binds = 0; binds < 2; binds++)
            visit_by (types[i][0], server_, types[i][1], client_, binds);
}

/* ---- the handler --------------------------------------------------------------------------- */

static zactor_t *handler (zcertstore_t *store_)
{
    zactor_t *auth = zactor_new (zauth, store_);
    CHECK (auth);
    return auth;
}

/* Tells the handler something, and waits until it has understood. */
static void tell (zactor_t *auth_, const char *command_, const char *argument_)
{
    zstr_sendx (auth_, command_, argument_, NULL);
    CHECK (zsock_wait (auth_) == 0);
}

/* Writes passwords that were changed some seconds ago, as changes of this second go unseen. */
static void write_passwords (const char *text_, int seconds_ago_)
{
    FILE *file = fopen ("passwords", "w");
    CHECK (file && fputs (text_, file) >= 0 && fclose (file) == 0);
    struct utimbuf times = {time (NULL) - seconds_ago_, time (NULL) - seconds_ago_};
    CHECK (utime ("passwords", &times) == 0);
}

static void new_certificates (void)
{
    server_cert = zcert_new ();
    client_cert = zcert_new ();
    CHECK (server_cert && client_cert);
}

/* ---- cases --------------------------------------------------------------------------------- */

static void null_without_a_handler (void)
{
    visit (none, none);
    visit (asks, none);
    visit_in_all_ways (asks, none);
}

static void null_without_a_policy (void)
{
    handler (NULL);
    visit_in_all_ways (asks, none);
}

static void null_of_allowed_addresses (void)
{
    zactor_t *auth = handler (NULL);
    tell (auth, "ALLOW", "10.1.2.3");
    visit (asks, none);
    visit (none, none);
    tell (auth, "ALLOW", "127.0.0.1");
    visit (asks, none);
}

static void null_of_denied_addresses (void)
{
    zactor_t *auth = handler (NULL);
    tell (auth, "DENY", "10.1.2.3");
    visit (asks, none);
    tell (auth, "DENY", "127.0.0.1");
    visit (asks, none);
    visit (none, none);
}

static void plain_without_passwords (void)
{
    handler (NULL);
    visit (plain_server, admin);
}

static void plain_with_a_file_of_passwords (void)
{
    write_passwords ("admin=secret\nguest=\n", 100);
    tell (handler (NULL), "PLAIN", "passwords");
    visit (plain_server, admin);
    visit (plain_server, forger);
    visit (plain_server, nobody);
}

static void plain_with_a_file_that_changes (void)
{
    write_passwords ("admin=before\n", 100);
    tell (handler (NULL), "PLAIN", "passwords");
    visit (plain_server, admin);
    write_passwords ("admin=secret\n", 50);
    visit (plain_server, admin);
}

static void plain_in_all_ways (void)
{
    write_passwords ("admin=secret\n", 100);
    tell (handler (NULL), "PLAIN", "passwords");
    visit_in_all_ways (plain_server, admin);
    visit_in_all_ways (plain_server, forger);
}

static void plain_of_a_denied_address (void)
{
    zactor_t *auth = handler (NULL);
    write_passwords ("admin=secret\n", 100);
    tell (auth, "PLAIN", "passwords");
    tell (auth, "DENY", "127.0.0.1");
    visit (plain_server, admin);
}

static void impatient_plain_server (zsock_t *socket_)
{
    plain_server (socket_);
    zsock_set_handshake_ivl (socket_, 300);
}

static void impatient_admin (zsock_t *socket_)
{
    admin (socket_);
    zsock_set_handshake_ivl (socket_, 300);
}

static void plain_without_a_handler (void)
{
    visit (impatient_plain_server, impatient_admin);
}

static void curve_without_a_handler (void)
{
    new_certificates ();
    visit (curve_server, curve_client);
    visit (curve_server, curve_client_bytes);
}

static void curve_without_a_policy (void)
{
    new_certificates ();
    handler (NULL);
    visit (curve_server, curve_client);
}

static void curve_that_allows_any (void)
{
    new_certificates ();
    tell (handler (NULL), "CURVE", CURVE_ALLOW_ANY);
    visit_in_all_ways (curve_server, curve_client);
}

static void curve_with_the_key_of_another_server (void)
{
    new_certificates ();
    tell (handler (NULL), "CURVE", CURVE_ALLOW_ANY);
    visit (curve_server, curve_misled);
}

static void curve_of_a_denied_address (void)
{
    new_certificates ();
    zactor_t *auth = handler (NULL);
    tell (auth, "CURVE", CURVE_ALLOW_ANY);
    tell (auth, "DENY", "127.0.0.1");
    visit (curve_server, curve_client);
}

static void curve_with_a_folder_of_certificates (void)
{
    new_certificates ();
    CHECK (zsys_dir_create ("friends") == 0);
    zcert_t *other = zcert_new ();
    CHECK (zcert_save_public (other, "friends/other.txt") == 0);
    tell (handler (NULL), "CURVE", "friends");
    visit (curve_server, curve_client);
    zcert_set_meta (client_cert, "name", "Client %d", 1);
    CHECK (zcert_save_public (client_cert, "friends/client.txt") == 0);
    visit_in_all_ways (curve_server, curve_client);
    CHECK (zsys_file_delete ("friends/client.txt") == 0);
    visit (curve_server, curve_client);
}

static void curve_with_a_store_of_certificates (void)
{
    new_certificates ();
    zcertstore_t *store = zcertstore_new (NULL);
    zcert_t *known = zcert_dup (client_cert);
    zcert_set_meta (known, "name", "Known");
    zcertstore_insert (store, &known);
    handler (store);
    visit (curve_server, curve_client);
    zcert_destroy (&client_cert);
    client_cert = zcert_new ();
    visit (curve_server, curve_client);
}

static void certificates_on_disk (void)
{
    new_certificates ();
    zcert_set_meta (server_cert, "email", "%s@example.com", "server");
    CHECK (zcert_save (server_cert, "server.txt") == 0);
    CHECK (zcert_save_secret (client_cert, "client.txt") == 0);
    zcert_t *server = zcert_load ("server.txt"), *public = zcert_load ("client.txt");
    CHECK (server && public);
    zcert_t *again = zcert_new_from (zcert_public_key (server), zcert_secret_key (server));
    printf ("equal: %d %d %d, text of %zu and %zu, %s; ", zcert_eq (server, server_cert),
            zcert_eq (server, again), zcert_eq (server, public), strlen (zcert_public_txt (server)),
            strlen (zcert_secret_txt (server)), zcert_meta (server, "email"));
    zcertstore_t *store = zcertstore_new (".");
    printf ("in the store: %d %d; ", zcertstore_lookup (store, zcert_public_txt (server)) != NULL,
            zcertstore_lookup (store, "none") != NULL);
    zcertstore_destroy (&store);
    /* What was read from the disk is good for a connection. */
    zcert_destroy (&server_cert);
    zcert_destroy (&client_cert);
    server_cert = server;
    client_cert = public;
    visit (curve_server, curve_client);
}

static void mechanisms (void)
{
    new_certificates ();
    printf ("has CURVE: %d; ", zsys_has_curve ());
    options_t *all[] = {none, plain_server, admin, curve_server, curve_client};
    for (int i = 0; i < 5; i++) {
        zsock_t *socket = zsock_new (ZMQ_DEALER);
        all[i](socket);
        printf ("%d %d %d; ", zsock_mechanism (socket), zsock_plain_server (socket),
                zsock_curve_server (socket));
        zsock_destroy (&socket);
    }
    zsock_t *socket = zsock_new (ZMQ_DEALER);
    curve_client (socket);
    char *key = zsock_curve_serverkey (socket), *own = zsock_curve_publickey (socket);
    printf ("keys: %d %d", streq (key, zcert_public_txt (server_cert)),
            streq (own, zcert_public_txt (client_cert)));
    zstr_free (&key);
    zstr_free (&own);
    zsock_destroy (&socket);
}

#define CASES(C)                                                                                   \
    C (mechanisms)                                                                                 \
    C (null_without_a_handler)                                                                     \
    C (null_without_a_policy)                                                                      \
    C (null_of_allowed_addresses)                                                                  \
    C (null_of_denied_addresses)                                                                   \
    C (plain_without_passwords)                                                                    \
    C (plain_with_a_file_of_passwords)                                                             \
    C (plain_with_a_file_that_changes)                                                             \
    C (plain_in_all_ways)                                                                          \
    C (plain_of_a_denied_address)                                                                  \
    C (plain_without_a_handler)                                                                    \
    C (curve_without_a_handler)                                                                    \
    C (curve_without_a_policy)                                                                     \
    C (curve_that_allows_any)                                                                      \
    C (curve_with_the_key_of_another_server)                                                       \
    C (curve_of_a_denied_address)                                                                  \
    C (curve_with_a_folder_of_certificates)                                                        \
    C (curve_with_a_store_of_certificates)                                                         \
    C (certificates_on_disk)

#define ENTRY(name_) {#name_, name_},
static const struct
{
    const char *name;
    void (*run) (void);
} cases[] = {CASES (ENTRY)};

int main (int argc_, char **argv_)
{
    int failed = 0;
    if (argc_ != 2 || chdir (argv_[1]) != 0)
        return 2;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status;
        printf ("%s: ", cases[i].name);
        fflush (stdout);
        pid_t child = fork ();
        if (child == 0) {
            alarm (4 * LIMIT / 1000);
            cases[i].run ();
            puts ("");
            fflush (stdout);
            _exit (0); /* what a case has left open ends with its process */
        }
        waitpid (child, &status, 0);
        if (status != 0) {
            printf ("FAILED with status %d\n", status);
            failed = 1;
        }
    }
    return failed;
}
