/* What security does to the greeting. */
#include "wire.h"

TEST (w016_a_zap_domain_refuses_old_peers)
{
    static const char *const old[] = {"FF 00*8 7F 00 05", "FF 00*8 7F 01 05", "01 00",
                                      "FF 00*7 04 00 'xyz'"};
    EACH_WAY
        for (int i = 0; i < 4; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            CHECK_OK (set_str (pull, ZMQ_ZAP_DOMAIN, "domain"));
            int peer = join_peer (pull);
            send_hex (peer, "%s", old[i]);
            EXPECT_GONE (peer);
            CHECK_STR (how_it_ended (events, STAYS_AWAY), "DISCONNECTED");
        }
}
