//! Many at once: calls, and connections that say nothing.

use crate::gateway::{Gateway, header_and_length};
use crate::material::{part, write};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn three_hundred_calls_that_open_at_once_are_each_answered_within_a_second() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &vec![0; 8_000]);
    let done = gateway.send("audiohook", &recording, &["--calls", "300"]);
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(told.starts_with("300 calls sent to their ends"), "{told}");
    let words: Vec<&str> = told.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "answer").unwrap();
    let slowest_ms: u64 = words[at + 1].parse().unwrap();
    assert!(slowest_ms < 1_000, "{told}");
}

#[test]
fn what_is_too_much_is_refused_and_the_others_go_on() {
    let gateway = Gateway::start("[limits]\ncalls = 3\n");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 3));
    let done = gateway.send("twilio", &recording, &["--calls", "5"]);
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(told.starts_with("3 calls sent") && told.contains("2 broke off"), "{told}");
    assert!(told.contains("503"), "{told}");
    assert_eq!(gateway.count("calls_refused_total{reason=\"full\"}"), 2.0);
    let done = gateway.send("audiosocket", &recording, &["--calls", "4"]);
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(told.starts_with("3 calls sent"), "{told}");
}

#[test]
fn a_call_that_connects_anew_goes_on_where_no_new_one_is_taken() {
    let gateway = Gateway::start("[limits]\ncalls = 2\n");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 5));
    let begun = |url: &str, protocol: &str, seed: &str| {
        gateway.sender_to(url, protocol, &recording, &["--seed", seed]).spawn().unwrap()
    };
    let ended = |sender: std::process::Child| sender.wait_with_output().unwrap().status.success();
    let [stream, socket] = ["freeswitch", "audiosocket"].map(|protocol| gateway.url(protocol));
    let first = [begun(&stream, "freeswitch", "4"), begun(&socket, "audiosocket", "5")];
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(gateway.logs().len(), 2);
    let sources =
        gateway.logs().into_iter().map(|log| header_and_length(&log).0.callers[0].source.clone());
    let names: Vec<String> =
        sources.filter_map(|source| Some(source.strip_prefix("freeswitch:")?.to_owned())).collect();
    let same = format!("{stream}?call={}", names[0]);
    let others = [begun(&socket, "audiosocket", "6"), begun(&stream, "freeswitch", "7")];
    let again = [begun(&same, "freeswitch", "4"), begun(&socket, "audiosocket", "5")];
    assert_eq!(others.map(ended), [false; 2], "there is no room");
    assert_eq!(first.map(ended), [false; 2], "another connection goes on with these");
    assert_eq!(again.map(ended), [true; 2]);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(gateway.logs().len(), 2, "two calls, two logs");
    assert_eq!(gateway.count("calls_refused_total{reason=\"full\"}"), 2.0);
}

#[test]
fn connections_that_say_nothing_cost_little_and_are_closed() {
    let gateway = Gateway::start("");
    let before = gateway.memory();
    let idle: Vec<TcpStream> = (0..1_000)
        .map(|n| {
            let port = if n % 2 == 0 { gateway.http } else { gateway.audiosocket };
            TcpStream::connect(("127.0.0.1", port)).unwrap()
        })
        .collect();
    std::thread::sleep(Duration::from_millis(1_500));
    let grown = gateway.memory().saturating_sub(before);
    assert!(grown < 50_000_000, "{grown} bytes");
    std::thread::sleep(Duration::from_millis(4_500));
    assert!(gateway.count("connections") <= 2.0, "{}", gateway.count("connections"));
    drop(idle);
}

#[test]
fn a_request_whose_rest_never_comes_is_ended() {
    let gateway = Gateway::start("");
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.http)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    let begun = Instant::now();
    let request = "POST /wall/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    let passed = begun.elapsed();
    assert!((4_500..7_000).contains(&passed.as_millis()), "{passed:?}");
    let long = format!("POST /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", 1 << 20);
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.http)).unwrap();
    stream.write_all(long.as_bytes()).unwrap();
    let _ = stream.write_all(&vec![b'x'; 100_000]);
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[test]
fn a_call_takes_less_than_a_megabyte() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 8));
    // The first calls make what all share.
    assert!(gateway.send("audiosocket", &recording, &["--seconds", "2"]).status.success());
    let before = gateway.memory();
    let calls = gateway.sender("audiosocket", &recording, &["--calls", "40"]).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(6));
    let grown = gateway.memory().saturating_sub(before);
    assert!(calls.wait_with_output().unwrap().status.success());
    assert!(grown < 40_000_000, "{} bytes a call", grown / 40);
}
