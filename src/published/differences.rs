//! Where this library answers and the reference does something else, on purpose, and the test that
//! pins each answer.

#![forbid(unsafe_code)]

use std::fs;

use super::in_package;

/// One intended difference.
pub(super) struct Difference {
    /// What the program does, or what happens to it.
    pub(super) when: &'static str,
    /// What libzmq 4.3.5 does.
    pub(super) reference: &'static str,
    /// What happens here.
    pub(super) here: &'static str,
    /// The names of tests, in `ctests/`, in `src/` or in `compat/gssapi/`.
    pub(super) tests: &'static [&'static str],
}

/// Shortens the table.
const fn row(
    when: &'static str,
    reference: &'static str,
    here: &'static str,
    tests: &'static [&'static str],
) -> Difference {
    Difference { when, reference, here, tests }
}

/// All of them; those that belong to transports come with these.
#[rustfmt::skip] // One row, one line.
pub(super) const DIFFERENCES: &[Difference] = &[
    row("NULL endpoint to bind or connect", "aborts", "EINVAL", &["a82_null_endpoint_is_einval"]),
    row("`ZMQ_BACKLOG` of 100, which is the default", "asks the kernel for 100; of more that connect at once, some wait a second", "asks for 4096", &["the_kernel_holds_more_connections_unless_the_program_says_how_many"]),
    row("NULL value with a length in `zmq_setsockopt`", "crashes", "EINVAL", &["a82_null_option_values"]),
    row("NULL value or length in `zmq_getsockopt`", "crashes", "EINVAL", &["a82_null_getsockopt_arguments"]),
    row("sending a message that is NULL or closed", "crashes", "EFAULT", &["a82_send_of_an_invalid_message_is_efault"]),
    row("NULL message to `zmq_msg_*`", "crashes", "EFAULT, NULL or 0", &["a82_null_messages"]),
    row("`zmq_msg_data`, `zmq_msg_size` of a closed message", "undefined", "NULL, 0", &["a82_closed_messages"]),
    row("closing a message whose `zmq_msg_init_size` failed", "undefined", "EFAULT", &["a82_a_failed_init_size_leaves_an_invalid_message"]),
    row("NULL buffer with a length in send, receive, `init_data`, `init_buffer`", "crashes", "EFAULT", &["a82_null_buffers_are_efault"]),
    row("`zmq_msg_copy` of a message onto itself", "destroys it", "keeps it", &["a82_copy_onto_itself_keeps_the_message"]),
    row("proxy or device with NULL or closed sockets", "crashes", "EFAULT or ENOTSOCK", &["a82_proxies_of_bad_sockets"]),
    row("steerable proxy with one socket as both ends", "a draft build crashes", "works", &["a82_steerable_with_one_socket_works"]),
    row("PAUSE to a steerable proxy", "goes on forwarding", "forwards nothing until RESUME", &["a410_pause_stops_forwarding", "s_g2_pause_stops_forwarding_and_resume_restarts_it"]),
    row("TERMINATE to a paused proxy", "never paused in the first place", "ends it", &["s_g2_a_paused_proxy_can_be_terminated"]),
    row("`ZMQ_CONNECT_ROUTING_ID` that is in use", "aborts in `zmq_connect`", "EINVAL", &["a82_duplicate_connect_routing_id_is_einval", "s_a82_a_connect_routing_id_in_use_gives_einval"]),
    row("NULL to `zmq_has`, `zmq_timers_destroy`, `zmq_join`, `zmq_msg_set_group`", "crashes", "0, EFAULT or EINVAL", &["a82_null_utility_arguments", "a82_null_group_is_einval"]),
    row("a short group set where a long one was", "keeps the long one", "replaces it", &["a82_a_short_group_replaces_a_long_one"]),
    row("DGRAM: sending before it is bound", "aborts", "EAGAIN", &["a82_dgram_before_its_bind_is_eagain"]),
    row("`zmq_poller_add` of a socket after its context was terminated", "aborts", "ETERM", &["a82_a_socket_added_after_termination_gives_eterm"]),
    row("reading `ZMQ_BUSY_POLL`", "writes the value and answers EINVAL", "answers", &["a53_busy_poll_is_readable"]),
    row("options of GSSAPI", "as it was built: Debian's has them", "EINVAL, unless built with the cargo feature `gssapi`", &["a51_gssapi_options_are_not_built_in", "options_of_gssapi_are_built_in_with_it"]),
    row("GSSAPI: a handler that answers 300, 400 or 500", "HANDSHAKE_FAILED_AUTH, and the peer is let in", "HANDSHAKE_FAILED_AUTH, and the peer is not", &["any_verdict_but_a_good_one_ends_it_without_a_word"]),
    row("GSSAPI: a token that Kerberos does not take", "waits until the handshake takes too long", "HANDSHAKE_FAILED_PROTOCOL with `ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC`, and closes", &["what_a_client_may_say_first"]),
    row("GSSAPI: no ticket, or no key for the service", "waits until the handshake takes too long", "HANDSHAKE_FAILED_NO_DETAIL with EACCES, and tries again", &["what_does_not_work_here_is_said_and_may_be_tried_again"]),
    row("GSSAPI: a frame that holds nothing, or is signed but not encrypted", "aborts", "HANDSHAKE_FAILED_PROTOCOL, and closes", &["what_frames_may_be_afterwards", "a_token_that_is_only_signed_is_known"]),
    row("GSSAPI: any command in the place of the client's last token", "is taken for it", "has to be empty, as libzmq's own is", &["what_a_client_may_say_when_it_has_our_token"]),
    row("GSSAPI: sealed subscriptions to a PUB", "go without what makes them subscriptions (fixed in 4.3.6)", "go as commands, and arrive in the forms of 4.3.6 as well", &["subscriptions_go_as_commands_with_their_names", "subscriptions_come_in_any_form"]),
    row("GSSAPI: what a connection needs of the Kerberos server", "is waited for by the I/O thread", "is waited for by a thread of its own; other sockets go on", &["a_dead_kerberos_server_holds_up_nobody_else"]),
    row("a pointer that is no handle, or a handle long closed", "reads what it points to", "ENOTSOCK or EFAULT; nothing is read", &["a40_stale_handles_answer_for_good"]),
    row("memory of the caller given as a handle", "reads past its end", "ENOTSOCK or EFAULT", &["a82_foreign_memory_is_no_handle"]),
    row("a monitor without a reader", "waits for it, even in `zmq_bind`", "blocks nobody: 16,384 events are kept, later ones dropped and counted", &["a82_monitor_without_a_reader_blocks_nobody"]),
    row("a `zmq_free_fn` that uses sockets", "may run in the middle of a call on the same socket", "runs where no lock is held, and may use every socket", &["a_pub_without_subscribers_drops", "a_receive_releases_what_the_message_held", "a_pipe_that_goes_takes_its_messages_along", "receives_into_a_buffer_release_before_they_return"]),
    row("a message of more bytes than there can be", "ENOMEM, or the process ends", "ENOMEM or EINVAL", &["a_length_that_no_memory_has_is_an_error"]),
    row("a timer with interval 0", "`zmq_timers_execute` never returns", "fires once in each call", &["a82_interval_zero_fires_once_per_execute"]),
    row("`zmq_curve_public` of a key that is not 40 characters", "takes any valid Z85", "EINVAL", &["a413_curve_public_wants_40_characters"]),
    row("the limit of sockets is reached, or `zmq_ctx_term` does not return", "EMFILE, or silence", "the same, and a line on standard error if `ZMQ_OXIDE_LOG` is set", &["log_a_full_context_names_the_option", "log_a_term_that_waits_names_the_sockets", "log_nothing_is_said_unasked"]),
    row("raising the high-water mark of a full queue", "stays full until the next report of the reader", "there is room at once", &["s_b3_raising_the_mark_of_a_full_queue_makes_room_at_once"]),
    row("a topic of 255 bytes to a peer of ZMTP 3.0 or 2.0", "sends a broken frame", "sends the subscription", &["w038_a_topic_of_255_bytes_to_3_0", "w038_a_topic_of_255_bytes_to_2_0"]),
    row("SUBSCRIBE or CANCEL to a socket that does not publish", "reaches the program as a message", "is dropped", &["w031_subscribe_is_for_publishers"]),
    row("a `ZMQ_MAXMSGSIZE` smaller than READY", "no handshake ever succeeds", "counts for messages; the handshake has a limit of its own", &["w024_a_small_limit_leaves_the_handshake_alone", "h258_a_small_limit_does_not_break_the_handshake"]),
    row("a length announced by a peer", "is allocated at once", "memory follows the bytes that arrive", &["w027_a_length_reserves_nothing", "w027_strangers_reserve_nothing"]),
    row("messages behind READY that overtake our own", "end the connection", "are kept", &["w013_data_behind_the_ready_is_kept"]),
    row("a PING without time to live", "is answered with foreign bytes of memory", "is dropped", &["w059_a_short_ping_is_dropped"]),
    row("a time to live above 65.5 s", "is taken modulo 65,536 ms", "is taken as it is", &["w060_a_long_time_to_live_is_long", "s_d8_a_long_ttl_is_long"]),
    row("bad metadata or an incompatible type in READY", "DISCONNECTED and no reason", "HANDSHAKE_FAILED_PROTOCOL with `ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA` before it", &["w050_broken_metadata_is_reported", "w051_an_incompatible_type_is_reported"]),
    row("handshake commands without end", "are taken and kept", "are cut off", &["w_s111_a_ready_has_a_limit", "f_endless_metadata_is_cut_off", "f_endless_commands_in_the_handshake_are_cut_off"]),
    row("`User-Id`, `Routing-Id`, `__fd` or `Peer-Address` claimed by a peer", "User-Id is shown as if it were proven", "is dropped", &["w052_a_peer_cannot_claim_a_reserved_name", "w52_a_peer_cannot_say_which_user_it_is"]),
    row("an old peer leaves after normal service", "HANDSHAKE_FAILED_NO_DETAIL, DISCONNECTED", "DISCONNECTED", &["w_s18_an_old_peer_that_goes_had_no_failed_handshake"]),
    row("heartbeats while a receiver does not keep up", "close the link, on either side", "keep it", &["f_a_pause_of_the_receiver_is_no_death", "f_a_pause_is_no_death_where_both_sides_beat", "f_a_pause_is_no_death_where_the_receiver_beats", "f_a_pause_over_ipc_is_no_death", "f_a_pause_with_few_messages_is_no_death", "f_a_reference_takes_no_pause_for_a_death", "f_a_paused_reference_is_not_dead", "s_b1_a_receiver_at_its_mark_keeps_its_link", "s_e_a_peer_is_answered_behind_a_flood"]),
    row("a sender over ipc exits while its receiver is full", "what the kernel holds is lost", "is read to the end", &["f_ipc_is_read_to_the_end_after_its_sender_has_gone", "f_a_sender_over_ipc_may_exit", "b6_a_flood_of_a_peer_that_has_gone_is_read_to_the_end_over_ipc"]),
    row("a listener without free descriptors", "spins", "backs off and goes on when there are some", &["f_a_listener_without_descriptors_backs_off"]),
    row("dead subscribers of a PUB that is not called", "keep memory until the next call", "are forgotten", &["f_dead_subscribers_of_an_idle_pub_are_forgotten"]),
    row("a monitor whose reader is slower than the events", "stops at its high-water mark, and the I/O thread with it", "16,384 events are kept", &["a82_a_bind_does_not_wait_for_the_reader", "a82_events_beyond_the_hwm_of_a_silent_reader_hold_nobody_up"]),
    row("`ipc://` bind on the path of a file that is no socket", "deletes the file", "EADDRINUSE", &["s_d6_a_file_that_is_no_socket_is_left_alone"]),
    row("closing with LINGER -1 while links are in their handshake and nothing is pending", "`zmq_ctx_term` hangs", "returns", &["s_b7_links_in_mid_handshake_with_nothing_pending_go_at_once"]),
    row("a subscription that arrives over a network before a message to another socket of the same context that is no XPUB, in one I/O thread that has nothing else to read", "may be seen after that message", "is seen before it", &["s_e_who_subscribes_and_then_says_so_hears_what_follows"]),
    row("subscriptions after a reconnection", "are repeated when the program next calls in, and lost beyond the high-water mark", "are repeated at once, all of them", &["s_a42_subscriptions_are_sent_again_without_the_application", "s_a42_no_subscription_is_dropped_at_the_mark"]),
    row("what is sent while a lost link still has messages to deliver", "is lost", "goes to the next link", &["messages_wait_for_the_next_link_behind_what_the_last_one_brought"]),
    row("draft functions, options and socket types", "only in builds with the draft API", "always there; the header shows them with `ZMQ_BUILD_DRAFT_API`", &["a14_draft_symbols_are_exported", "a41_has_draft", "h264_a_hello_comes_first_on_each_link", "h266_a_hello_is_sent_again_after_reconnecting", "s_d9_a_router_is_told_of_a_client_that_went", "h268_a_dealer_is_told_of_a_hiccup"]),
    row("`zmq_disconnect_peer`", "not before 4.3.6", "there", &["a14_draft_symbols_are_exported"]),
    row("CURVE: a READY where a WELCOME belongs, or a second WELCOME", "opens it with a key that it does not have, or answers it", "ends the connection: unexpected command", &["w_s658_a_ready_in_the_place_of_a_welcome", "w_s658_a_welcome_twice"]),
    row("CURVE: a public key of low order from the peer", "aborts", "ends the connection: cryptographic error", &["w_s652_short_keys_of_low_order"]),
    row("CURVE: a vouch for another server", "accepts it", "ends the connection: key exchange", &["w_s657_the_vouch_names_the_server"]),
    row("CURVE: an INITIATE with more than 64 properties", "keeps any amount", "ends the connection: invalid metadata", &["w_s114_an_initiate_with_too_much_metadata"]),
    row("CURVE: flags on the frame around a MESSAGE", "adds them to those in the box: messages vanish or are joined", "ignores them", &["w076_outer_flags_of_a_message"]),
    row("CURVE: a frame that breaks the rules, or a READY with bad metadata, while a monitor looks", "reports it and leaves the connection standing", "reports it and ends the connection", &["w074_messages_that_are_wrong_end_a_connection_that_is_watched", "w081_metadata_of_a_server_while_a_monitor_looks"]),
    row("CURVE: a client that calls itself `User-Id` in its metadata", "shows it where no handler was asked", "does not show it", &["w052_a_curve_client_cannot_claim_a_user"]),
    row("metadata or a type of socket in an INITIATE that do not fit", "DISCONNECTED only", "a protocol error for the monitor as well", &["w050_wrong_metadata_in_an_initiate_is_reported"]),
    row("a command of a handshake that announces more than any has", "waits for as much as `ZMQ_MAXMSGSIZE` allows", "ends the connection at the announcement", &["w_s111_a_hello_that_announces_too_much", "w_s111_an_initiate_that_announces_too_much", "w_s111_plain_commands_that_announce_too_much"]),
    row("PLAIN: an ERROR as the protocol spells it", "does not know it", "takes both spellings", &["w069_errors_as_they_should_be_spelled"]),
    row("PLAIN: refusing a peer of ZMTP 3.0", "spells the ERROR in a way that only libzmq knows", "spells it as such peers know it", &["w_s63_the_error_for_3_0"]),
    row("a handler is needed and there is none", "with a monitor it may wait for the timer, and repeat the event", "one event, and the connection ends at once", &["w070_no_handler_while_a_monitor_looks", "w_s73_a_missing_handler_ends_the_connection_at_once"]),
    row("a handler that goes without having answered", "the connection waits for its timer", "the peer is refused at once, even where nobody had to be asked", &["w_s74_a_handler_that_goes_has_not_answered"]),
    row("an answer of the handler that is none", "with a monitor it may wait for the timer", "the connection ends at once", &["w086_a_wrong_reply_ends_the_connection_at_once"]),
    row("a peer that was refused", "stays until it goes or its handshake has taken too long", "is hung up on after one to two seconds", &["w_s74_a_refused_peer_is_hung_up_on_soon", "w_s74_refused_peers_are_hung_up_on_soon"]),
    row("PLAIN with `ZMQ_ZAP_ENFORCE_DOMAIN` and no domain", "aborts", "refuses every peer", &["w090_plain_without_the_domain_that_is_enforced"]),
    row("a handler of a type that cannot answer", "aborts", "counts as none, with a line in the log", &["w_s71_a_handler_of_another_type_is_none"]),
    row("a user id on a REQ or on a socket that polls", "REQ takes it for a part of the reply; others say that there is something to read", "is no message", &["w_s74_a_req_that_asks", "w_s74_a_user_id_is_no_message"]),
    row("`Socket-Type` or `Identity` in the metadata of a handler's answer", "take the place of the peer's own", "are ignored", &["w091_a_type_in_the_reply_is_ignored", "w091_an_identity_in_the_reply_is_ignored"]),
    row("NULL with a domain: what a peer sends behind its READY while it is judged", "ends the connection", "waits for the verdict", &["w_s17_what_follows_a_ready_waits_for_the_handler"]),
    row("a limit that ends a connection", "is silent about it", "names it in the log: this side's own, or the peer's as what it may have been", &["log_a_limit_on_messages_is_named_by_both_sides"]),
];

/// All sources in which a test can stand.
fn test_sources() -> String {
    let mut folders = vec![in_package("src"), in_package("ctests"), in_package("compat/gssapi")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is in the package") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs" || end == "c" || end == "py") {
                text += &fs::read_to_string(path).expect("sources are text");
            }
        }
    }
    text
}

#[test]
fn each_difference_is_pinned_by_a_test() {
    let sources = test_sources();
    for test in DIFFERENCES.iter().flat_map(|row| row.tests) {
        let forms = ["TEST (", "OURS_ONLY (", "fn ", "def "].map(|start| format!("{start}{test}"));
        assert!(forms.iter().any(|form| sources.contains(form)), "{test}: no such test");
    }
}

/// A test that no reference may run says that we differ, so there has to be a row for it.
#[test]
fn each_test_for_this_library_alone_has_its_row() {
    let sources = test_sources();
    let names = sources.lines().filter_map(|line| line.strip_prefix("OURS_ONLY ("));
    let mut count = 0;
    for name in names.filter_map(|rest| rest.split([',', ')']).next()) {
        assert!(DIFFERENCES.iter().any(|row| row.tests.contains(&name)), "{name}: no row");
        count += 1;
    }
    assert!(count > 20, "only {count} such tests were found");
}
