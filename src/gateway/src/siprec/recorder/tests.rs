use super::*;
use crate::protocol::Side;
use crate::siprec::StreamOffer;
use proptest::prelude::*;

mod changes;
mod refusals;

/// The form of PJSIP's documentation, by UDP: RFC 7865, a boundary without quotation marks, a name before the address.
const METADATA: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
    <recording xmlns='urn:ietf:params:xml:ns:recording:1'><datamode>complete</datamode>\
    <participant participant_id=\"p1\"><nameID aor=\"sip:5550100@a.example\"/></participant>\
    <participant participant_id=\"p2\"><nameID aor=\"sip:116123@b.example\"/></participant>\
    <stream stream_id=\"s1\" session_id=\"x\"><label>1</label></stream>\
    <stream stream_id=\"s2\" session_id=\"x\"><label>2</label></stream>\
    <participantstreamassoc participant_id=\"p1\"><send>s1</send><recv>s2</recv></participantstreamassoc>\
    <participantstreamassoc participant_id=\"p2\"><send>s2</send><recv>s1</recv></participantstreamassoc>\
    </recording>\r\n";

const SDP: &str = "v=0\r\no=SRC 2890844526 2890844526 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
    m=audio 12240 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\na=label:1\r\n\
    m=audio 22242 RTP/AVP 8\r\na=sendonly\r\na=label:2\r\n";

fn from() -> SocketAddr {
    "192.0.2.1:5070".parse().expect("an address")
}

const fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn recorder_with(ports: &[u16]) -> Recorder {
    Recorder::new(Settings {
        contact: "10.0.0.7:5060".parse().expect("an address"),
        media: "10.0.0.7".parse().expect("an address"),
        ports: ports.to_vec(),
        own_numbers: vec!["116123".to_owned()],
        seed: [7; 16],
    })
}

fn recorder() -> Recorder {
    recorder_with(&[30_000, 30_002, 30_004, 30_006])
}

fn body(sdp: &str, metadata: Option<&str>) -> (String, String) {
    let mut body = format!("--foobar\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n");
    if let Some(metadata) = metadata {
        body += "--foobar\r\nContent-Type: application/rs-metadata+xml\r\n\
            Content-Disposition: recording-session\r\n\r\n";
        body += metadata;
    }
    body += "\r\n--foobar--\r\n";
    ("multipart/mixed;boundary=foobar".to_owned(), body)
}

/// A request of call `n` with a number, our tag if there is one, and a body.
fn message(
    method: &str,
    n: u32,
    sequence: u32,
    tag: Option<&str>,
    body: (String, String),
) -> Vec<u8> {
    let tag = tag.map(|tag| format!(";tag={tag}")).unwrap_or_default();
    let (kind, body) = body;
    let kind = if kind.is_empty() { kind } else { format!("Content-Type: {kind}\r\n") };
    format!(
        "{method} sip:srs@10.0.0.7 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK{method}{n}{sequence}\r\n\
        Record-Route: <sip:proxy.example;lr>\r\n\
        From: \"Secret Name\" <sip:5550100@192.0.2.1>;tag=src{n}\r\n\
        To: <sip:srs@10.0.0.7>{tag}\r\n\
        Call-ID: call{n}@192.0.2.1\r\n\
        CSeq: {sequence} {method}\r\n\
        Contact: <sip:src@192.0.2.1:5070>;+sip.src\r\n\
        Max-Forwards: 70\r\n\
        Require: siprec\r\n\
        {kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn none() -> (String, String) {
    (String::new(), String::new())
}

fn invite(n: u32) -> Vec<u8> {
    message("INVITE", n, 1, None, body(SDP, Some(METADATA)))
}

/// The one message that is sent.
fn sent(actions: &[Action]) -> String {
    let mut texts = actions.iter().filter_map(|action| match action {
        Action::Send { to, bytes } => {
            assert_eq!(*to, from());
            Some(String::from_utf8(bytes.clone()).expect("text"))
        }
        _ => None,
    });
    let text = texts.next().expect("something is sent");
    assert_eq!(texts.next(), None);
    text
}

fn status(actions: &[Action]) -> u16 {
    let text = sent(actions);
    text.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
}

fn tag_of(answer: &str) -> String {
    let to = answer.lines().find(|line| line.starts_with("To:")).expect("To");
    to.split("tag=").nth(1).expect("a tag").to_owned()
}

fn sides(streams: &[StreamOffer]) -> Vec<(&str, u16, Side)> {
    streams.iter().map(|stream| (stream.label.as_str(), stream.port, stream.side)).collect()
}

/// Takes call `n`; its key and our tag.
fn begin(recorder: &mut Recorder, n: u32) -> (String, String) {
    let actions = recorder.hear(&invite(n), from(), at(0));
    let [Action::Begin { call, .. }, Action::Send { .. }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    let tag = tag_of(&sent(&actions));
    assert_eq!(recorder.hear(&message("ACK", n, 1, Some(&tag), none()), from(), at(1)), []);
    (call.clone(), tag)
}

#[test]
fn a_call_begins_with_its_streams_and_is_answered() {
    let mut recorder = recorder();
    let actions = recorder.hear(&invite(1), from(), at(0));
    let [Action::Begin { call, streams, trouble: None }, Action::Send { .. }] = actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    assert_eq!(sides(streams), [("1", 30_000, Side::Caller), ("2", 30_002, Side::Operator)]);
    assert_eq!(streams[0].remote, Some("192.0.2.1:12240".parse().expect("an address")));
    assert!(streams.iter().all(|stream| stream.sends));
    assert_eq!((call.len(), call.starts_with("siprec:")), (39, true));
    let shown = format!("{call} {streams:?}");
    assert!(!shown.contains("5550100") && !shown.contains("Secret"), "{shown}");

    let answer = sent(&actions);
    let tag = tag_of(&answer);
    let expected = format!(
        "SIP/2.0 200 OK\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKINVITE11\r\n\
        Record-Route: <sip:proxy.example;lr>\r\n\
        From: \"Secret Name\" <sip:5550100@192.0.2.1>;tag=src1\r\n\
        To: <sip:srs@10.0.0.7>;tag={tag}\r\n\
        Call-ID: call1@192.0.2.1\r\n\
        CSeq: 1 INVITE\r\n\
        Contact: <sip:10.0.0.7:5060>;+sip.srs\r\n"
    );
    assert!(answer.starts_with(&expected), "{answer}");
    assert!(answer.contains("\r\nSupported: siprec\r\n"), "{answer}");
    let (head, sdp) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(head.ends_with(&format!("Content-Length: {}", sdp.len())), "{head}");
    assert!(sdp.contains("m=audio 30000 RTP/AVP 0 101\r\n"), "{sdp}");
    assert!(sdp.contains("m=audio 30002 RTP/AVP 8\r\n"), "{sdp}");
    assert_eq!(sdp.matches("a=recvonly\r\n").count(), 2);
}

#[test]
fn an_answer_is_sent_until_it_is_acknowledged() {
    let mut recorder = recorder();
    let first = sent(&recorder.hear(&invite(1), from(), at(0)));
    assert_eq!(recorder.tick(at(499)), []);
    for ms in [500, 1_500, 3_500, 7_500, 11_500] {
        assert_eq!(sent(&recorder.tick(at(ms))), first, "{ms}");
        assert_eq!(recorder.tick(at(ms + 99)), []);
    }
    assert_eq!(sent(&recorder.hear(&invite(1), from(), at(11_700))), first, "the INVITE again");
    let ack = |sequence, tag: &str| message("ACK", 1, sequence, Some(tag), none());
    recorder.hear(&ack(1, "wrong"), from(), at(11_800));
    recorder.hear(&ack(2, &tag_of(&first)), from(), at(11_900));
    assert_eq!(sent(&recorder.tick(at(15_500))), first);
    recorder.hear(&ack(1, &tag_of(&first)), from(), at(16_000));
    assert_eq!(recorder.tick(at(60_000)), []);
    assert_eq!(recorder.n_calls(), 1);
}

#[test]
fn a_call_that_is_never_acknowledged_ends_with_a_bye() {
    let mut recorder = recorder();
    let answer = sent(&recorder.hear(&invite(1), from(), at(0)));
    let actions = recorder.tick(at(32_000));
    assert!(matches!(actions.as_slice(), [Action::Send { .. }, Action::End { .. }]), "{actions:?}");
    let bye = sent(&actions);
    let expected = format!(
        "BYE sip:src@192.0.2.1:5070 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK{};rport\r\n\
        Route: <sip:proxy.example;lr>\r\n\
        From: <sip:srs@10.0.0.7>;tag={}\r\n\
        To: \"Secret Name\" <sip:5550100@192.0.2.1>;tag=src1\r\n\
        Call-ID: call1@192.0.2.1\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        branch(&recorder.settings, &format!("siprec:{}", hash(&[b"call1@192.0.2.1"]))),
        tag_of(&answer)
    );
    assert_eq!(bye, expected);
    assert_eq!(sent(&recorder.tick(at(32_500))), bye);
    let ok = bye.replace("BYE sip:src@192.0.2.1:5070 SIP/2.0", "SIP/2.0 200 OK");
    assert_eq!(recorder.hear(ok.as_bytes(), from(), at(32_600)), []);
    assert_eq!(recorder.tick(at(40_000)), []);
    assert_eq!(recorder.dialogs.len(), 1);
    assert_eq!(recorder.tick(at(64_000)), []);
    assert_eq!(recorder.dialogs.len(), 0);
}

#[test]
fn a_bye_ends_the_call_once_and_frees_its_ports() {
    let mut recorder = recorder();
    let (call, tag) = begin(&mut recorder, 1);
    begin(&mut recorder, 2);
    assert_eq!(recorder.ports.n_free(), 0);
    let wrong = message("BYE", 1, 2, Some("guessed"), none());
    assert_eq!(status(&recorder.hear(&wrong, from(), at(10))), 481);
    let bye = message("BYE", 1, 2, Some(&tag), none());
    let actions = recorder.hear(&bye, from(), at(20));
    assert_eq!((status(&actions), actions.last()), (200, Some(&Action::End { call })));
    assert_eq!((recorder.n_calls(), recorder.ports.n_free()), (1, 2));
    let again = recorder.hear(&bye, from(), at(600));
    assert_eq!((again.len(), status(&again)), (1, 200));
    let later = message("UPDATE", 1, 3, Some(&tag), none());
    assert_eq!(status(&recorder.hear(&later, from(), at(700))), 481);
    begin(&mut recorder, 3);
    assert_eq!(recorder.ports.n_free(), 0);
    recorder.tick(at(40_000));
    assert_eq!(status(&recorder.hear(&bye, from(), at(40_000))), 481);
}

#[test]
fn a_call_may_be_hung_up_here() {
    let mut recorder = recorder();
    let (call, tag) = begin(&mut recorder, 1);
    let actions = recorder.hang_up(&call, at(100));
    assert_eq!(actions.last(), Some(&Action::End { call: call.clone() }));
    assert!(sent(&actions).starts_with("BYE "));
    assert_eq!(recorder.hang_up(&call, at(200)), []);
    assert_eq!((recorder.n_calls(), recorder.ports.n_free()), (0, 4));
    assert!(sent(&recorder.tick(at(600))).starts_with("BYE "));
    // Both hang up at once.
    let bye = message("BYE", 1, 2, Some(&tag), none());
    assert_eq!(status(&recorder.hear(&bye, from(), at(700))), 481);
}

#[test]
fn an_oracle_call_over_tcp_with_own_forms_is_taken() {
    let sdp = "v=0\r\no=- 171 213 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=label:1\r\na=sendonly\r\n";
    let metadata = "<?xml version='1.0' encoding='UTF-8'?>\n<recording xmlns='urn:ietf:params:xml:ns:recording'>\
        <dataMode>complete</dataMode><session id=\"se\"/>\
        <participant id=\"p1\" session=\"se\"><aor>sip:5550100@192.0.2.3</aor><send>s1</send></participant>\
        <participant id=\"p2\" session=\"se\"><aor>sip:116123@192.0.2.4</aor></participant>\
        <stream id=\"s1\" session=\"se\"><label>1</label><mode>separate</mode></stream></recording>";
    let body = format!(
        "--unique-boundary-1\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--unique-boundary-1\r\n\
        Content-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n\
        {metadata}\r\n--unique-boundary-1--\r\n"
    );
    let message = format!(
        "INVITE sip:192.0.2.9:5060;transport=tcp SIP/2.0\r\n\
        v: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKabc\r\nf: sip:sbc@192.0.2.1;tag=1\r\n\
        t: sip:192.0.2.9:5060\r\ni: oracle-1\r\nCSeq: 12 INVITE\r\n\
        m: <sip:sbc@192.0.2.1:5060;transport=tcp>;+sip.src\r\nRequire: siprec\r\n\
        c: multipart/mixed; boundary=\"unique-boundary-1\"\r\nl: {}\r\n\r\n{body}",
        body.len()
    );
    let mut recorder = recorder();
    let actions = recorder.hear(message.as_bytes(), from(), at(0));
    let Some(Action::Begin { streams, .. }) = actions.first() else { panic!("{actions:?}") };
    assert_eq!(sides(streams), [("1", 30_000, Side::Caller)]);
    let answer = sent(&actions);
    assert!(
        answer.contains("\r\nContact: <sip:10.0.0.7:5060;transport=tcp>;+sip.srs\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\r\nTo: sip:192.0.2.9:5060;tag="), "{answer}");
    let ack = message.replace("INVITE", "ACK").replace(
        "t: sip:192.0.2.9:5060",
        &format!("t: sip:192.0.2.9:5060;tag={}", tag_of(&answer)),
    );
    assert_eq!(recorder.hear(ack.as_bytes(), from(), at(100)), []);
    assert_eq!(recorder.tick(at(600)), []);
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic_or_lose_a_port(
        damages in prop::collection::vec((0_usize..2_600, "(\r\n|tag=|;|<|\\PC){0,3}"), 1..6),
        methods in prop::collection::vec(0_usize..4, 1..6),
    ) {
        let mut recorder = recorder();
        let (_, tag) = begin(&mut recorder, 1);
        let mut calls = 1_usize;
        let mut count = |actions: Vec<Action>| for action in actions {
            match action {
                Action::Begin { .. } => calls += 1,
                Action::End { .. } => calls -= 1,
                _ => {}
            }
        };
        for (n, ((at_byte, text), method)) in (2..).zip(damages.iter().zip(methods)) {
            let method = ["INVITE", "UPDATE", "BYE", "OPTIONS"][method];
            let to = Some(tag.as_str()).filter(|_| n % 2 == 0);
            let good = message(method, 1, n, to, body(SDP, Some(METADATA)));
            let at_byte = at_byte % good.len();
            let damaged = [&good[..at_byte], text.as_bytes(), &good[at_byte + 1..]].concat();
            count(recorder.hear(&damaged, from(), at(u64::from(n))));
        }
        count(recorder.tick(at(40_000)));
        count(recorder.tick(at(80_000)));
        prop_assert_eq!(calls, recorder.n_calls());
        if calls == 0 {
            prop_assert_eq!(recorder.ports.n_free(), 4);
        }
    }
}
