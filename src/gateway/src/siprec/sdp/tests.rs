use super::*;
use proptest::prelude::*;

/// What a session border controller of another maker offers: lines in an order of its own, more formats than are read.
const OFFER: &str = "v=0\r\no=- 1544577455 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nc=IN IP4 172.18.0.4\r\n\
    m=audio 35010 RTP/AVP 18 0 8 13 101\r\na=ptime:20\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-16\r\na=label:11\r\na=sendonly\r\n\
    m=audio 35012 RTP/AVP 97 96\r\nc=IN IP4 172.18.0.5\r\na=rtpmap:96 pcma/8000/1\r\n\
    a=rtpmap:97 opus/48000/2\r\na=rtcp:40001 IN IP4 172.18.0.6\r\na=label:12\r\na=inactive\r\n\
    m=video 35014 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=label:13\r\n\
    m=audio 35016 RTP/SAVP 0\r\na=label:14\r\n\
    m=audio 0 RTP/AVP 0\r\na=label:15\r\n\
    m=audio 35018 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n";

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[test]
fn an_offer_is_read_by_lines() {
    let offer = Offer::parse(OFFER.as_bytes()).expect("an offer");
    let labels: Vec<&str> = offer.lines.iter().map(|line| line.label.as_str()).collect();
    assert_eq!(labels, ["11", "12", "13", "14", "15", ""]);
    let usable: Vec<bool> = offer.lines.iter().map(|line| line.is_usable).collect();
    assert_eq!(usable, [true, true, false, false, false, false]);
    let [first, second, ..] = offer.lines.as_slice() else { panic!("six lines") };
    let formats = [
        (0, Coding::MuLaw),
        (8, Coding::ALaw),
        (13, Coding::ComfortNoise),
        (101, Coding::TelephoneEvent),
    ];
    assert_eq!((first.formats.as_slice(), first.flow), (formats.as_slice(), Flow::Sends));
    assert_eq!(
        (first.remote, first.rtcp),
        (Some(address("172.18.0.4:35010")), Some(address("172.18.0.4:35011")))
    );
    assert_eq!(
        (second.formats.as_slice(), second.flow),
        ([(96, Coding::ALaw)].as_slice(), Flow::Stands)
    );
    assert_eq!(
        (second.remote, second.rtcp),
        (Some(address("172.18.0.5:35012")), Some(address("172.18.0.6:40001")))
    );
}

#[test]
fn the_answer_has_the_labels_and_only_what_is_read() {
    let offer = Offer::parse(OFFER.as_bytes()).expect("an offer");
    let who = Answerer { address: "10.0.0.7".parse().expect("an address"), session: 5, version: 2 };
    let answer = answer(&offer, &[Some(30_000), Some(30_002)], who);
    let expected = "v=0\r\no=- 5 2 IN IP4 10.0.0.7\r\ns=-\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\n\
        m=audio 30000 RTP/AVP 0 8 13 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
        a=rtpmap:13 CN/8000\r\na=rtpmap:101 telephone-event/8000\r\na=label:11\r\na=recvonly\r\n\
        m=audio 30002 RTP/AVP 96\r\na=rtpmap:96 PCMA/8000\r\na=label:12\r\na=inactive\r\n\
        m=video 0 RTP/AVP 99\r\na=label:13\r\nm=audio 0 RTP/SAVP 0\r\na=label:14\r\n\
        m=audio 0 RTP/AVP 0\r\na=label:15\r\nm=audio 0 RTP/AVP 9\r\n";
    assert_eq!(String::from_utf8(answer).expect("text"), expected);
}

#[test]
fn a_payload_type_means_what_its_map_says() {
    let line = |text: &str| {
        let sdp = format!("v=0\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\nm=audio 9 RTP/AVP {text}\r\n");
        Offer::parse(sdp.as_bytes()).expect("an offer").lines.remove(0)
    };
    assert_eq!(line("0\r\na=rtpmap:0 G722/8000").formats, []);
    assert_eq!(line("96\r\na=rtpmap:96 PCMU/16000").formats, []);
    assert_eq!(line("96\r\na=rtpmap:96 PCMU/8000/2").formats, []);
    assert_eq!(line("8 8 200 x 99999").formats, [(8, Coding::ALaw)]);
    let no_address = line("0");
    assert_eq!((no_address.remote, no_address.rtcp, no_address.flow), (None, None, Flow::Stands));
    assert_eq!(line("0\r\na=sendrecv").flow, Flow::Sends);
    assert!(!line("13 101\r\na=rtpmap:101 telephone-event/8000").is_usable);
}

#[test]
fn what_is_no_offer_is_refused() {
    assert!(Offer::parse(b"").is_err());
    assert!(Offer::parse(b"hello").is_err());
    assert!(Offer::parse(b"v=0\r\nm=audio 70000 RTP/AVP 0\r\n").is_err());
    for label in ["a b", "\u{e4}", &"x".repeat(65)] {
        let sdp = format!("v=0\r\nm=audio 9 RTP/AVP 0\r\na=label:{label}\r\n");
        assert!(Offer::parse(sdp.as_bytes()).is_err(), "{label}");
    }
    let many = format!("v=0\r\n{}", "m=audio 9 RTP/AVP 0\r\n".repeat(17));
    assert_eq!(Offer::parse(many.as_bytes()), Err(Refusal::TooLarge("SDP: more than 16 m= lines")));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(lines in prop::collection::vec("[vocmabt]=[ -~]{0,40}", 0..20)) {
        let sdp = format!("v=0\r\n{}\r\n", lines.join("\r\n"));
        let who = Answerer { address: "::1".parse().expect("an address"), session: 0, version: 0 };
        if let Ok(offer) = Offer::parse(sdp.as_bytes()) {
            let bytes = answer(&offer, &[Some(2)], who);
            prop_assert!(Offer::parse(&bytes).is_ok_and(|again| again.lines.len() == offer.lines.len()));
        }
    }
}
