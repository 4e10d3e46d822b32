//! Every row of the table, by its rules; then what rows do to each other.

#![forbid(unsafe_code)]

use super::*;
use crate::core::kind::Kind;

/// What a fresh context gives to its sockets.
const CONTEXT: ContextDefaults = ContextDefaults { ipv6: false, blocky: true, zero_copy: true };

/// More than any value here needs.
const ROOM: usize = 300;

/// The options of a fresh socket.
fn fresh(kind: Kind) -> Options {
    Options::new(kind, CONTEXT)
}

/// Sets an int.
fn set_int(options: &mut Options, number: i32, value: i32) -> Result<()> {
    options.set(number, &value.to_ne_bytes(), false)
}

/// Reads an int.
fn get_int(options: &Options, number: i32) -> i32 {
    let answer = options.get(number, 4).unwrap_or_else(|_| panic!("option {number} is no int"));
    int(answer.bytes()).unwrap()
}

/// Reads text, without its NUL.
fn get_text(options: &Options, number: i32) -> Vec<u8> {
    let answer = options.get(number, ROOM).unwrap();
    let (nul, text) = answer.bytes().split_last().unwrap();
    assert_eq!((*nul, answer.new_len), (0, Some(text.len() + 1)), "option {number}");
    text.to_vec()
}

/// The value that `access` finds, as the text in the column of defaults.
fn as_text(access: Access, options: &Options) -> Option<String> {
    match access {
        Access::Elsewhere | Access::Parsed(_) | Access::Element(_) => None,
        Access::IntView(get) | Access::Int(get, _) => Some(get(options).to_string()),
        Access::U64(get, _) => Some(get(options).to_string()),
        Access::I64(get, _) => Some(get(options).to_string()),
        Access::BytesView(get) | Access::Bytes(get, _) => {
            Some(String::from_utf8(get(options).to_vec()).unwrap())
        }
        Access::Key(get, _) => {
            assert_eq!(get(options), &[0; 32]);
            Some(String::new())
        }
    }
}

/// The rows that the table itself serves.
fn generic_rows() -> impl Iterator<Item = &'static OptionSpec> {
    TABLE.iter().filter(|row| row.owner == Owner::Generic && row.built_in)
}

#[test]
fn rows_are_found_by_number_and_named_once() {
    assert!(TABLE.is_sorted_by(|one, next| one.number < next.number));
    for row in TABLE {
        assert_eq!(find(row.number).map(|found| found.name), Some(row.name));
        assert_eq!(TABLE.iter().filter(|other| other.name == row.name).count(), 1, "{}", row.name);
        for alias in row.aliases() {
            assert!(TABLE.iter().all(|other| other.name != format!("ZMQ_{alias}")), "{alias}");
        }
    }
    assert_eq!(TABLE.iter().flat_map(OptionSpec::aliases).count(), ALIASES.len());
    let unused = |number| matches!(number, 10 | 20 | 26 | 29 | 30 | 67 | 70 | 82 | 83);
    let numbers = (4..=124).filter(|number| !unused(*number));
    assert!(TABLE.iter().map(|row| row.number).eq(numbers));
}

#[test]
fn numbers_of_no_option_are_refused() {
    for number in [i32::MIN, -1, 0, 1, 2, 3, 10, 20, 26, 29, 30, 67, 70, 82, 83, 125, i32::MAX] {
        let mut options = fresh(Kind::Dealer);
        assert_eq!(set_int(&mut options, number, 1), Err(Error::Invalid), "{number}");
        for capacity in 0..ROOM {
            assert_eq!(options.get(number, capacity), Err(Error::Invalid), "{number}");
        }
    }
}

#[test]
fn each_rule_fits_its_access() {
    for row in TABLE {
        let name = row.name;
        let fits = match row.access {
            Access::Elsewhere => row.owner != Owner::Generic || !row.built_in,
            Access::IntView(_) => row.set == SetRule::Never || row.owner != Owner::Generic,
            Access::BytesView(_) => row.set == SetRule::Never,
            Access::Int(..) => row.set.int_bounds().is_some(),
            Access::U64(..) | Access::I64(..) => row.set == SetRule::Long,
            Access::Bytes(..) => matches!(
                row.set,
                SetRule::Text { .. } | SetRule::Binary { .. } | SetRule::Blob | SetRule::Credential
            ),
            Access::Key(..) => row.set == SetRule::Key && row.get == GetRule::Key,
            Access::Parsed(_) => matches!(row.set, SetRule::AcceptFilter | SetRule::Metadata),
            Access::Element(_) => row.set == SetRule::Element,
        };
        assert!(fits, "{name}: {:?}", row.set);
        assert_eq!(row.effect == Effect::ReadOnly, row.set == SetRule::Never, "{name}");
        assert!(row.set != SetRule::Never || row.get != GetRule::Never, "{name}");
    }
}

#[test]
fn a_fresh_socket_has_the_defaults_of_the_table() {
    for kind in Kind::ALL {
        let options = fresh(kind);
        for row in TABLE {
            let expected = match row.number {
                TYPE => kind.number().to_string(),
                THREAD_SAFE => i32::from(kind.thread_safe()).to_string(),
                LINGER if matches!(kind, Kind::Sub | Kind::Xsub | Kind::Dish) => "0".to_owned(),
                _ => row.default.to_owned(),
            };
            if let Some(actual) = as_text(row.access, &options) {
                assert_eq!(actual, expected, "{} of type {kind:?}", row.name);
            }
        }
        assert!(options.metadata.is_empty() && options.tcp_accept_filter.is_empty());
        assert!(options.ipc_filter_pid.is_empty() && options.ipc_filter_uid.is_empty());
        assert!(options.ipc_filter_gid.is_empty() && !options.as_server);
    }
}

#[test]
fn the_context_decides_the_first_values_of_some() {
    let context = ContextDefaults { ipv6: true, blocky: false, zero_copy: false };
    for kind in Kind::ALL {
        let options = Options::new(kind, context);
        assert_eq!((options.linger, options.ipv6, options.zero_copy), (0, true, false));
        assert_eq!((get_int(&options, IPV6), get_int(&options, IPV4ONLY)), (1, 0));
    }
}

#[test]
fn what_the_table_does_not_serve_it_refuses() {
    for row in TABLE.iter().filter(|row| row.owner != Owner::Generic || !row.built_in) {
        for kind in Kind::ALL {
            let mut options = fresh(kind);
            for len in [0, 1, 4, 8, 32] {
                assert_eq!(options.set(row.number, &vec![1; len], false), Err(Error::Invalid));
            }
            assert_eq!(options.set(row.number, b"", true), Err(Error::Invalid), "{}", row.name);
            let readable = (0..ROOM).any(|capacity| options.get(row.number, capacity).is_ok());
            assert_eq!(readable, row.number == ROUTER_NOTIFY, "{}", row.name);
        }
    }
    let mut options = fresh(Kind::Router);
    options.router_notify = 3;
    assert_eq!(get_int(&options, ROUTER_NOTIFY), 3);
}

#[test]
fn read_only_options_cannot_be_set() {
    for row in generic_rows().filter(|row| row.set == SetRule::Never) {
        for len in [0, 1, 4, 8] {
            let mut options = fresh(Kind::Pair);
            assert_eq!(options.set(row.number, &vec![0; len], len == 0), Err(Error::Invalid));
        }
    }
}

#[test]
fn ints_keep_their_bounds() {
    for row in generic_rows() {
        let Some((min, max)) = row.set.int_bounds() else { continue };
        let name = row.name;
        let is_switch = !matches!(row.set, SetRule::Int { .. });
        let mut options = fresh(Kind::Dealer);
        for value in [min, max, -1, 0, 1, 2, 100, min] {
            if !(min..=max).contains(&value) {
                continue;
            }
            assert_eq!(set_int(&mut options, row.number, value), Ok(()), "{name} to {value}");
            let kept = match row.number {
                HEARTBEAT_TTL => value / 100 * 100,
                _ if is_switch => i32::from(value != 0),
                _ => value,
            };
            assert_eq!(as_text(row.access, &options), Some(kept.to_string()), "{name} to {value}");
        }
        let before = as_text(row.access, &options);
        for value in [min.checked_sub(1), max.checked_add(1)].into_iter().flatten() {
            assert_eq!(set_int(&mut options, row.number, value), Err(Error::Invalid), "{name}");
            assert_eq!(as_text(row.access, &options), before, "{name} after {value}");
        }
    }
}

#[test]
fn numbers_have_their_size() {
    for row in generic_rows() {
        let size = match row.set {
            SetRule::Long => 8,
            _ if row.set.int_bounds().is_some() => 4,
            _ => continue,
        };
        let mut options = fresh(Kind::Dealer);
        assert_eq!(options.set(row.number, b"", true), Err(Error::Invalid), "{} NULL", row.name);
        for len in (0..=16).filter(|len| *len != size) {
            let value = &[1; 16][..len];
            assert_eq!(options.set(row.number, value, false), Err(Error::Invalid), "{}", row.name);
        }
        assert_eq!(as_text(row.access, &options).as_deref(), Some(row.default), "{}", row.name);
    }
}

#[test]
fn eight_bytes_can_be_anything() {
    for (number, value) in [(AFFINITY, u64::MAX), (AFFINITY, 1), (MAXMSGSIZE, u64::MAX - 4)] {
        let mut options = fresh(Kind::Pull);
        options.set(number, &value.to_ne_bytes(), false).unwrap();
        assert_eq!(options.get(number, 8).unwrap().bytes(), value.to_ne_bytes());
    }
    let mut options = fresh(Kind::Pull);
    options.set(MAXMSGSIZE, &(-5_i64).to_ne_bytes(), false).unwrap();
    assert_eq!(options.maxmsgsize, -5);
}

#[test]
fn bytes_keep_their_length() {
    for row in generic_rows() {
        let Access::Bytes(get, _) = row.access else { continue };
        // What the longest value is, and whether NULL and a pointer to nothing clear.
        let (max, null_clears, nothing_clears) = match row.set {
            SetRule::Text { max } => (max, true, false),
            SetRule::Binary { max } => (max, false, false),
            SetRule::Blob => (usize::MAX, true, true),
            SetRule::Credential => (255, true, true),
            other => panic!("{} is not for bytes: {other:?}", row.name),
        };
        let name = row.name;
        let longest = vec![b'a'; max.min(100_000)];
        for value in [&b"a"[..], b"abcd", b"ab\0cd", &longest] {
            let mut options = fresh(Kind::Dealer);
            assert_eq!(options.set(row.number, value, false), Ok(()), "{name}");
            assert_eq!(get(&options), value, "{name}");
            for (is_null, clears) in [(true, null_clears), (false, nothing_clears)] {
                let mut options = options.clone();
                assert_eq!(options.set(row.number, b"", is_null).is_ok(), clears, "{name}");
                let keeps = !clears || matches!(row.number, PLAIN_USERNAME | PLAIN_PASSWORD);
                assert_eq!(get(&options), if keeps { value } else { b"" }, "{name} {is_null}");
            }
        }
        if max < longest.len() + 1 {
            let mut options = fresh(Kind::Dealer);
            let longer = vec![b'a'; max + 1];
            assert_eq!(options.set(row.number, &longer, false), Err(Error::Invalid), "{name}");
            assert_eq!(get(&options), b"", "{name}");
        }
    }
}

#[test]
fn a_read_needs_the_room_its_rule_says() {
    let mut options = fresh(Kind::Dealer);
    options.last_endpoint = b"inproc://a".to_vec();
    for row in generic_rows() {
        if let (Access::Bytes(_, set), false) = (row.access, row.get == GetRule::Never) {
            set(&mut options, b"0123456789");
        }
    }
    for row in generic_rows() {
        let bytes = row.access.read(&options).map(|bytes| bytes.as_slice().to_vec());
        for capacity in 0..ROOM {
            let answer = options.get(row.number, capacity);
            let expected = match (row.get, bytes.clone()) {
                (GetRule::Never, _) => None,
                (_, None) => panic!("{} is readable, but from where?", row.name),
                (GetRule::Exact, Some(bytes)) => {
                    (capacity == bytes.len()).then_some((bytes, false, None))
                }
                (GetRule::AtLeast, Some(bytes)) => {
                    let len = bytes.len();
                    (capacity >= len).then_some((bytes, true, Some(len)))
                }
                (GetRule::Text, Some(bytes)) => {
                    let text = [&bytes[..], b"\0"].concat();
                    let len = text.len();
                    (capacity >= len).then_some((text, true, Some(len)))
                }
                (GetRule::Key, Some(_)) => match capacity {
                    32 => Some((vec![0; 32], false, None)),
                    41 => Some(([&[b'0'; 40][..], b"\0"].concat(), false, None)),
                    _ => None,
                },
            };
            let answer = answer.ok();
            let answer = answer.map(|it| (it.bytes().to_vec(), it.zero_fill, it.new_len));
            assert_eq!(answer, expected, "{} with room for {capacity}", row.name);
        }
    }
}

#[test]
fn ints_of_the_socket() {
    for capacity in 0..10 {
        let exact = exact_int(-7, capacity).ok();
        let exact = exact.map(|it| (int(it.bytes()), it.zero_fill, it.new_len));
        assert_eq!(exact, (capacity == 4).then_some((Ok(-7), false, None)));
        let roomy = at_least_int(-7, capacity).ok();
        let roomy = roomy.map(|it| (int(it.bytes()), it.zero_fill, it.new_len));
        assert_eq!(roomy, (capacity >= 4).then_some((Ok(-7), true, Some(4))));
    }
}

#[test]
fn null_with_a_length_is_for_proxy_credentials_only() {
    for row in TABLE {
        let expected = matches!(row.number, SOCKS_USERNAME | SOCKS_PASSWORD);
        assert_eq!(takes_null_of_any_length(row.number), expected, "{}", row.name);
    }
    assert!(!takes_null_of_any_length(1000));
}

#[test]
fn sets_of_ids_grow_and_are_cleared() {
    let mut options = fresh(Kind::Rep);
    for number in [IPC_FILTER_PID, IPC_FILTER_UID, IPC_FILTER_GID] {
        for value in [5, -1, 5] {
            assert_eq!(set_int(&mut options, number, value), Ok(()));
        }
        for bad in [&b""[..], b"abc", b"abcde"] {
            assert_eq!(options.set(number, bad, false), Err(Error::Invalid));
        }
    }
    assert_eq!(options.ipc_filter_pid, [-1, 5].into());
    assert_eq!(options.ipc_filter_uid, [5, u32::MAX].into());
    assert_eq!(options.ipc_filter_gid, [5, u32::MAX].into());
    for number in [IPC_FILTER_PID, IPC_FILTER_UID, IPC_FILTER_GID] {
        assert_eq!(options.set(number, b"", true), Ok(()));
    }
    assert!(options.ipc_filter_pid.is_empty());
    assert!(options.ipc_filter_uid.is_empty() && options.ipc_filter_gid.is_empty());
}

#[test]
fn accept_filters_add_up_and_are_cleared() {
    let mut options = fresh(Kind::Rep);
    let [inside, outside] = ["10.1.2.3", "11.1.2.3"].map(|peer| peer.parse().unwrap());
    assert!(options.admits_tcp(outside));
    options.set(TCP_ACCEPT_FILTER, b"10.0.0.0/8", false).unwrap();
    assert!(options.admits_tcp(inside) && !options.admits_tcp(outside));
    let too_long = [&b"10.1.1.1"[..], &[0; 248]].concat();
    for bad in [&b""[..], b"10.0.0.0/", b"::1", b"localhost", &too_long] {
        assert_eq!(options.set(TCP_ACCEPT_FILTER, bad, false), Err(Error::Invalid));
    }
    options.set(TCP_ACCEPT_FILTER, &too_long[..255], false).unwrap();
    options.set(TCP_ACCEPT_FILTER, b"11.1.2.3", false).unwrap();
    assert!(options.admits_tcp(inside) && options.admits_tcp(outside));
    assert_eq!(options.tcp_accept_filter.len(), 3);
    options.set(TCP_ACCEPT_FILTER, b"", true).unwrap();
    assert!(options.tcp_accept_filter.is_empty() && options.admits_tcp(outside));
    set_int(&mut options, IPV6, 1).unwrap();
    options.set(TCP_ACCEPT_FILTER, b"::1", false).unwrap();
    assert!(options.admits_tcp("::1".parse().unwrap()) && !options.admits_tcp(inside));
}

#[test]
fn properties_add_up_and_the_first_value_stays() {
    let mut options = fresh(Kind::Rep);
    for text in [&b"X-one:1"[..], b"X-two:2", b"X-one:3"] {
        options.set(METADATA, text, false).unwrap();
    }
    let expected =
        [("X-one", "1"), ("X-two", "2")].map(|(name, value)| (name.into(), value.into()));
    assert_eq!(options.metadata, expected);
    // "X-:v" would do, were it not as long as an int.
    for bad in [&b"X-:v"[..], b"abcd", b"x-a:b", b"X-abc"] {
        assert_eq!(options.set(METADATA, bad, false), Err(Error::Invalid));
    }
    assert_eq!(options.set(METADATA, b"", true), Err(Error::Invalid));
    assert_eq!(options.set(METADATA, b"", false), Err(Error::Invalid));
    assert_eq!(options.metadata, expected);
}

#[test]
fn keys_read_back_in_both_forms() {
    let text = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    let with_nul = [&text[..], b"\0"].concat();
    for number in [CURVE_PUBLICKEY, CURVE_SECRETKEY, CURVE_SERVERKEY] {
        let mut options = fresh(Kind::Rep);
        options.set(number, text, false).unwrap();
        assert_eq!(options.get(number, 41).unwrap().bytes(), with_nul);
        let raw = options.get(number, 32).unwrap().bytes().to_vec();
        for form in [&raw[..], &text[..], &with_nul] {
            let mut other = fresh(Kind::Rep);
            other.set(number, form, false).unwrap();
            assert_eq!(other.get(number, 32).unwrap().bytes(), raw);
        }
        for bad in [&b"~"[..], &[b'~'; 40], &[b'1'; 41], &[1; 31], &[1; 33], &[1; 64], b""] {
            assert_eq!(options.set(number, bad, false), Err(Error::Invalid));
            assert_eq!(options.get(number, 32).unwrap().bytes(), raw);
        }
        assert_eq!(options.set(number, b"", true), Err(Error::Invalid));
    }
}

#[test]
fn both_views_of_ipv6_change_together() {
    let mut options = fresh(Kind::Rep);
    for (number, value, ipv6) in [(IPV6, 1, 1), (IPV4ONLY, 1, 0), (IPV4ONLY, 0, 1), (IPV6, 0, 0)] {
        set_int(&mut options, number, value).unwrap();
        assert_eq!((get_int(&options, IPV6), get_int(&options, IPV4ONLY)), (ipv6, 1 - ipv6));
    }
}

/// A step of the next test: an option and what it is set to.
type Step = (i32, &'static [u8]);

/// 1 and 0 as C ints on a machine of either byte order.
const ON: &[u8] = &1_i32.to_ne_bytes();
const OFF: &[u8] = &0_i32.to_ne_bytes();

#[test]
fn the_mechanism_that_results() {
    const KEY: &[u8] = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    // Steps (an empty value is NULL); then MECHANISM, PLAIN_SERVER, CURVE_SERVER. As measured.
    let cases: &[(&[Step], [i32; 3])] = &[
        (&[], [0, 0, 0]),
        (&[(PLAIN_SERVER, ON)], [1, 1, 0]),
        (&[(PLAIN_SERVER, ON), (PLAIN_SERVER, OFF)], [0, 0, 0]),
        (&[(PLAIN_SERVER, OFF)], [0, 0, 0]),
        (&[(PLAIN_SERVER, ON), (CURVE_SERVER, ON)], [2, 0, 1]),
        (&[(CURVE_SERVER, ON), (PLAIN_SERVER, OFF)], [0, 0, 0]),
        (&[(CURVE_SERVER, ON), (PLAIN_SERVER, ON), (CURVE_SERVER, OFF)], [0, 0, 0]),
        (&[(PLAIN_USERNAME, b"u")], [1, 0, 0]),
        (&[(PLAIN_PASSWORD, b"p")], [1, 0, 0]),
        (&[(PLAIN_SERVER, ON), (PLAIN_USERNAME, b"u")], [1, 0, 0]),
        (&[(PLAIN_SERVER, ON), (PLAIN_PASSWORD, b"p")], [1, 0, 0]),
        (&[(PLAIN_SERVER, ON), (PLAIN_USERNAME, b"")], [0, 0, 0]),
        (&[(PLAIN_USERNAME, b"u"), (PLAIN_PASSWORD, b"")], [0, 0, 0]),
        // The role survives the loss of the mechanism.
        (&[(PLAIN_SERVER, ON), (PLAIN_USERNAME, b""), (CURVE_PUBLICKEY, KEY)], [2, 0, 1]),
        (&[(CURVE_SERVER, ON), (PLAIN_USERNAME, b"u")], [1, 0, 0]),
        (&[(CURVE_SERVER, ON), (CURVE_PUBLICKEY, KEY)], [2, 0, 1]),
        (&[(CURVE_SERVER, ON), (CURVE_SECRETKEY, KEY)], [2, 0, 1]),
        (&[(CURVE_SERVER, ON), (CURVE_SERVERKEY, KEY)], [2, 0, 0]),
        (&[(PLAIN_SERVER, ON), (CURVE_PUBLICKEY, KEY)], [2, 0, 1]),
        (&[(CURVE_SERVERKEY, KEY), (CURVE_SERVER, OFF)], [0, 0, 0]),
    ];
    for (steps, expected) in cases {
        let mut options = fresh(Kind::Dealer);
        for (number, value) in *steps {
            options.set(*number, value, value.is_empty()).unwrap();
        }
        let actual = [MECHANISM, PLAIN_SERVER, CURVE_SERVER].map(|it| get_int(&options, it));
        assert_eq!(actual, *expected, "{steps:?}");
    }
}

#[cfg(feature = "gssapi")]
#[test]
fn the_mechanism_that_results_with_gssapi() {
    // Steps; then MECHANISM, GSSAPI_SERVER, PLAIN_SERVER. As measured.
    let cases: &[(&[Step], [i32; 3])] = &[
        (&[(GSSAPI_SERVER, ON)], [3, 1, 0]),
        (&[(GSSAPI_SERVER, OFF)], [3, 0, 0]),
        (&[(GSSAPI_PRINCIPAL, b"p")], [3, 0, 0]),
        (&[(PLAIN_SERVER, ON), (GSSAPI_PRINCIPAL, b"p")], [3, 1, 0]),
        (&[(PLAIN_SERVER, ON), (GSSAPI_SERVICE_PRINCIPAL, b"s")], [3, 0, 0]),
        (&[(GSSAPI_SERVER, ON), (PLAIN_USERNAME, b"u")], [1, 0, 0]),
        (&[(GSSAPI_SERVER, ON), (PLAIN_SERVER, OFF)], [0, 0, 0]),
        (&[(GSSAPI_SERVER, ON), (PLAIN_SERVER, ON)], [1, 0, 1]),
        (&[(GSSAPI_PLAINTEXT, ON)], [0, 0, 0]),
        (&[(GSSAPI_PRINCIPAL_NAMETYPE, ON)], [0, 0, 0]),
    ];
    for (steps, expected) in cases {
        let mut options = fresh(Kind::Dealer);
        for (number, value) in *steps {
            options.set(*number, value, false).unwrap();
        }
        let actual = [MECHANISM, GSSAPI_SERVER, PLAIN_SERVER].map(|it| get_int(&options, it));
        assert_eq!(actual, *expected, "{steps:?}");
    }
}

#[test]
fn a_refused_credential_changes_no_mechanism() {
    let mut options = fresh(Kind::Dealer);
    set_int(&mut options, PLAIN_SERVER, 1).unwrap();
    for (number, bad) in [
        (PLAIN_USERNAME, &b""[..]),
        (PLAIN_PASSWORD, &[b'a'; 256]),
        (CURVE_PUBLICKEY, &[b'~'; 40]),
        (CURVE_SERVERKEY, &[b'~'; 40]),
        (CURVE_SERVER, &2_i32.to_ne_bytes()),
    ] {
        assert_eq!(options.set(number, bad, false), Err(Error::Invalid));
        assert_eq!((options.mechanism, options.as_server), (Mechanism::Plain, true), "{number}");
    }
}

#[test]
fn text_keeps_the_nul_that_came_with_it() {
    let mut options = fresh(Kind::Dealer);
    options.set(PLAIN_USERNAME, b"user\0", false).unwrap();
    assert_eq!(get_text(&options, PLAIN_USERNAME), b"user\0");
    options.set(PLAIN_USERNAME, b"", true).unwrap();
    assert_eq!(get_text(&options, PLAIN_USERNAME), b"user\0");
}

#[test]
fn messages_are_removed_by_nothing() {
    let mut options = fresh(Kind::Push);
    for (number, is_null) in [(HELLO_MSG, true), (DISCONNECT_MSG, false), (HICCUP_MSG, true)] {
        options.set(number, b"hello", false).unwrap();
        options.set(number, b"", is_null).unwrap();
    }
    assert_eq!([options.hello_msg, options.disconnect_msg, options.hiccup_msg], [None, None, None]);
}
