//! SIPREC over real sockets: a session border controller of our own, in a few lines, and `sipp` where `make test-gateway`
//! runs it (`sipp.py`).

use crate::gateway::{Gateway, datagrams, facts, header_and_length};
use crate::material::{part, replayed, write};
use sound::g711::mu_law_code;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// An INVITE with two lines: label 1 is the caller's, label 2 that of the number which is called here.
fn invite(call: &str, sip: &UdpSocket, media: [u16; 2], swapped: bool) -> String {
    let port = sip.local_addr().unwrap().port();
    let sdp = format!(
        "v=0\r\no=src 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {} RTP/AVP 0\r\na=label:1\r\na=sendonly\r\nm=audio {} RTP/AVP 0\r\na=label:2\r\na=sendonly\r\n",
        media[0], media[1]
    );
    let (caller, own) = if swapped { ("2", "1") } else { ("1", "2") };
    let metadata = format!(
        "<?xml version=\"1.0\"?><recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">\
         <datamode>complete</datamode><session session_id=\"s\"/>\
         <participant participant_id=\"a\"><nameID aor=\"sip:5550100@127.0.0.1\"/></participant>\
         <participant participant_id=\"b\"><nameID aor=\"sip:116123@127.0.0.1\"/></participant>\
         <stream stream_id=\"x\" session_id=\"s\"><label>{caller}</label></stream>\
         <stream stream_id=\"y\" session_id=\"s\"><label>{own}</label></stream>\
         <participantstreamassoc participant_id=\"a\"><send>x</send><recv>y</recv></participantstreamassoc>\
         <participantstreamassoc participant_id=\"b\"><send>y</send><recv>x</recv></participantstreamassoc>\
         </recording>"
    );
    let body = format!(
        "--edge\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--edge\r\n\
         Content-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n{metadata}\r\n--edge--\r\n"
    );
    format!(
        "INVITE sip:srs@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{call};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:src@127.0.0.1>;tag=t{call}\r\nTo: <sip:srs@127.0.0.1>\r\nCall-ID: {call}\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:src@127.0.0.1:{port}>;+sip.src\r\nRequire: siprec\r\n\
         Content-Type: multipart/mixed;boundary=edge\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A request within the call, whose answer said which tag is ours.
fn within(method: &str, call: &str, number: u32, to: &str) -> String {
    format!(
        "{method} sip:srs@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{method}{call};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:src@127.0.0.1>;tag=t{call}\r\nTo: {to}\r\nCall-ID: {call}\r\n\
         CSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

fn answer(sip: &UdpSocket) -> String {
    let mut datagram = vec![0; 65_535];
    let n = sip.recv(&mut datagram).unwrap();
    String::from_utf8_lossy(&datagram[..n]).into_owned()
}

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let of = |line: &'a str| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name));
    message.lines().find_map(of).map(|(_, value)| value.trim()).unwrap_or_default()
}

/// A call under way, as the border controller has it.
struct Call<'a> {
    gateway: &'a Gateway,
    name: &'a str,
    sip: UdpSocket,
    media: [UdpSocket; 2],
    /// Where each label is sent to.
    theirs: Vec<u16>,
    /// The header `To` with the gateway's tag.
    to: String,
    begin: Instant,
}

impl<'a> Call<'a> {
    fn begin(gateway: &'a Gateway, name: &'a str, swapped: bool) -> Self {
        let sip = datagrams();
        sip.connect(("127.0.0.1", gateway.sip)).unwrap();
        let media = [datagrams(), datagrams()];
        let ports = [0, 1].map(|n: usize| media[n].local_addr().unwrap().port());
        sip.send(invite(name, &sip, ports, swapped).as_bytes()).unwrap();
        let answered = last_answer(&sip);
        assert_eq!(answered.matches("a=recvonly").count(), 2, "{answered}");
        let to = header(&answered, "To").to_owned();
        sip.send(within("ACK", name, 1, &to).as_bytes()).unwrap();
        let theirs = answered
            .lines()
            .filter_map(|line| line.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok())
            .collect();
        Call { gateway, name, sip, media, theirs, to, begin: Instant::now() }
    }

    /// Sends these packets of each label's sound, at their time.
    fn play(&self, sides: [&[i16]; 2], packets: std::ops::Range<usize>) {
        for packet in packets {
            for side in [0, 1] {
                let Some(samples) = sides[side].get(160 * packet..160 * (packet + 1)) else {
                    continue;
                };
                let mut rtp = vec![0x80, if packet == 0 { 0x80 } else { 0 }];
                rtp.extend((u16::try_from(packet).unwrap().wrapping_add(65_500)).to_be_bytes());
                let at = u32::try_from(160 * packet).unwrap().wrapping_add(4_294_960_000);
                rtp.extend(at.to_be_bytes());
                rtp.extend((7 + u32::try_from(side).unwrap()).to_be_bytes());
                rtp.extend(samples.iter().map(|sample| mu_law_code(*sample)));
                self.media[side].send_to(&rtp, ("127.0.0.1", self.theirs[side])).unwrap();
            }
            let due = self.begin + Duration::from_millis(20 * (packet as u64 + 1));
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }

    /// Another offer, in which the operator's line does not send.
    fn hold_the_operator(&self) {
        let ports = [0, 1].map(|n: usize| self.media[n].local_addr().unwrap().port());
        let first = invite(self.name, &self.sip, ports, false);
        let second = first
            .replace("CSeq: 1 ", "CSeq: 2 ")
            .replace("branch=z9hG4bK", "branch=z9hG4bKhold")
            .replace("To: <sip:srs@127.0.0.1>", &format!("To: {}", self.to))
            .replace("a=label:2\r\na=sendonly", "a=label:2\r\na=inactive");
        self.sip.send(second.as_bytes()).unwrap();
        let answered = last_answer(&self.sip);
        assert!(answered.contains("a=inactive"), "{answered}");
        self.sip.send(within("ACK", self.name, 2, &self.to).as_bytes()).unwrap();
    }

    /// The log's facts and its length.
    fn end(self) -> (Vec<serde_json::Value>, f64) {
        self.sip.send(within("BYE", self.name, 3, &self.to).as_bytes()).unwrap();
        assert!(answer(&self.sip).starts_with("SIP/2.0 200"));
        std::thread::sleep(Duration::from_millis(500));
        let log = self.gateway.logs().pop().unwrap();
        (facts(&log), header_and_length(&log).1.unwrap())
    }
}

/// The answer that is no more provisional.
fn last_answer(sip: &UdpSocket) -> String {
    let mut answered = answer(sip);
    while answered.starts_with("SIP/2.0 1") {
        answered = answer(sip);
    }
    assert!(answered.starts_with("SIP/2.0 200"), "{answered}");
    answered
}

/// One call: what each label sends. The log's facts and its length.
fn call(
    gateway: &Gateway,
    name: &str,
    swapped: bool,
    sides: [&[i16]; 2],
) -> (Vec<serde_json::Value>, f64) {
    let call = Call::begin(gateway, name, swapped);
    call.play(sides, 0..sides[0].len() / 160);
    call.end()
}

#[test]
fn an_operator_on_hold_leaves_the_caller_heard() {
    let gateway = Gateway::start("");
    let (speech, silence) = (part(10, 8), vec![0; 2 * 8_000]);
    let call = Call::begin(&gateway, "hold", false);
    call.play([&speech, &silence], 0..100);
    call.hold_the_operator();
    call.play([&speech, &[]], 100..400);
    let (facts, length) = call.end();
    assert!((length - 8.0).abs() <= 0.02, "{length} s");
    let late = |facts: &[serde_json::Value]| {
        let late = facts.iter().filter(|fact| fact["t"].as_f64().is_some_and(|t| t > 3.0));
        late.filter(|fact| fact["record"] == "reading").count()
    };
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &speech);
    let (heard, all) = (late(&facts), late(&replayed(&recording, &[])));
    assert!(
        all > 5 && 10 * heard >= 8 * all,
        "{heard} of {all} readings after the operator was put on hold"
    );
    assert!(facts.iter().all(|fact| fact["record"] != "muted"), "{facts:?}");
}

#[test]
fn the_caller_is_read_whose_number_is_not_ours() {
    let gateway = Gateway::start("");
    let (speech, silence) = (part(10, 10), vec![0; 80_000]);
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &speech);
    let readings = |facts: &[serde_json::Value]| -> Vec<serde_json::Value> {
        facts.iter().filter(|fact| fact["record"] == "reading").cloned().collect()
    };
    let expected = readings(&replayed(&recording, &[]));
    assert!(expected.len() > 10);
    let (heard, length) = call(&gateway, "one", false, [&speech, &silence]);
    let n_same = expected.iter().filter(|reading| readings(&heard).contains(reading)).count();
    assert!(10 * n_same >= 9 * expected.len(), "{n_same} of {}", expected.len());
    assert!((length - 10.0).abs() <= 0.02, "{length} s");
    // Names of logs begin with their second.
    std::thread::sleep(Duration::from_millis(1_100));
    let (heard, _) = call(&gateway, "two", true, [&speech, &silence]);
    assert_eq!(readings(&heard).len(), 0, "the operator was read");
    assert_eq!(gateway.count("gap_seconds_total"), 0.0);
}

#[test]
fn what_is_no_siprec_is_answered_as_sip_answers() {
    let gateway = Gateway::start("[limits]\ncalls = 1\n");
    let sip = datagrams();
    sip.connect(("127.0.0.1", gateway.sip)).unwrap();
    let plain = within("INVITE", "plain", 1, "<sip:srs@127.0.0.1>");
    sip.send(plain.as_bytes()).unwrap();
    let refused = answer(&sip);
    assert!(refused.starts_with("SIP/2.0 4"), "{refused}");
    sip.send(within("OPTIONS", "asks", 1, "<sip:srs@127.0.0.1>").as_bytes()).unwrap();
    assert!(answer(&sip).starts_with("SIP/2.0 200"));
    sip.send(within("BYE", "nobody", 1, "<sip:srs@127.0.0.1>;tag=x").as_bytes()).unwrap();
    assert!(answer(&sip).starts_with("SIP/2.0 481"));
    sip.send(&vec![0xff; 60_000]).unwrap();
    // The only place is taken by another call.
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 3));
    let other = gateway.sender("twilio", &recording, &[]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(800));
    sip.send(invite("full", &sip, [4_000, 4_002], false).as_bytes()).unwrap();
    let refused = answer(&sip);
    assert!(refused.starts_with("SIP/2.0 486"), "{refused}");
    assert_ne!(header(&refused, "Retry-After"), "");
    assert!(other.wait_with_output().unwrap().status.success());
}
