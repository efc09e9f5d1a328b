//! Peers that are wrong, slow, greedy or lie: refused in the protocol's own terms, counted, and nobody else notices.

use crate::gateway::{Gateway, TOKEN};
use crate::material::{part, write};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A WebSocket of our own, to say on it what no client would: the handshake, and frames by hand (RFC 6455).
struct Socket(TcpStream);

impl Socket {
    fn open(gateway: &Gateway, path: &str) -> Self {
        let (status, socket) = Socket::ask(gateway, path, "");
        assert_eq!(status, 101, "{path}");
        socket
    }

    fn ask(gateway: &Gateway, path: &str, headers: &str) -> (u16, Self) {
        let mut stream = TcpStream::connect(("127.0.0.1", gateway.http)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
        let request = format!(
            "GET /{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let status = String::from_utf8_lossy(&head[9..12]).parse().unwrap();
        (status, Socket(stream))
    }

    /// One whole frame, with a mask of zeros.
    fn send(&mut self, opcode: u8, payload: &[u8]) -> std::io::Result<()> {
        let mut frame = vec![0x80 | opcode];
        match payload.len() {
            len @ 0..=125 => frame.push(0x80 | u8::try_from(len).unwrap()),
            len @ 126..=65_535 => {
                frame.push(0xFE);
                frame.extend(u16::try_from(len).unwrap().to_be_bytes());
            }
            len => {
                frame.push(0xFF);
                frame.extend((len as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        self.0.write_all(&frame)
    }

    fn text(&mut self, text: &str) {
        let _ = self.send(1, text.as_bytes());
    }

    /// The code of the close frame that comes; none where the connection ends without one.
    fn close_code(&mut self) -> Option<u16> {
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head).ok()?;
            let mut len = usize::from(head[1] & 0x7F);
            if len == 126 {
                let mut long = [0; 2];
                self.0.read_exact(&mut long).ok()?;
                len = usize::from(u16::from_be_bytes(long));
            }
            let mut payload = vec![0; len];
            self.0.read_exact(&mut payload).ok()?;
            if head[0] & 0x0F == 8 {
                return Some(u16::from_be_bytes([payload[0], payload[1]]));
            }
        }
    }
}

const START: &str = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#;

#[test]
fn nonsense_closes_the_connection_with_a_code_and_a_count() {
    let gateway = Gateway::start("");
    let deep = "[".repeat(20_000);
    let cases: &[(&str, &[&str], u16)] = &[
        ("twilio", &["no json"], 1008),
        ("twilio", &[&deep], 1008),
        ("twilio", &[r#"{"event":7}"#], 1008),
        (
            "twilio",
            &[
                START,
                r#"{"event":"media","media":{"track":"inbound","chunk":"1","timestamp":"0","payload":"#,
            ],
            1008,
        ),
        (
            "twilio",
            &[
                START,
                r#"{"event":"media","media":{"track":"inbound","chunk":"1","timestamp":"0","payload":"***"}}"#,
            ],
            1008,
        ),
        (
            "twilio",
            &[
                r#"{"event":"media","media":{"track":"inbound","chunk":"1","timestamp":"0","payload":"////"}}"#,
            ],
            1008,
        ),
        ("asterisk", &[r#"{"event":"MEDIA_START"}"#], 1008),
        ("jambonz", &["[]"], 1008),
        ("vonage", &[r#"{"event":"websocket:connected"}"#], 1008),
    ];
    let mut n_refused = 0.0;
    for (path, messages, code) in cases {
        let mut socket = Socket::open(&gateway, path);
        messages.iter().for_each(|message| socket.text(message));
        assert_eq!(socket.close_code(), Some(*code), "{path} {:.80}", messages.last().unwrap());
        n_refused += 1.0;
    }
    assert_eq!(gateway.count("messages_refused_total{reason=\"malformed\"}"), n_refused);
    assert_eq!(gateway.ask("GET /healthz").0, 200);
}

#[test]
fn frames_of_nothing_and_of_too_much_end_no_other_call() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 6));
    let good = gateway.sender("freeswitch", &recording, &[]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    for (path, len) in [("freeswitch", 65_537), ("twilio", 98_305), ("audiohook", 65_537)] {
        let (status, mut socket) = Socket::ask(&gateway, path, "");
        if path == "audiohook" {
            // Without a signature there is no connection at all.
            assert_eq!(status, 401);
            continue;
        }
        socket.send(2, &[]).unwrap();
        let _ = socket.send(2, &vec![0; len]);
        // Beyond the limit of a message the connection ends without a word.
        let code = socket.close_code();
        assert!(matches!(code, None | Some(1008 | 1009)), "{path}: {code:?}");
    }
    let done = good.wait_with_output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn audiosocket_that_is_none_is_closed() {
    let gateway = Gateway::start("");
    let uuid = [&[0x01, 0x00, 0x10][..], &[7; 16]].concat();
    let half = [&uuid[..], &[0x10, 0x00, 0x03, 1, 2, 3]].concat();
    let unknown = [&uuid[..], &[0x77, 0x00, 0x00]].concat();
    for (bytes, what) in [
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "HTTP"),
        (vec![0x10, 0x01, 0x40], "sound before the UUID"),
        (half, "half a sample"),
        (unknown, "an unknown type"),
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", gateway.audiosocket)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        stream.write_all(&bytes).unwrap();
        let begun = Instant::now();
        let mut sink = [0; 4_096];
        while matches!(stream.read(&mut sink), Ok(n) if n > 0) {
            assert!(begun.elapsed() < Duration::from_secs(2), "{what}: still open");
        }
    }
    assert_eq!(gateway.count("messages_refused_total{reason=\"malformed\"}"), 4.0);
}

#[test]
fn a_peer_that_never_reads_is_heard_all_the_same() {
    let gateway = Gateway::start("");
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.audiosocket)).unwrap();
    stream.write_all(&[&[0x01, 0x00, 0x10][..], &[7; 16]].concat()).unwrap();
    for block in part(10, 5).chunks(160) {
        let bytes: Vec<u8> = block.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        stream.write_all(&[&[0x10, 0x01, 0x40][..], &bytes].concat()).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(gateway.count("readings") > 5.0);
}

#[test]
fn a_peer_that_sends_faster_than_time_is_closed() {
    let gateway = Gateway::start("");
    let mut socket = Socket::open(&gateway, "freeswitch");
    socket.text(r#"{"call":"fast"}"#);
    let block = vec![0; 32_000];
    let sent = (0..30).take_while(|_| socket.send(2, &block).is_ok()).count();
    assert_eq!(socket.close_code(), Some(1009), "after {sent} blocks of 2 s");
}

#[test]
fn who_cannot_prove_it_waits_and_is_refused_and_logs_do_not_grow() {
    let gateway = Gateway::start("");
    let before = gateway.said().len();
    let begun = Instant::now();
    for headers in ["", "authorization: Bearer wrong\r\n", "authorization: Bearer \r\n"] {
        assert_eq!(Socket::ask(&gateway, "token", headers).0, 401);
    }
    assert!(begun.elapsed() >= Duration::from_millis(1_500), "{:?}", begun.elapsed());
    assert_eq!(Socket::ask(&gateway, &format!("token?token={TOKEN}"), "").0, 101);
    let right = format!("authorization: Bearer {TOKEN}\r\n");
    assert_eq!(Socket::ask(&gateway, "token", &right).0, 101);
    assert_eq!(Socket::ask(&gateway, "audiohook", "").0, 401);
    assert_eq!(gateway.count("auth_failures_total"), 4.0);
    // A peer that tries again for ever: nothing is written for each try.
    for _ in 0..4 {
        Socket::ask(&gateway, "token", "");
    }
    let grown = gateway.said().len() - before;
    assert!(grown < 200, "{grown} bytes:\n{}", gateway.said());
}

#[test]
fn slow_headers_are_closed() {
    let gateway = Gateway::start("");
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.http)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: ").unwrap();
    let begun = Instant::now();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(begun.elapsed() < Duration::from_secs(7), "{:?}", begun.elapsed());
}

/// A number, wherever a telephone system puts it, is in no log and no list.
#[test]
fn nobodys_number_is_kept() {
    let gateway = Gateway::start("");
    let number = "+4930123456789";
    let mut twilio = Socket::open(&gateway, "twilio");
    let start = START.replace(
        "\"callSid\"",
        &format!("\"customParameters\":{{\"from\":\"{number}\",\"note\":\"{number}\"}},\"from\":\"{number}\",\"callSid\""),
    );
    twilio.text(&start);
    let mut vonage = Socket::open(&gateway, "vonage");
    vonage.text(&format!(
        r#"{{"event":"websocket:connected","content-type":"audio/l16;rate=8000","from":"{number}","uuid":"c1"}}"#
    ));
    let mut asterisk = Socket::open(&gateway, "asterisk");
    asterisk.text(&format!(
        r#"{{"event":"MEDIA_START","connection_id":"c2","channel":"PJSIP/{number}","channel_id":"1.2","format":"slin","optimal_frame_size":320,"ptime":20,"channel_variables":{{"CALLERID(num)":"{number}"}}}}"#
    ));
    let sound = vec![0; 3_200];
    let _ = vonage.send(2, &sound);
    let _ = asterisk.send(2, &sound);
    std::thread::sleep(Duration::from_millis(500));
    let (_, calls) = gateway.ask("GET /calls");
    assert!(calls.matches("\"call\"").count() >= 2, "{calls}");
    drop((twilio, vonage, asterisk));
    std::thread::sleep(Duration::from_millis(500));
    let logs =
        gateway.logs().iter().map(|log| std::fs::read_to_string(log).unwrap()).collect::<String>();
    assert!(gateway.logs().len() >= 2);
    for text in [calls, logs, gateway.said()] {
        assert!(!text.contains("4930123456789"), "{text}");
    }
}
