use super::*;
use proptest::prelude::*;

const INVITE: &str = "INVITE sip:srs@192.0.2.9 SIP/2.0\r\n\
    v: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1 ;rport, SIP/2.0/TCP [2001:db8::1];branch=z9hG4bK0\r\n\
    VIA :SIP/2.0/UDP proxy.example\r\n\
    f: \"A \\\"quoted\\\" <name>; tag=no\" <sip:src@192.0.2.1;x=y>;a=b;Tag=abc\r\n\
    t: sip:srs@192.0.2.9\r\n\
    i: call@1\r\n\
    CSeq:\r\n  7\r\n\tINVITE\r\n\
    m: <sip:src@192.0.2.1:5070>;+sip.src\r\n\
    Require: siprec, Timer\r\n\
    Require: x\r\n\
    l: 3\r\n\r\nabcdef";

fn request(message: &str) -> Request<'_> {
    match Message::parse(message.as_bytes()) {
        Ok(Message::Request(request)) => request,
        other => panic!("no request: {other:?}"),
    }
}

#[test]
fn headers_are_read_in_every_form() {
    let request = request(INVITE);
    assert_eq!(
        (request.method, request.sequence, request.body),
        (Method::Invite, 7, b"abc".as_slice())
    );
    let headers = &request.headers;
    assert_eq!(headers.all("via").count(), 2);
    assert_eq!((headers.tag("from"), headers.tag("to")), (Some("abc"), None));
    assert_eq!(headers.call_id(), "call@1");
    assert_eq!(headers.address("contact"), Some("sip:src@192.0.2.1:5070"));
    assert_eq!(headers.address("from"), Some("sip:src@192.0.2.1;x=y"));
    assert_eq!(headers.words("require"), ["siprec", "timer", "x"]);
}

#[test]
fn lines_may_end_with_a_line_feed_alone() {
    let text = INVITE.replace('\r', "");
    assert_eq!(request(&text).body, b"abc");
}

#[test]
fn a_datagram_without_a_length_is_body_to_its_end() {
    assert_eq!(request(&INVITE.replace("l: 3\r\n", "")).body, b"abcdef");
}

#[test]
fn a_response_is_read() {
    let text = INVITE.replace("INVITE sip:srs@192.0.2.9 SIP/2.0", "SIP/2.0 200 OK, all is well");
    let message = Message::parse(text.as_bytes()).expect("a response");
    let Message::Response { status, headers } = message else { panic!("a request") };
    assert_eq!((status, headers.sequence()), (200, Some((7, "INVITE"))));
}

#[test]
fn bad_messages_are_refused() {
    let word = |text: &str| Message::parse(text.as_bytes()).map_err(Refusal::word).err();
    let malformed = [
        String::new(),
        "INVITE".to_owned(),
        INVITE.replace("l: 3", "l: 7"),
        INVITE.replace("l: 3", "l: -1"),
        INVITE.replace("SIP/2.0\r\nv:", "HTTP/1.1\r\nv:"),
        INVITE.replace("i: call@1\r\n", ""),
        INVITE.replace("i: call@1\r\n", "i: \r\n"),
        INVITE.replace("i: call@1\r\n", "i: a\r\nCall-ID: b\r\n"),
        INVITE.replace("i: call@1", &format!("i: {}", "x".repeat(513))),
        INVITE.replace("INVITE\r\n", "BYE\r\n"),
        INVITE.replace("  7", "  99999999999"),
        INVITE.replace("a=b", "a=\0"),
        INVITE.replace("a=b", "a=\rb"),
        INVITE.replace("Require: x", "Require x"),
        INVITE.replace("INVITE sip:srs@192.0.2.9 SIP/2.0", "SIP/2.0 99 x"),
        INVITE.replace("INVITE sip:srs@192.0.2.9 SIP/2.0", "INVITE sip:srs@192.0.2.9 SIP/2.0 x"),
    ];
    for text in malformed {
        assert_eq!(word(&text), Some("malformed"), "{text}");
    }
    assert!(Message::parse(&[INVITE.as_bytes(), &[0xff]].concat()).is_ok(), "bodies are bytes");
    assert!(Message::parse(&INVITE.replace("abc;", "\u{1};").into_bytes()[..]).is_ok());
    let many = INVITE.replace("l: 3", &format!("{}l: 3", "x: y\r\n".repeat(128)));
    assert_eq!(word(&many), Some("too_large"));
    assert_eq!(word(&format!("{INVITE}{}", "x".repeat(MAX_LEN))), Some("too_large"));
}

#[test]
fn an_answer_goes_where_the_request_came_from() {
    let from: SocketAddr = "192.0.2.1:6000".parse().expect("an address");
    let answer = |via: &str| {
        let via = Via::parse(via).expect("a Via");
        (via.answer_to(from).port(), via.received(from))
    };
    let none = String::new;
    assert_eq!(answer("SIP/2.0/UDP 192.0.2.1:5070;branch=b"), (5_070, none()));
    assert_eq!(answer("SIP / 2.0 / UDP 192.0.2.1: 4000;ttl=16").0, 4_000);
    assert_eq!(answer("SIP/2.0/udp 192.0.2.1"), (5_060, none()));
    assert_eq!(answer("SIP/2.0/UDP sbc.example ;x"), (5_060, ";received=192.0.2.1".to_owned()));
    let asked = ";received=192.0.2.1;rport=6000".to_owned();
    assert_eq!(answer("SIP/2.0/UDP 192.0.2.1:5070;rport;branch=b"), (6_000, asked));
    assert_eq!(answer("SIP/2.0/TCP 192.0.2.1:5070"), (6_000, none()));
    assert_eq!(answer("SIP/2.0/UDP [2001:db8::1]:5072;branch=b").0, 5_072);
    assert_eq!(answer("SIP/2.0/UDP [2001:db8::1]").0, 5_060);
    for bad in ["", "SIP/2.0/UDP", "UDP host", "SIP/2.0/UDP host:99999"] {
        assert_eq!(Via::parse(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Message::parse(&bytes);
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0..INVITE.len(), text in "(\r\n|\"|<|>|;|,|:|\\PC){0,4}") {
        let damaged = [&INVITE.as_bytes()[..at], text.as_bytes(), &INVITE.as_bytes()[at + 1..]].concat();
        if let Ok(Message::Request(request)) = Message::parse(&damaged) {
            let headers = &request.headers;
            let _ = (headers.tag("from"), headers.tag("to"), headers.address("contact"));
            let _ = headers.all("via").map(Via::parse).collect::<Vec<_>>();
        }
    }
}
