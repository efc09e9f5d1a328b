//! The rule of time over real connections: stalls, bursts, order, losses, silence back.

use crate::gateway::{Gateway, facts, header_and_length};
use crate::material::{part, write};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn a_stall_and_a_burst_leave_the_length_as_it_is() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 9));
    let stall = ["--stall", "3"];
    let senders: Vec<_> = ["audiosocket", "freeswitch", "twilio", "audiohook"]
        .map(|protocol| gateway.sender(protocol, &recording, &stall).spawn().unwrap())
        .into();
    for sender in senders {
        assert!(sender.wait_with_output().unwrap().status.success());
    }
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(gateway.logs().len(), 4);
    for log in gateway.logs() {
        let (header, length) = header_and_length(&log);
        let length = length.unwrap();
        assert!((length - 9.0).abs() <= 0.02, "{}: {length} s", header.callers[0].source);
    }
    assert_eq!(gateway.count("gap_seconds_total"), 0.0);
}

#[test]
fn messages_in_another_order_give_the_same_log() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 8));
    let of = |more: &[&str]| {
        let done = gateway.send("telnyx", &recording, more);
        assert!(done.status.success(), "{done:?}");
        std::thread::sleep(Duration::from_millis(300));
        facts(gateway.logs().last().unwrap())
    };
    let straight = of(&["--seed", "1"]);
    // Names of logs begin with their second.
    std::thread::sleep(Duration::from_millis(1_100));
    let shuffled = of(&["--seed", "2", "--shuffle"]);
    assert_eq!(gateway.logs().len(), 2);
    assert!(straight.iter().filter(|fact| fact["record"] == "reading").count() > 10);
    let voice = |facts: &[Value]| {
        facts.iter().filter(|fact| fact["record"] != "level").cloned().collect::<Vec<_>>()
    };
    assert_eq!(voice(&straight), voice(&shuffled));
}

#[test]
fn what_is_lost_is_told_as_lost_and_the_length_stays() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 8));
    let done = gateway.send("twilio", &recording, &["--loss", "5", "--seed", "3"]);
    assert!(done.status.success(), "{done:?}");
    std::thread::sleep(Duration::from_millis(300));
    let log = &gateway.logs()[0];
    let facts = facts(log);
    let gaps = facts.iter().filter(|fact| fact["record"] == "gap").count();
    assert!((5..60).contains(&gaps), "{gaps} gaps");
    let length = header_and_length(log).1.unwrap();
    // What is lost at the very end nobody tells.
    assert!((length - 8.0).abs() <= 0.1, "{length} s");
    assert!(gateway.count("packets_lost_total") >= 5.0);
}

#[test]
fn a_peer_that_says_nothing_gets_silence_from_the_first_moment() {
    let gateway = Gateway::start("");
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.audiosocket)).unwrap();
    let connected = Instant::now();
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut frame = [1; 323];
    stream.read_exact(&mut frame).unwrap();
    assert!(connected.elapsed() < Duration::from_millis(100), "{:?}", connected.elapsed());
    assert_eq!(frame[..3], [0x10, 0x01, 0x40]);
    assert!(frame[3..].iter().all(|byte| *byte == 0));
    let first = Instant::now();
    // The UUID, so that it is taken for a call that is silent.
    stream.write_all(&[&[0x01, 0x00, 0x10][..], &[7; 16]].concat()).unwrap();
    (0..50).for_each(|_| stream.read_exact(&mut frame).unwrap());
    let passed = first.elapsed();
    assert!((900..1_200).contains(&passed.as_millis()), "{passed:?}");
}

#[test]
fn a_rate_that_is_wrong_is_told_within_five_seconds() {
    let gateway = Gateway::start("");
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.audiosocket)).unwrap();
    stream.write_all(&[&[0x01, 0x00, 0x10][..], &[7; 16]].concat()).unwrap();
    // 16 kHz under the name of 8 kHz: 640 bytes each 20 ms.
    let frame = [&[0x10, 0x02, 0x80][..], &[3; 640]].concat();
    let begun = Instant::now();
    while !gateway.said().contains("wrong_rate") {
        assert!(begun.elapsed() < Duration::from_secs(5), "{}", gateway.said());
        stream.write_all(&frame).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_second_connection_of_one_call_takes_it_over() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 6));
    let same = ["--seed", "5"];
    let first = gateway.sender("twilio", &recording, &same).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let second = gateway.sender("twilio", &recording, &same).spawn().unwrap();
    let first = first.wait_with_output().unwrap();
    assert!(!first.status.success());
    let told = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(told.contains("another connection goes on with this call"), "{told}");
    assert!(second.wait_with_output().unwrap().status.success());
    std::thread::sleep(Duration::from_millis(300));
    let logs = gateway.logs();
    assert_eq!(logs.len(), 1, "one call, one log");
    let length = header_and_length(&logs[0]).1.unwrap();
    assert!((7.5..8.6).contains(&length), "{length} s");
}
