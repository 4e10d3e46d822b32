/* What the tests of PLAIN with peers made by hand share. */
#ifndef CTESTS_SECURITY_PLAIN_PEER_H
#define CTESTS_SECURITY_PLAIN_PEER_H

#include "security_wire.h"

#define GREETING "FF 00*8 7F 03 01 'PLAIN' 00*15 00 00*31 "
#define GREETING_OF_30 "FF 00*8 7F 03 00 'PLAIN' 00*15 00 00*31 "
#define PLAIN_GREETING OUR_SIGNATURE "03 01 'PLAIN' 00*15 00 00*31 "
#define HELLO "04 11 05 'HELLO' 05 'admin' 04 'pass' "
#define WELCOME "04 08 07 'WELCOME' "
#define INITIATE_PUSH "04 1D 08 'INITIATE' " TYPE ("04", "PUSH")
#define READY_PUSH "04 1A 05 'READY' " TYPE ("04", "PUSH")

T_FN void *server_socket (int type_)
{
    void *socket = new_socket (type_);
    plain_server (socket);
    return socket;
}

T_FN void *client_socket (int type_)
{
    void *socket = new_socket (type_);
    plain_client (socket);
    return socket;
}

/* A peer that has exchanged greetings. */
T_FN int greeted_peer (void *socket_)
{
    int peer = join_peer (socket_);
    send_hex (peer, GREETING);
    EXPECT_HEX (peer, PLAIN_GREETING);
    return peer;
}

/* A client of the library that the handler has admitted. */
T_FN int welcome_peer (void *socket_, void *zap_)
{
    int peer = greeted_peer (socket_);
    send_hex (peer, HELLO);
    zap_request (zap_, "", "", "PLAIN");
    zap_reply (zap_, "200", "somebody");
    EXPECT_HEX (peer, WELCOME);
    return peer;
}

/* A server of the library that knows who it is. */
T_FN int helloed_peer (void *socket_)
{
    int peer = greeted_peer (socket_);
    EXPECT_HEX (peer, HELLO);
    return peer;
}

#endif
