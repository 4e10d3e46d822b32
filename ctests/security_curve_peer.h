/* A peer that speaks CURVE, made by hand: it makes each command as bytes that a test may change
 * before it sends them, and opens what the library says.
 *
 *     curve_t c = curve_client_of (socket);        the library is the server
 *     curve_greet (&c, 1);
 *     bytes_t hello = curve_hello (&c);
 *     hello.data[6] = 2;
 *     curve_send (&c, 4, hello);
 *
 * Keys are those of appendix A of the wire reference, all of them: the peer's short ones too, so
 * that what it says is known bit for bit. Programs that include this need libsodium.
 */
#ifndef CTESTS_SECURITY_CURVE_PEER_H
#define CTESTS_SECURITY_CURVE_PEER_H

#include "security_wire.h"

#include <sodium.h>

/* One end of a connection. Of the keys, those of its own side are set from the beginning. */
typedef struct
{
    int fd;                                         /* the peer of wire.h */
    int is_client;                                  /* which the library is not */
    unsigned char secret[32], pub[32];              /* long-term, own */
    unsigned char short_secret[32], short_pub[32];  /* of this connection, own */
    unsigned char server_pub[32];                   /* S, as the client believes it */
    unsigned char their_short[32];                  /* of the library */
    unsigned char their_pub[32];                    /* C, as the server has learnt it */
    unsigned char cookie[96], cookie_key[32];
    unsigned char key[32];                          /* K */
    uint64_t nonce;                                 /* of the next command */
    uint64_t their_nonce;                           /* of the last command opened */
} curve_t;

/* A key of appendix A: so many consecutive bytes. */
T_FN void consecutive (unsigned char *to_, int first_, int count_)
{
    for (int i = 0; i < count_; i++)
        to_[i] = (unsigned char) (first_ + i);
}

T_FN curve_t curve_new (int fd_, int is_client_)
{
    unsigned char s[32];
    curve_t c = {.fd = fd_, .is_client = is_client_, .nonce = 1};
    consecutive (s, 0, 32);
    consecutive (c.secret, is_client_ ? 0x20 : 0, 32);
    consecutive (c.short_secret, is_client_ ? 0x40 : 0x60, 32);
    consecutive (c.cookie_key, 0x80, 32);
    crypto_scalarmult_base (c.pub, c.secret);
    crypto_scalarmult_base (c.short_pub, c.short_secret);
    crypto_scalarmult_base (c.server_pub, s);
    return c;
}

/* ---- boxes --------------------------------------------------------------------------------- */

/* A nonce of a prefix and eight or sixteen bytes. */
T_FN const unsigned char *nonce_of (const char *prefix_, const void *rest_)
{
    static unsigned char nonce[24];
    size_t length = strlen (prefix_);
    memcpy (nonce, prefix_, length);
    memcpy (nonce + length, rest_, sizeof nonce - length);
    return nonce;
}

/* A counter as it stands on the wire. */
T_FN const unsigned char *counter_bytes (uint64_t value_)
{
    static unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char) (value_ >> (56 - 8 * i));
    return bytes;
}

T_FN uint64_t counter_of (const unsigned char *bytes_)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes_[i];
    return value;
}

/* The key that two ends have in common. Where the public one is of low order, it is the one that
 * follows from nothing: any end can know it. */
T_FN void common_key (unsigned char key_[32],
                      const unsigned char pub_[32],
                      const unsigned char secret_[32])
{
    static const unsigned char zero[32];
    if (crypto_box_beforenm (key_, pub_, secret_) != 0)
        crypto_core_hsalsa20 (key_, zero, zero, NULL);
}

/* Appends a box of some plain bytes. */
T_FN void append_box (bytes_t *to_,
                      const void *plain_,
                      size_t size_,
                      const unsigned char *nonce_,
                      const unsigned char key_[32])
{
    unsigned char *box = malloc (size_ + 16);
    crypto_box_easy_afternm (box, plain_, size_, nonce_, key_);
    append (to_, box, size_ + 16);
    free (box);
}

/* Opens a box of the library, which must be right. */
#define OPEN_BOX(to_, box_, size_, nonce_, key_)                                                   \
    CHECK_INT (crypto_box_open_easy_afternm (to_, box_, size_, nonce_, key_), 0)

/* ---- keys that are none ---------------------------------------------------------------------- */

/* Points of low order: whatever the other side's secret, the common key follows from nothing, so a
 * box can be made without any secret. */
__attribute__ ((unused)) static const char *const low_order[] = {
  "00*32",
  "01 00*31",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ec ff*30 7f",
  "ed ff*30 7f",
  "ee ff*30 7f",
};
#define LOW_ORDER (sizeof low_order / sizeof *low_order)

T_FN void low_key (unsigned char to_[32], size_t which_)
{
    bytes_t bytes = parse_bytes (low_order[which_]);
    CHECK_INT (bytes.size, 32);
    memcpy (to_, bytes.data, 32);
    free (bytes.data);
}

/* ---- what the peer says -------------------------------------------------------------------- */

/* Sends the greeting of a peer with this mechanism and minor version and reads that of a socket
 * with CURVE. */
T_FN void curve_greet (const curve_t *c_, int minor_)
{
    send_hex (c_->fd, "FF 00*8 7F 03 %02X 'CURVE' 00*15 %02X 00*31", minor_, !c_->is_client);
    EXPECT_HEX (c_->fd, OUR_SIGNATURE "03 01 'CURVE' 00*15 00 00*31");
}

/* Sends a frame with these flags, to which LONG is added where its size wants it, and frees it. */
T_FN void curve_send (const curve_t *c_, int flags_, bytes_t body_)
{
    bytes_t frame = {NULL, 0};
    unsigned char head[2] = {(unsigned char) flags_, (unsigned char) body_.size};
    if (body_.size > 255) {
        head[0] |= 2;
        append (&frame, head, 1);
        append (&frame, counter_bytes (body_.size), 8);
    } else
        append (&frame, head, 2);
    append (&frame, body_.data, body_.size);
    send_bytes (c_->fd, frame.data, frame.size);
    free (frame.data);
    free (body_.data);
}

T_FN bytes_t curve_hello (curve_t *c_)
{
    static const unsigned char zeros[72];
    unsigned char key[32];
    bytes_t body = parse_bytes ("05 'HELLO' 01 00 00*72");
    uint64_t nonce = c_->nonce++;
    append (&body, c_->short_pub, 32);
    append (&body, counter_bytes (nonce), 8);
    common_key (key, c_->server_pub, c_->short_secret);
    append_box (&body, zeros, 64, nonce_of ("CurveZMQHELLO---", counter_bytes (nonce)), key);
    return body;
}

T_FN bytes_t curve_welcome (curve_t *c_)
{
    unsigned char plain[64], random[16], box[80], inner[128], key[32];
    bytes_t body = parse_bytes ("07 'WELCOME'");
    memcpy (plain, c_->their_short, 32);
    memcpy (plain + 32, c_->short_secret, 32);
    consecutive (random, 0xA0, 16);
    crypto_secretbox_easy (box, plain, 64, nonce_of ("COOKIE--", random), c_->cookie_key);
    memcpy (c_->cookie, random, 16);
    memcpy (c_->cookie + 16, box, 80);
    memcpy (inner, c_->short_pub, 32);
    memcpy (inner + 32, c_->cookie, 96);
    consecutive (random, 0xB0, 16);
    append (&body, random, 16);
    common_key (key, c_->their_short, c_->secret);
    append_box (&body, inner, 128, nonce_of ("WELCOME-", random), key);
    return body;
}

/* What stands in the box of an INITIATE before the metadata, for tests that change it. */
typedef struct
{
    unsigned char pub[32];           /* C */
    unsigned char vouch_short[32];   /* C', in the vouch */
    unsigned char vouch_server[32];  /* S, in the vouch */
    unsigned char vouch_secret[32];  /* with what the vouch is sealed: c */
    int vouch_flip;                  /* the byte of nonce and box of the vouch to change, or -1 */
} initiate_t;

T_FN initiate_t proper_initiate (const curve_t *c_)
{
    initiate_t i = {.vouch_flip = -1};
    memcpy (i.pub, c_->pub, 32);
    memcpy (i.vouch_short, c_->short_pub, 32);
    memcpy (i.vouch_server, c_->server_pub, 32);
    memcpy (i.vouch_secret, c_->secret, 32);
    return i;
}

T_FN bytes_t curve_initiate_with (curve_t *c_, const initiate_t *i_, bytes_t metadata_)
{
    unsigned char plain[64], random[16], key[32];
    bytes_t body = parse_bytes ("08 'INITIATE'"), inner = {NULL, 0};
    uint64_t nonce = c_->nonce++;
    consecutive (random, 0xC0, 16);
    memcpy (plain, i_->vouch_short, 32);
    memcpy (plain + 32, i_->vouch_server, 32);
    append (&inner, i_->pub, 32);
    append (&inner, random, 16);
    common_key (key, c_->their_short, i_->vouch_secret);
    append_box (&inner, plain, 64, nonce_of ("VOUCH---", random), key);
    if (i_->vouch_flip >= 0)
        inner.data[32 + i_->vouch_flip] ^= 1;
    append (&inner, metadata_.data, metadata_.size);
    free (metadata_.data);
    append (&body, c_->cookie, 96);
    append (&body, counter_bytes (nonce), 8);
    append_box (&body, inner.data, inner.size,
                nonce_of ("CurveZMQINITIATE", counter_bytes (nonce)), c_->key);
    free (inner.data);
    return body;
}

T_FN bytes_t curve_initiate (curve_t *c_, bytes_t metadata_)
{
    initiate_t i = proper_initiate (c_);
    return curve_initiate_with (c_, &i, metadata_);
}

/* A box with a counter after the name of a command: READY and MESSAGE. */
T_FN bytes_t curve_sealed (curve_t *c_, const char *name_, const char *prefix_, bytes_t plain_)
{
    bytes_t body = parse_bytes (name_);
    uint64_t nonce = c_->nonce++;
    append (&body, counter_bytes (nonce), 8);
    append_box (&body, plain_.data, plain_.size, nonce_of (prefix_, counter_bytes (nonce)),
                c_->key);
    free (plain_.data);
    return body;
}

T_FN bytes_t curve_ready (curve_t *c_, bytes_t metadata_)
{
    return curve_sealed (c_, "05 'READY'", "CurveZMQREADY---", metadata_);
}

/* A MESSAGE whose plain bytes are given as text: the flags, then the payload. */
__attribute__ ((format (printf, 2, 3), unused)) static bytes_t
curve_message (curve_t *c_, const char *format_, ...)
{
    va_list args;
    va_start (args, format_);
    bytes_t plain = format_bytes (format_, args);
    va_end (args);
    return curve_sealed (c_, "07 'MESSAGE'",
                         c_->is_client ? "CurveZMQMESSAGEC" : "CurveZMQMESSAGES", plain);
}

/* Sends a MESSAGE of these plain bytes. */
#define CURVE_SAY(c_, ...) curve_send (c_, 0, curve_message (c_, __VA_ARGS__))

/* The metadata of a peer of this type, with an empty identity. */
T_FN bytes_t metadata_of (const char *type_)
{
    char text[200];
    snprintf (text, sizeof text, "0B 'Socket-Type' %08zX '%s' 08 'Identity' 00000000",
              strlen (type_), type_);
    return parse_bytes (text);
}

/* ---- what the library says ----------------------------------------------------------------- */

/* Reads the next frame, which must have these flags besides LONG, and this size if it is not 0. */
T_FN bytes_t t_curve_read (const char *file_, int line_, const curve_t *c_, int flags_, size_t size_)
{
    static unsigned char body[1 << 21];
    bytes_t copy = {NULL, 0};
    size_t size;
    int flags = read_frame (c_->fd, body, sizeof body, &size);
    if ((flags & ~2) != flags_ || (size_ && size != size_))
        t_fail (file_, line_, "flags %02X and %zu bytes came: %s, expected %02X and %zu", flags,
                size, show_bytes (body, size), flags_, size_);
    if (((flags & 2) != 0) != (size > 255))
        t_fail (file_, line_, "a frame of %zu bytes has the flags %02X", size, flags);
    append (&copy, body, size);
    return copy;
}

/* A body begins with these bytes, given as text. */
T_FN void t_begins (const char *file_, int line_, bytes_t body_, const char *text_)
{
    bytes_t want = parse_bytes (text_);
    if (body_.size < want.size || memcmp (body_.data, want.data, want.size) != 0)
        t_fail (file_, line_, "%s came, expected %s", show_bytes (body_.data, body_.size),
                show_bytes (want.data, want.size));
    free (want.data);
}
#define BEGINS(body_, text_) t_begins (__FILE__, __LINE__, body_, text_)

/* Reads the server's WELCOME: from now on the client has K and a cookie. */
#define CURVE_WELCOMED(c_) t_curve_welcomed (__FILE__, __LINE__, c_)
T_FN void t_curve_welcomed (const char *file_, int line_, curve_t *c_)
{
    unsigned char inner[128], key[32];
    bytes_t body = t_curve_read (file_, line_, c_, 4, 168);
    BEGINS (body, "07 'WELCOME'");
    common_key (key, c_->server_pub, c_->short_secret);
    OPEN_BOX (inner, body.data + 24, 144, nonce_of ("WELCOME-", body.data + 8), key);
    memcpy (c_->their_short, inner, 32);
    memcpy (c_->cookie, inner + 32, 96);
    common_key (c_->key, c_->their_short, c_->short_secret);
    free (body.data);
}

/* Reads the client's HELLO. */
#define CURVE_HELLOED(c_) t_curve_helloed (__FILE__, __LINE__, c_)
T_FN void t_curve_helloed (const char *file_, int line_, curve_t *c_)
{
    static const unsigned char zeros[64];
    unsigned char plain[64], key[32];
    bytes_t body = t_curve_read (file_, line_, c_, 4, 200);
    BEGINS (body, "05 'HELLO' 01 00 00*72");
    memcpy (c_->their_short, body.data + 80, 32);
    c_->their_nonce = counter_of (body.data + 112);
    common_key (key, c_->their_short, c_->secret);
    OPEN_BOX (plain, body.data + 120, 80, nonce_of ("CurveZMQHELLO---", body.data + 112), key);
    CHECK (memcmp (plain, zeros, 64) == 0);
    common_key (c_->key, c_->their_short, c_->short_secret);
    free (body.data);
}

/* Reads the client's INITIATE, checks it in full, and returns its metadata. */
#define CURVE_INITIATED(c_) t_curve_initiated (__FILE__, __LINE__, c_)
T_FN bytes_t t_curve_initiated (const char *file_, int line_, curve_t *c_)
{
    unsigned char vouch[64], key[32];
    bytes_t body = t_curve_read (file_, line_, c_, 4, 0), metadata = {NULL, 0};
    BEGINS (body, "08 'INITIATE'");
    CHECK (body.size >= 257);
    CHECK (memcmp (body.data + 9, c_->cookie, 96) == 0);
    c_->their_nonce = counter_of (body.data + 105);
    size_t size = body.size - 113 - 16;
    unsigned char *inner = malloc (size);
    OPEN_BOX (inner, body.data + 113, size + 16, nonce_of ("CurveZMQINITIATE", body.data + 105),
              c_->key);
    memcpy (c_->their_pub, inner, 32);
    common_key (key, c_->their_pub, c_->short_secret);
    OPEN_BOX (vouch, inner + 48, 80, nonce_of ("VOUCH---", inner + 32), key);
    CHECK (memcmp (vouch, c_->their_short, 32) == 0);
    CHECK (memcmp (vouch + 32, c_->pub, 32) == 0);
    append (&metadata, inner + 128, size - 128);
    free (inner);
    free (body.data);
    return metadata;
}

/* Opens a READY or a MESSAGE of the library. */
T_FN bytes_t t_curve_opened (
  const char *file_, int line_, curve_t *c_, int flags_, const char *name_, const char *prefix_)
{
    bytes_t body = t_curve_read (file_, line_, c_, flags_, 0), plain = {NULL, 0};
    t_begins (file_, line_, body, name_);
    size_t head = (size_t) body.data[0] + 1;
    CHECK (body.size >= head + 24);
    c_->their_nonce = counter_of (body.data + head);
    plain.size = body.size - head - 24;
    plain.data = malloc (plain.size + 1);
    OPEN_BOX (plain.data, body.data + head + 8, body.size - head - 8,
              nonce_of (prefix_, body.data + head), c_->key);
    free (body.data);
    return plain;
}

#define CURVE_READY(c_)                                                                            \
    t_curve_opened (__FILE__, __LINE__, c_, 4, "05 'READY'", "CurveZMQREADY---")

/* Some plain bytes are those of the text, and are freed. */
T_FN void t_curve_is (const char *file_, int line_, bytes_t plain_, const char *text_)
{
    bytes_t want = parse_bytes (text_);
    if (plain_.size != want.size || memcmp (plain_.data, want.data, want.size) != 0)
        t_fail (file_, line_, "in the box is %s, expected %s",
                show_bytes (plain_.data, plain_.size), show_bytes (want.data, want.size));
    free (want.data);
    free (plain_.data);
}

/* The library's next MESSAGE has the next counter and these plain bytes. */
#define CURVE_EXPECT(c_, text_)                                                                    \
    do {                                                                                           \
        uint64_t t_before = (c_)->their_nonce;                                                     \
        t_curve_is (__FILE__, __LINE__,                                                            \
                    t_curve_opened (__FILE__, __LINE__, c_, 0, "07 'MESSAGE'",                     \
                                    (c_)->is_client ? "CurveZMQMESSAGES" : "CurveZMQMESSAGEC"),    \
                    text_);                                                                        \
        CHECK_INT ((c_)->their_nonce, t_before + 1);                                               \
    } while (0)

/* ---- whole handshakes ---------------------------------------------------------------------- */

/* A socket that is a server of CURVE. */
T_FN void *curve_socket (int type_)
{
    void *socket = new_socket (type_);
    curve_server (socket);
    return socket;
}

/* A peer that is the client of a socket with `curve_server`, before its greeting. */
T_FN curve_t curve_client_of (void *socket_)
{
    return curve_new (join_peer (socket_), 1);
}

/* A peer that is the server of a socket with `curve_client`, before its greeting. */
T_FN curve_t curve_server_of (void *socket_)
{
    return curve_new (join_peer (socket_), 0);
}

/* The client has greeted, has said HELLO and is welcome. */
T_FN curve_t welcome_client_of (void *socket_)
{
    curve_t c = curve_client_of (socket_);
    curve_greet (&c, 1);
    curve_send (&c, 4, curve_hello (&c));
    CURVE_WELCOMED (&c);
    return c;
}

/* The client is ready. */
T_FN curve_t ready_client_with (void *socket_, int minor_)
{
    curve_t c = curve_client_of (socket_);
    curve_greet (&c, minor_);
    curve_send (&c, 4, curve_hello (&c));
    CURVE_WELCOMED (&c);
    curve_send (&c, 4, curve_initiate (&c, metadata_of (counterpart (socket_))));
    free (CURVE_READY (&c).data);
    CHECK_INT (c.their_nonce, 1);
    return c;
}

T_FN curve_t ready_client_of (void *socket_)
{
    return ready_client_with (socket_, 1);
}

/* The server has read the HELLO, has sent its WELCOME and has an INITIATE. */
T_FN curve_t initiated_server_of (void *socket_)
{
    curve_t c = curve_server_of (socket_);
    curve_greet (&c, 1);
    CURVE_HELLOED (&c);
    curve_send (&c, 4, curve_welcome (&c));
    free (CURVE_INITIATED (&c).data);
    return c;
}

/* The server is ready. */
T_FN curve_t ready_server_of (void *socket_)
{
    curve_t c = initiated_server_of (socket_);
    curve_send (&c, 4, curve_ready (&c, metadata_of (counterpart (socket_))));
    return c;
}

/* What the peer has said has reached the socket: see `heard` of wire.h. */
T_FN void curve_heard (void *socket_, curve_t *c_)
{
    for (int i = 0; i < 2; i++) {
        CURVE_SAY (c_, "02 04 'PING' 0000 'heard'");
        CURVE_EXPECT (c_, "02 04 'PONG' 'heard'");
    }
    settle (socket_);
}

#endif
