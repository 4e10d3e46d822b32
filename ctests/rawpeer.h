/* Peers made by hand: plain descriptors that connect, listen, read and write bytes, and as much
 * ZMTP 3.1 as a peer of a socket under test has to say.
 *
 * Every wait has the deadline PATIENCE; nothing here waits for time to pass.
 */
#ifndef CTESTS_RAWPEER_H
#define CTESTS_RAWPEER_H

#include "sockets.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* ---- places -------------------------------------------------------------------------------- */

/* The transports that a test of both goes through. */
enum
{
    TCP,
    IPC,
    TRANSPORTS
};
#define EACH_TRANSPORT(name_) for (int name_ = TCP; name_ < TRANSPORTS; name_++)

/* A copy of a text in one of eight static buffers, for texts that LAST_ENDPOINT would overwrite. */
T_FN const char *kept (const char *text_)
{
    static char texts[8][1024];
    static int turn;
    char *to = texts[turn++ % 8];
    snprintf (to, sizeof texts[0], "%s", text_);
    return to;
}

/* An endpoint to bind to: tcp with a port of the system's choice, or an ipc name of its own that
 * leaves no file. */
T_FN const char *free_endpoint (int transport_)
{
    static int number;
    char text[64];
    if (transport_ == TCP)
        return "tcp://127.0.0.1:*";
    snprintf (text, sizeof text, "ipc://@ctests-%d-%d", (int) getpid (), ++number);
    return kept (text);
}

/* Binds a socket and returns the endpoint that results. */
T_FN const char *bind_to (void *socket_, const char *endpoint_)
{
    CHECK_OK (zmq_bind (socket_, endpoint_));
    return kept (last_endpoint (socket_));
}
T_FN const char *bind_over (int transport_, void *socket_)
{
    return bind_to (socket_, free_endpoint (transport_));
}

/* The address of a tcp or ipc endpoint; returns its length. */
T_FN socklen_t place_of (const char *endpoint_, struct sockaddr_storage *place_)
{
    memset (place_, 0, sizeof *place_);
    if (strncmp (endpoint_, "ipc://", 6) == 0) {
        struct sockaddr_un *un = (struct sockaddr_un *) place_;
        un->sun_family = AF_UNIX;
        snprintf (un->sun_path, sizeof un->sun_path, "%s", endpoint_ + 6);
        size_t size = offsetof (struct sockaddr_un, sun_path) + strlen (un->sun_path);
        if (un->sun_path[0] != '@')
            return (socklen_t) size + 1;
        un->sun_path[0] = 0;
        return (socklen_t) size;
    }
    struct sockaddr_in *in = (struct sockaddr_in *) place_;
    char host[64];
    int port;
    if (sscanf (endpoint_, "tcp://%63[0-9.]:%d", host, &port) != 2)
        FAIL ("\"%s\" is no endpoint of a plain peer", endpoint_);
    in->sin_family = AF_INET;
    in->sin_port = htons ((uint16_t) port);
    CHECK_INT (inet_pton (AF_INET, host, &in->sin_addr), 1);
    return sizeof *in;
}

/* How the library prints the name that getsockname or getpeername gives for a descriptor. */
T_FN const char *name_of (int fd_, int (*get_) (int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    char text[64], host[32];
    CHECK_OK (get_ (fd_, (struct sockaddr *) &in, &size));
    CHECK_INT (in.sin_family, AF_INET);
    CHECK (inet_ntop (AF_INET, &in.sin_addr, host, sizeof host) != NULL);
    snprintf (text, sizeof text, "tcp://%s:%d", host, ntohs (in.sin_port));
    return kept (text);
}

/* A port of 127.0.0.1 at which nobody listens for as long as the test runs: a descriptor that never
 * listens holds it. */
T_FN const char *refused_endpoint (void)
{
    struct sockaddr_storage place;
    socklen_t size = place_of ("tcp://127.0.0.1:0", &place);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK (fd >= 0);
    CHECK_OK (bind (fd, (struct sockaddr *) &place, size));
    return name_of (fd, getsockname);
}

/* A path in a new private folder, as an ipc endpoint; both are for the test to remove. */
T_FN const char *ipc_endpoint (void)
{
    char folder[] = P_tmpdir "/ctests-XXXXXX", text[64];
    CHECK (mkdtemp (folder) != NULL);
    snprintf (text, sizeof text, "ipc://%s/s", folder);
    return kept (text);
}

/* Removes what `ipc_endpoint` and a bind to it have made. */
T_FN void remove_ipc (const char *endpoint_)
{
    char folder[64];
    snprintf (folder, sizeof folder, "%s", endpoint_ + 6);
    unlink (folder);
    *strrchr (folder, '/') = 0;
    CHECK_OK (rmdir (folder));
}

/* ---- plain descriptors --------------------------------------------------------------------- */

/* A plain descriptor connected to an endpoint. */
T_FN int plain_connect (const char *endpoint_)
{
    struct sockaddr_storage place;
    socklen_t size = place_of (endpoint_, &place);
    int fd = socket (place.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    CHECK (fd >= 0);
    CHECK_OK (connect (fd, (struct sockaddr *) &place, size));
    if (place.ss_family == AF_INET)
        CHECK_OK (setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    return fd;
}

/* A plain listener at 127.0.0.1; `endpoint_` gets its endpoint. */
T_FN int plain_listen (const char **endpoint_)
{
    struct sockaddr_storage place;
    socklen_t size = place_of ("tcp://127.0.0.1:0", &place);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK (fd >= 0);
    CHECK_OK (bind (fd, (struct sockaddr *) &place, size));
    CHECK_OK (listen (fd, 10));
    *endpoint_ = name_of (fd, getsockname);
    return fd;
}

/* Waits until a descriptor can be read or has ended. */
T_FN int plain_readable (int fd_, int ms_)
{
    struct pollfd item = {fd_, POLLIN, 0};
    int64_t deadline = now_ms () + ms_;
    int rc;
    while ((rc = poll (&item, 1, ms_)) == -1 && errno == EINTR)
        ms_ = deadline > now_ms () ? (int) (deadline - now_ms ()) : 0;
    return rc == 1;
}

/* The next connection of a plain listener. */
T_FN int plain_accept (int listener_)
{
    if (!plain_readable (listener_, PATIENCE))
        FAIL ("nobody connects");
    int fd = accept4 (listener_, NULL, NULL, SOCK_CLOEXEC), on = 1;
    CHECK (fd >= 0);
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* ipc has none */
    return fd;
}

/* Writes all the bytes. */
T_FN void plain_write (int fd_, const void *data_, size_t size_)
{
    for (size_t done = 0; done < size_;) {
        ssize_t n = send (fd_, (const char *) data_ + done, size_ - done, MSG_NOSIGNAL);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            FAIL ("writing to a plain peer gave %s", errno_name (errno));
        done += (size_t) n;
    }
}

/* Writes a string literal that may contain zero bytes. */
#define PLAIN_WRITE(fd_, literal_) plain_write (fd_, literal_, sizeof (literal_) - 1)

/* Reads exactly so many bytes. */
T_FN void plain_read (int fd_, void *data_, size_t size_)
{
    for (size_t done = 0; done < size_;) {
        if (!plain_readable (fd_, PATIENCE))
            FAIL ("%zu bytes came, expected %zu", done, size_);
        ssize_t n = recv (fd_, (char *) data_ + done, size_ - done, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            FAIL ("the link ended after %zu bytes, expected %zu", done, size_);
        done += (size_t) n;
    }
}

/* Reads exactly the bytes of a string literal. */
#define PLAIN_EXPECT(fd_, literal_)                                                                \
    do {                                                                                           \
        char t_bytes[sizeof (literal_)];                                                           \
        plain_read (fd_, t_bytes, sizeof (literal_) - 1);                                          \
        if (memcmp (t_bytes, literal_, sizeof (literal_) - 1) != 0)                                \
            FAIL ("read %s, expected %s", t_hex (t_bytes, sizeof (literal_) - 1),                  \
                  t_hex (literal_, sizeof (literal_) - 1));                                        \
    } while (0)

/* As PLAIN_EXPECT, while the socket gets the chance to notice its new peer: what it says first to
 * one that it accepted, its thread has to say. */
#define PLAIN_EXPECT_OF(socket_, fd_, literal_)                                                    \
    do {                                                                                           \
        WAIT_UNTIL ((settle (socket_), plain_readable (fd_, 0)));                                  \
        PLAIN_EXPECT (fd_, literal_);                                                              \
    } while (0)

/* Reads until the other side closes or resets the link. */
T_FN void plain_drain (int fd_)
{
    char bytes[4096];
    for (;;) {
        if (!plain_readable (fd_, PATIENCE))
            FAIL ("the other side never closes the link");
        ssize_t n = recv (fd_, bytes, sizeof bytes, 0);
        if (n == 0 || (n == -1 && errno != EINTR))
            return;
    }
}

/* Closes with a reset, as a peer does that dies. */
T_FN void plain_reset (int fd_)
{
    struct linger hard = {1, 0};
    CHECK_OK (setsockopt (fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
    CHECK_OK (close (fd_));
}

/* ---- ZMTP 3.1 by hand ---------------------------------------------------------------------- */

/* Writes a greeting of ZMTP 3.1 with this mechanism. */
T_FN void zmtp_greet (int fd_, const char *mechanism_)
{
    char greeting[64] = {(char) 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1};
    strncpy (greeting + 12, mechanism_, 20);
    plain_write (fd_, greeting, sizeof greeting);
}

/* Appends a property to metadata; returns the end. */
T_FN char *zmtp_property (char *to_, const char *name_, const void *value_, size_t size_)
{
    uint32_t length = htonl ((uint32_t) size_);
    *to_++ = (char) strlen (name_);
    to_ = stpcpy (to_, name_);
    memcpy (to_, &length, sizeof length);
    memcpy (to_ + sizeof length, value_, size_);
    return to_ + sizeof length + size_;
}

/* Writes a frame with these flags and a body of at most 255 bytes. */
T_FN void zmtp_frame (int fd_, int flags_, const void *body_, size_t size_)
{
    char frame[257] = {(char) flags_, (char) size_};
    CHECK (size_ <= 255);
    memcpy (frame + 2, body_, size_);
    plain_write (fd_, frame, size_ + 2);
}

/* Writes a READY of this socket type, with more properties that `more_` holds in their encoding. */
T_FN void zmtp_ready_with (int fd_, const char *type_, const void *more_, size_t size_)
{
    char body[255] = "\5READY";
    char *end = zmtp_property (body + 6, "Socket-Type", type_, strlen (type_));
    CHECK (size_ <= (size_t) (body + sizeof body - end));
    if (size_)
        memcpy (end, more_, size_);
    zmtp_frame (fd_, 4, body, (size_t) (end - body) + size_);
}

T_FN void zmtp_ready (int fd_, const char *type_)
{
    zmtp_ready_with (fd_, type_, NULL, 0);
}

/* Reads the other side's greeting. */
T_FN void zmtp_greeted (int fd_)
{
    unsigned char greeting[64];
    plain_read (fd_, greeting, sizeof greeting);
    CHECK_INT (greeting[0], 0xff);
    CHECK_INT (greeting[10], 3);
    CHECK_INT (greeting[11], 1);
}

/* Reads a frame of at most 255 bytes; returns its flags, its size goes to `size_`. */
T_FN int zmtp_read (int fd_, char body_[256], size_t *size_)
{
    unsigned char head[2];
    plain_read (fd_, head, sizeof head);
    CHECK_INT (head[0] & 2, 0);
    plain_read (fd_, body_, head[1]);
    body_[head[1]] = 0;
    *size_ = head[1];
    return head[0];
}

/* Reads one frame with these flags and the body of a C string. */
T_FN void t_zmtp_expect (const char *file_, int line_, int fd_, int flags_, const char *body_)
{
    char body[256];
    size_t size;
    int flags = zmtp_read (fd_, body, &size);
    if (flags != flags_ || size != strlen (body_) || memcmp (body, body_, size) != 0)
        t_fail (file_, line_, "read flags %d and \"%s\", expected %d and \"%s\"", flags, body,
                flags_, body_);
}
#define ZMTP_EXPECT(fd_, flags_, body_) t_zmtp_expect (__FILE__, __LINE__, fd_, flags_, body_)

/* Goes through a whole handshake with the mechanism NULL, as a peer of this type, with more
 * properties in their encoding. */
T_FN void zmtp_handshake_with (int fd_, const char *type_, const void *more_, size_t size_)
{
    char body[256];
    size_t length;
    zmtp_greet (fd_, "NULL");
    zmtp_greeted (fd_);
    zmtp_ready_with (fd_, type_, more_, size_);
    CHECK_INT (zmtp_read (fd_, body, &length), 4);
    CHECK (length > 6 && memcmp (body, "\5READY", 6) == 0);
}

T_FN void zmtp_handshake (int fd_, const char *type_)
{
    zmtp_handshake_with (fd_, type_, NULL, 0);
}

#endif
