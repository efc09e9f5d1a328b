//! Valid recordings, as session border controllers send them: what is damaged then.
//!
//! Out: SIP messages one by one, on a connection, and as calls; offers, metadata and RTP, as their makers write them.

use crate::input::{Input, Message};
use crate::siprec::{self, N_PORTS, recorder_of};
use std::time::Duration;

const OWN_SDP: &str =
    "v=0\r\no=SRC 2890844526 2890844526 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

/// Lines in an order of its own, more formats than are read, and lines that are none of ours.
const OTHER_SDP: &str = "v=0\r\no=- 1544577455 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nc=IN IP4 172.18.0.4\r\n\
    m=audio 35010 RTP/AVP 18 0 8 13 101\r\na=ptime:20\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-16\r\na=label:1\r\na=sendonly\r\n\
    m=audio 35012 RTP/AVP 97 96\r\nc=IN IP6 2001:db8::5\r\na=rtpmap:96 pcma/8000/1\r\n\
    a=rtpmap:97 opus/48000/2\r\na=rtcp:40001 IN IP4 172.18.0.6\r\na=label:2\r\na=inactive\r\n\
    m=video 35014 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=label:13\r\n\
    m=audio 35016/2 RTP/SAVP 0\r\na=label:14\r\nm=audio 0 RTP/AVP 0\r\na=label:15\r\n";

/// All kinds of lines that SDP has.
const LONG_SDP: &str = "v=0\r\no=a 1 2 IN IP6 ::1\r\ns=x\r\ni=y\r\nu=http://a\r\ne=a@b\r\np=+1 2\r\nc=IN IP4 224.2.36.42/127/3\r\n\
    b=AS:64\r\nt=2873397496 2873404696\r\nr=7d 1h 0 25h\r\nz=2882844526 -1h 2898848070 0\r\nk=clear:x\r\na=recvonly\r\n\
    a=charset:ISO-8859-1\r\nm=audio 49170 RTP/AVPF 0\r\ni=z\r\nc=IN IP4 192.0.2.1\r\nb=TIAS:64000\r\nk=prompt\r\na=label:1\r\n";

/// RFC 7865's own form.
const RFC_METADATA: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
    <recording xmlns='urn:ietf:params:xml:ns:recording:1'><datamode>complete</datamode>\
    <session session_id=\"x\"><sipSessionID>ab30317f</sipSessionID></session>\
    <participant participant_id=\"p1\"><nameID aor=\"sip:5550100@a.example\"><name xml:lang=\"it\">B&amp;b</name></nameID></participant>\
    <participant participant_id=\"p2\"><nameID aor=\"sip:116123@b.example\"/></participant>\
    <stream stream_id=\"s1\" session_id=\"x\"><label>1</label></stream>\
    <stream stream_id=\"s2\" session_id=\"x\"><label>2</label></stream>\
    <participantsessionassoc participant_id=\"p1\" session_id=\"x\"/>\
    <participantstreamassoc participant_id=\"p1\"><send>s1</send><recv>s2</recv></participantstreamassoc>\
    <participantstreamassoc participant_id=\"p2\"><send> s2 </send><recv>s1</recv></participantstreamassoc>\
    </recording>\r\n";

/// Oracle's, with SIP headers that are no XML.
const ORACLE_METADATA: &str = "<?xml version='1.0' encoding='UTF-8'?>\n<recording xmlns='urn:ietf:params:xml:ns:recording'>\n\
    <dataMode>partial</dataMode><participant id=\"p1\" session=\"s\"><aor>tel:+49-30-5550100</aor><send>s1</send>\
    <extensiondata xmlns:apkt=\"http://acmepacket.com/siprec/extensiondata\"><apkt:callingParty>true</apkt:callingParty>\
    <apkt:header label=P-Asserted-Identity><value>sip:1@192.0.2.10</value></apkt:header></extensiondata></participant>\n\
    <participant id=\"p2\" session=\"s\"><aor>sip:116123@192.0.2.60</aor><send>s2</send></participant>\n\
    <stream id=\"s1\" session=\"s\"><label>1</label><mode>separate</mode></stream>\n\
    <stream id=\"s2\" session=\"s\"><label>2</label></stream></recording>";

/// An offer of that many streams.
fn offer(n_lines: usize) -> String {
    let line = |index: usize| {
        let (port, label) = (12_240 + 2 * index, index + 1);
        format!(
            "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\na=label:{label}\r\n"
        )
    };
    (0..n_lines).map(line).fold(OWN_SDP.to_owned(), |sdp, line| sdp + &line)
}

/// A Content-Type, and the body.
fn parts(sdp: &str, metadata: &str) -> (&'static str, String) {
    let body = format!(
        "to be ignored\r\n--foobar\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--foobar\r\n\
         c: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n{metadata}\r\n--foobar--\r\n"
    );
    ("multipart/mixed;boundary=\"foobar\"", body)
}

/// A request of call `n`, with our tag if there is one.
fn request(method: &str, n: usize, number: u32, tag: &str, (kind, body): (&str, &str)) -> Message {
    let tag = if tag.is_empty() { String::new() } else { format!(";tag={tag}") };
    let length = body.len();
    Message::binary(format!(
        "{method} sip:srs@10.0.0.7 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK{method}{n}{number};rport, SIP/2.0/TCP [::1]\r\n\
         v: SIP/2.0/UDP a.example\r\n ;branch=b\r\n\
         Record-Route: <sip:proxy.example;lr>\r\n\
         From: \"Secret \\\"Name\" <sip:5550100@192.0.2.1>;tag=src{n}\r\n\
         To: <sip:srs@10.0.0.7>{tag}\r\n\
         Call-ID: call{n}@192.0.2.1\r\n\
         CSeq: {number} {method}\r\n\
         m: <sip:src@192.0.2.1:5070>;+sip.src\r\n\
         Require: siprec\r\n\
         Content-Type: {kind}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    ))
}

/// An INVITE of call `n` that wants that many streams.
pub fn invite(n: usize, n_lines: usize) -> Message {
    let (kind, body) = parts(&offer(n_lines), RFC_METADATA);
    request("INVITE", n, 1, "", (kind, &body))
}

const NO_BODY: (&str, &str) = ("", "");

/// A call from its INVITE to its BYE, with changes in between.
fn call(setting: usize, n: usize) -> Vec<Message> {
    let first = invite(n, 1);
    let from = siprec::peer(setting);
    let actions = recorder_of(setting).hear(&first.bytes, from, Duration::ZERO);
    let tag = &siprec::tag_in(&actions);
    let sides = ORACLE_METADATA.replace("116123", "1").replace("5550100", "116123");
    let (kind, other) = parts(OTHER_SDP, &sides);
    let metadata = ("application/rs-metadata+xml", RFC_METADATA);
    let held = offer(1).replace("sendonly", "inactive");
    vec![
        first,
        request("ACK", n, 1, tag, NO_BODY).after(30),
        request("OPTIONS", n, 2, "", NO_BODY).after(700),
        request("UPDATE", n, 3, tag, metadata).after(100),
        request("INVITE", n, 4, tag, ("application/sdp", &held)).after(100),
        request("ACK", n, 4, tag, NO_BODY).after(30),
        request("INVITE", n, 5, tag, (kind, &other)).after(100),
        request("ACK", n, 5, tag, NO_BODY).after(30),
        request("BYE", n, 6, tag, NO_BODY).after(100),
    ]
}

pub fn calls() -> Vec<Input> {
    let of = |setting| {
        let mut messages = call(setting, 1);
        let others = call(setting, 2);
        messages.extend(others.into_iter().map(|message| message.after(0)));
        messages.push(Message::binary("\r\n\r\n"));
        Input { setting, messages }
    };
    (0..N_PORTS.len() * 2).map(of).collect()
}

/// Requests and answers one by one.
pub fn messages() -> Vec<Input> {
    let answer = "SIP/2.0 200 OK\r\nv: SIP/2.0/TCP 10.0.0.7:5060;branch=z9hG4bK1\r\nf: <sip:srs@10.0.0.7>;tag=a\r\n\
        t: sip:1@192.0.2.1;tag=src1\r\ni: call1@192.0.2.1\r\nCSeq: 1 BYE\r\nl: 0\r\n\r\n";
    let mut all = call(0, 1);
    all.push(Message::binary(answer));
    alone(all)
}

/// Some messages on one TCP connection, with empty lines between them.
pub fn connections() -> Vec<Input> {
    let all = call(0, 1);
    let of = |n: usize| {
        let lines: [&[u8]; 4] = [b"", b"\r\n\r\n", b"\n", b"\r\n\r\n\r\n"];
        let requests = [&all[n], &all[n + 1], &all[n + 2]].map(|message| message.bytes.as_slice());
        let bytes =
            requests.into_iter().flat_map(|request| [lines[n], request]).collect::<Vec<_>>();
        Input { setting: 0, messages: vec![Message::binary(bytes.concat())] }
    };
    (0..4).map(of).collect()
}

pub fn offers() -> Vec<Input> {
    let own = [offer(1), offer(2), offer(16)].map(Message::binary);
    alone(own.into_iter().chain([OTHER_SDP, LONG_SDP].map(Message::binary)))
}

pub fn metadata() -> Vec<Input> {
    let many =
        RFC_METADATA.replace("<stream ", &format!("{}<stream ", "<stream id=\"s3\"/>".repeat(30)));
    let all = [RFC_METADATA, ORACLE_METADATA, &many, "\u{feff}<recording/>"];
    alone(all.map(Message::text))
}

fn alone(all: impl IntoIterator<Item = Message>) -> Vec<Input> {
    all.into_iter().map(|message| Input { setting: 0, messages: vec![message] }).collect()
}

/// 20 ms of a payload type from a source: that of the caller is even, the operator's odd.
fn packet(kind: u8, number: u16, timestamp: u32, ssrc: u32) -> Message {
    let mut bytes = vec![0x80, kind];
    bytes.extend(number.to_be_bytes());
    bytes.extend(timestamp.to_be_bytes());
    bytes.extend(ssrc.to_be_bytes());
    let [.., low] = number.to_be_bytes();
    bytes.extend([low; 160]);
    Message::binary(bytes)
}

/// Both sides speak in packets of 20 ms from there on.
fn speech(n: u16, number: u16, timestamp: u32, [caller, operator]: [u32; 2]) -> Vec<Message> {
    let one = |index: u16| {
        let (number, timestamp) =
            (number.wrapping_add(index), timestamp.wrapping_add(160 * u32::from(index)));
        let first = packet(0, number, timestamp, caller).after(20);
        [first, packet(8, number, timestamp, operator)]
    };
    (0..n).flat_map(one).collect()
}

pub fn packets() -> Vec<Input> {
    let ssrc = [0x1122_3344, 0x99];
    let hold = Message::event;
    let mut odd = speech(3, 65_534, u32::MAX - 200, ssrc);
    let mut full = packet(0xe0, 1, 280, ssrc[0]);
    // A mark, payload type 96; sources, an extension and padding.
    full.bytes[0] = 0xb2;
    full.bytes.splice(12..12, [0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
    full.bytes.extend([0, 0, 3]);
    odd.push(full.after(20));
    odd.extend([(13, 2), (101, 3), (101, 3), (0, 4)].map(|(kind, number)| {
        packet(kind, number, 440 + 160 * u32::from(number), ssrc[0]).after(20)
    }));
    let silence = [speech(4, 1, 0, ssrc), speech(4, 5, 40_000, ssrc)].concat();
    let same =
        [speech(4, 1, 0, ssrc), vec![hold(), hold().after(4_000)], speech(4, 5, 32_640, ssrc)];
    // After a pause timestamps stand where they stood, or another source goes on.
    let stood = [speech(4, 1, 0, ssrc), vec![hold(), hold().after(4_000)], speech(4, 5, 640, ssrc)];
    let other = [speech(4, 1, 0, ssrc), vec![hold(), hold().after(4_000)], speech(4, 5, 9, [4, 5])];
    let before = [vec![hold(), hold().after(30_000)], speech(8, 1, 0, ssrc)];
    let all = [speech(8, 1, 0, ssrc), odd, silence, same.concat(), stood.concat(), other.concat()];
    let all = all.into_iter().chain([before.concat()]);
    all.map(|messages| Input { setting: 0, messages }).collect()
}
