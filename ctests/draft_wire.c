/* What the draft API puts on the wire and takes from it. No reference at hand has that API, so the
 * wire reference alone says what is right. */
#include "wire.h"

/* ---- RADIO and DISH ------------------------------------------------------------------------ */

/* A message of a group, as a RADIO sends it. */
#define GROUP_BODY "01 03 'grp' 00 05 'body1'"

/* Receives one message and its group. */
static void expect_group (void *dish_, const char *group_, const char *text_)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_recv (&msg, dish_, 0), strlen (text_));
    CHECK (memcmp (zmq_msg_data (&msg), text_, strlen (text_)) == 0);
    CHECK_STR (zmq_msg_group (&msg), group_);
    CHECK_OK (zmq_msg_close (&msg));
}

/* A DISH that is in group "grp", and a RADIO that is its peer. */
static void *dish_in_group (int *peer_)
{
    void *dish = new_socket (ZMQ_DISH);
    CHECK_OK (set_int (dish, ZMQ_RCVTIMEO, PATIENCE));
    CHECK_OK (zmq_join (dish, "grp"));
    *peer_ = ready_peer (dish);
    EXPECT_HEX (*peer_, "04 08 04 'JOIN' 'grp'");
    return dish;
}

TEST (w_s34_joins_and_leaves_of_a_dish)
{
    EACH_WAY {
        int peer;
        void *dish = dish_in_group (&peer);
        char group[256] = "";
        memset (group, 'g', 255);
        CHECK_OK (zmq_join (dish, "grp1"));
        EXPECT_HEX (peer, "04 09 04 4A 4F 49 4E 67 72 70 31");
        CHECK_OK (zmq_leave (dish, "grp1"));
        EXPECT_HEX (peer, "04 0A 05 'LEAVE' 'grp1'");
        CHECK_OK (zmq_join (dish, group));
        EXPECT_HEX (peer, "06 0000000000000104 04 'JOIN' 'g'*255");
        CHECK_OK (zmq_join (dish, ""));
        EXPECT_HEX (peer, "04 05 04 'JOIN'");
    }
}

TEST (w_s34_a_new_radio_gets_each_group_once)
{
    EACH_WAY {
        int peer;
        void *dish = dish_in_group (&peer);
        close_peer (peer);
        peer = next_peer (dish);
        shake_hands (dish, peer, GREETING_31);
        EXPECT_HEX (peer, "04 08 04 'JOIN' 'grp'");
        send_hex (peer, GROUP_BODY);
        expect_group (dish, "grp", "body1");
    }
}

TEST (w030_commands_do_not_disturb_a_dish)
{
    EACH_WAY {
        int peer;
        void *dish = dish_in_group (&peer);
        send_hex (peer, "04 07 04 'PING' 0000 04 04 03 'ABC' 04 00 04 05 04 'PONG'");
        EXPECT_HEX (peer, "04 05 04 'PONG'");
        send_hex (peer, "01 03 'grp' 04 07 04 'PING' 0000 04 04 03 'ABC' 00 05 'body1'");
        EXPECT_HEX (peer, "04 05 04 'PONG'");
        expect_group (dish, "grp", "body1");
        EXPECT_SILENCE (peer);
    }
}

TEST (w_s34_a_dish_filters_by_group)
{
    EACH_WAY {
        int peer;
        void *dish = dish_in_group (&peer);
        send_hex (peer, "01 04 'grp1' 00 01 'x' 01 02 'gr' 00 01 'x' 01 00 00 01 'x' " GROUP_BODY);
        expect_group (dish, "grp", "body1");
        EXPECT_SILENCE (peer);
    }
}

TEST (w033_other_layouts_close_a_dish_for_good)
{
    static const char *const layouts[] = {"00 03 'grp'", "01 03 'grp' 01 01 'a' 00 01 'b'",
                                          "03 0000000000000100 'g'*256 00 01 'a'"};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            void *dish = new_socket (ZMQ_DISH), *events = watch (dish);
            int peer = ready_peer (dish);
            EXPECT_HS_OK (events);
            send_hex (peer, "%s", layouts[i]);
            EXPECT_CLOSED (peer);
            CHECK_STR (how_it_ended (events, STAYS_AWAY), "DISCONNECTED");
        }
}

/* Makes a RADIO say "body1" to "grp" and reads what comes of it. */
static void expect_body (void *radio_, int peer_, int comes_)
{
    heard (radio_, peer_);
    CHECK_INT (send_group (radio_, "other", "x", 0), 1);
    CHECK_INT (send_group (radio_, "grp", "body1", 0), 5);
    if (comes_)
        EXPECT_HEX (peer_, GROUP_BODY);
    EXPECT_SILENCE (peer_);
}

TEST (w044_a_radio_sends_the_group_first)
{
    EACH_WAY {
        void *radio = new_socket (ZMQ_RADIO);
        int peer = ready_peer (radio);
        expect_body (radio, peer, 0);
        send_hex (peer, "04 08 04 'JOIN' 'grp'");
        expect_body (radio, peer, 1);
        send_hex (peer, "04 09 05 'LEAVE' 'grp'");
        expect_body (radio, peer, 0);
    }
}

TEST (w044_who_joins_twice_gets_it_once)
{
    EACH_WAY {
        void *radio = new_socket (ZMQ_RADIO);
        int peer = ready_peer (radio);
        send_hex (peer, "04 08 04 'JOIN' 'grp' 04 08 04 'JOIN' 'grp'");
        expect_body (radio, peer, 1);
    }
}

TEST (w043_a_join_without_its_bit_is_ignored)
{
    EACH_WAY {
        void *radio = new_socket (ZMQ_RADIO);
        int peer = ready_peer (radio);
        send_hex (peer, "00 08 04 'JOIN' 'grp' 04 08 04 'join' 'grp'");
        expect_body (radio, peer, 0);
    }
}

TEST (w043_groups_of_more_than_255_bytes_close)
{
    static const char *const commands[] = {"06 0000000000000105 04 'JOIN' 'g'*256",
                                           "06 0000000000000106 05 'LEAVE' 'g'*256",
                                           "06 0000000000002005 04 'JOIN' 'g'*8192"};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            void *radio = new_socket (ZMQ_RADIO);
            int peer = ready_peer (radio);
            send_hex (peer, "06 0000000000000104 04 'JOIN' 'g'*255");
            EXPECT_SILENCE (peer);
            send_hex (peer, "%s", commands[i]);
            EXPECT_CLOSED (peer);
        }
}

/* ---- single frames ------------------------------------------------------------------------- */

TEST (w034_multipart_messages_are_dropped_whole)
{
    int types[] = {ZMQ_SERVER, ZMQ_CLIENT, ZMQ_GATHER, ZMQ_CHANNEL, ZMQ_PEER};
    EACH_WAY
        for (int i = 0; i < 5; i++) {
            void *socket = new_socket (types[i]);
            CHECK_OK (set_int (socket, ZMQ_RCVTIMEO, PATIENCE));
            int peer = ready_peer (socket);
            char text[10];
            send_hex (peer, "01 01 'a' 00 01 'b' 01 01 'a' 01 00 00 00 00 02 'hi'");
            CHECK_INT (zmq_recv (socket, text, sizeof text, 0), 2);
            CHECK (memcmp (text, "hi", 2) == 0);
            EXPECT_SILENCE (peer);
        }
}

TEST (w_s35_single_frames_have_nothing_around_them)
{
    int types[] = {ZMQ_CLIENT, ZMQ_SCATTER, ZMQ_CHANNEL};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            void *socket = new_socket (types[i]);
            int peer = ready_peer (socket);
            heard (socket, peer);
            CHECK_INT (send_str (socket, "hi", 0), 2);
            EXPECT_HEX (peer, "00 02 'hi'");
        }
}

TEST (w_s35_a_routing_id_is_not_for_the_wire)
{
    int types[] = {ZMQ_SERVER, ZMQ_PEER};
    EACH_WAY
        for (int i = 0; i < 2; i++) {
            void *socket = new_socket (types[i]);
            int peer = ready_peer (socket);
            send_hex (peer, "00 02 'hi'");
            uint32_t id = EXPECT_FROM (socket, "hi");
            CHECK (id != 0);
            CHECK_INT (send_to (socket, id, "ho", 0), 2);
            EXPECT_HEX (peer, "00 02 'ho'");
        }
}

TEST (w_s42_the_ready_of_each_draft_type)
{
    int types[] = {ZMQ_SERVER, ZMQ_CLIENT, ZMQ_RADIO, ZMQ_DISH, ZMQ_GATHER, ZMQ_SCATTER, ZMQ_PEER,
                   ZMQ_CHANNEL};
    EACH_WAY
        for (int i = 0; i < 8; i++) {
            void *socket = new_socket (types[i]), *events = watch (socket);
            int peer = join_peer (socket);
            shake_hands (socket, peer, GREETING_31);
            EXPECT_HS_OK (events);
        }
}

/* ---- options ------------------------------------------------------------------------------- */

TEST (w_s31_only_the_first_part_counts_if_asked)
{
    EACH_WAY {
        void *xpub = new_socket (ZMQ_XPUB);
        CHECK_OK (set_int (xpub, ZMQ_ONLY_FIRST_SUBSCRIBE, 1));
        int peer = ready_peer (xpub);
        send_hex (peer, "01 01 'a' 00 02 01 'T' 00 04 01 'end'");
        EXPECT (xpub, "a", "\1T");
        EXPECT_BIN (xpub, "\1end", 0);
        heard (xpub, peer);
        CHECK_INT (send_str (xpub, "Them", 0), 4);
        EXPECT_SILENCE (peer);
        send_hex (peer, "00 02 01 'T'");
        EXPECT_BIN (xpub, "\1T", 0);
        CHECK_INT (send_str (xpub, "Them", 0), 4);
        EXPECT_HEX (peer, "00 04 'Them'");
    }
}

TEST (w_s36_a_hello_is_the_first_message)
{
    int types[] = {ZMQ_DEALER, ZMQ_ROUTER};
    EACH_WAY
        for (int i = 0; i < 2; i++) {
            void *socket = new_socket (types[i]);
            CHECK_OK (set_str (socket, ZMQ_HELLO_MSG, "HELLO"));
            int peer = ready_peer (socket);
            EXPECT_HEX (peer, "00 05 'HELLO'");
            close_peer (peer);
            peer = next_peer (socket);
            shake_hands (socket, peer, GREETING_30);
            EXPECT_HEX (peer, "00 05 'HELLO'");
        }
}

TEST (w_s36_a_hello_to_old_peers)
{
    EACH_WAY {
        void *dealer = new_socket (ZMQ_DEALER);
        CHECK_OK (set_str (dealer, ZMQ_HELLO_MSG, "HELLO"));
        EXPECT_HEX (old_peer (dealer, 1), "00 05 'HELLO'");
        dealer = new_socket (ZMQ_DEALER);
        CHECK_OK (set_str (dealer, ZMQ_HELLO_MSG, "HELLO"));
        EXPECT_HEX (old_peer (dealer, 0), "06 00 'HELLO'");
    }
}
