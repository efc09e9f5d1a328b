//! Calls that begin and end, by themselves and by key; the notice, and the privacy key.

use crate::session::{CALL, Log, Player, file, read, undertone, wait_for_log};
use crate::sound_card::{Extra, pactl, sound_card};
use crate::terminal::Terminal;
use hearing::fact::Event;
use sound::recording::{Channel, decode};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

#[test]
fn calls_begin_with_speech_and_end_with_silence_by_themselves() {
    let _card = sound_card();
    let _extra = Extra::plugged_in();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[calls]\nend_after_s = 5\n").unwrap();
    // Twelve seconds of the caller, nine of silence, and again.
    let call = decode(Path::new(CALL), Channel::Mix).unwrap();
    let at = |seconds: usize| seconds * usize::try_from(call.sample_rate_hz).unwrap();
    let (words, silence) = (&call.samples[..at(12)], vec![0.0; at(9)]);
    let sound = [words, &silence, words, &silence].concat();
    let sound = file(folder.path().join("two-calls.wav"), &sound, call.sample_rate_hz);

    let log = folder.path().join("log.jsonl");
    let mut monitor = undertone(&["monitor", "--headless", "--backend", "cpu", "--seconds", "50"])
        .args(["--auto-calls", "--caller", "Anna=extra.monitor", "--config"])
        .arg(&config)
        .arg("--log")
        .arg(&log)
        .spawn()
        .unwrap();
    sleep(Duration::from_secs(3));
    assert!(!log.exists(), "there is a log before anybody spoke");
    let player = Player::of(&sound, "extra");
    assert!(monitor.wait().unwrap().success(), "the monitor failed");
    drop(player);

    for name in ["log.jsonl", "log-2.jsonl"] {
        let call = read(&folder.path().join(name));
        let (first, last) = (call.readings.first().unwrap().0, call.readings.last().unwrap().0);
        println!("{name}: readings from {first:.2} to {last:.2} of {:.2} s", call.length_s);
        // A second before the first words, and enough of them for a reading; at the end the silence.
        assert!((2.0..6.0).contains(&first), "{name}: {first} s");
        // There are some words after the last reading, too few for another.
        assert!((4.5..10.0).contains(&(call.length_s - last)), "{name}: {} s", call.length_s);
        assert_eq!(call.lost_samples, 0);
    }
    assert!(!folder.path().join("log-3.jsonl").exists());
}

/// When something of this kind is in the log.
fn times(log: &Log, is_it: impl Fn(&Event) -> bool) -> Vec<f64> {
    log.others.iter().filter(|fact| is_it(&fact.event)).map(|fact| fact.at.seconds()).collect()
}

#[test]
fn by_key_a_caller_is_told_muted_marked_and_followed_by_the_next() {
    let _card = sound_card();
    let _extra = Extra::plugged_in();
    let folder = tempfile::tempdir().unwrap();
    let (config, path) = (folder.path().join("config.toml"), folder.path().join("log.jsonl"));
    let notice = "[calls]\nnotice = \"Do you agree to be monitored?\"\nrequire_notice = true\n";
    std::fs::write(&config, notice).unwrap();
    let program = env!("CARGO_BIN_EXE_undertone");
    let command = format!(
        "{program} monitor --backend cpu --caller Anna=extra.monitor --config {} --log {}",
        config.display(),
        path.display()
    );
    let terminal = Terminal::running(&command, folder.path());
    terminal.wait_for(&["Do you agree to be", "monitored?"], Duration::from_secs(30));
    wait_for_log(&path);
    let _player = Player::start("extra");
    // Long enough for readings, if there were to be any.
    sleep(Duration::from_secs(6));
    terminal.press(&["c"]);
    terminal.wait_for(&["last reading, at"], Duration::from_secs(40));
    terminal.press(&["t", "asks for q", "Enter", "p"]);
    terminal.wait_for(&["nobody is listened to"], SOON);
    sleep(Duration::from_millis(500));
    let streams = pactl(&["list", "short", "source-outputs"]);
    assert!(!streams.contains("protocol-native"), "muted, and heard all the same: {streams}");
    sleep(Duration::from_secs(2));
    terminal.press(&["p"]);
    terminal.wait_for(&["live"], SOON);
    sleep(Duration::from_secs(1));
    terminal.press(&["n", "Bella", "Enter"]);
    terminal.wait_for(&["Bella", "Do you agree to be"], SOON);
    terminal.press(&["e", "e"]);
    terminal.wait_for(&["this is how it was"], SOON);
    println!("{}", terminal.screen());
    terminal.press(&["q"]);
    crate::sound_card::wait_until("there is no end", SOON, || !terminal.is_there());

    let (anna, bella) = (read(&path), read(&folder.path().join("log-2.jsonl")));
    let told = times(&anna, |event| matches!(event, Event::Notice));
    assert_eq!(told.len(), 1);
    assert!(anna.readings.iter().all(|(at, _)| *at > told[0]), "read before the caller was told");
    let marked = |event: &Event| matches!(event, Event::Mark { text } if text == "asks for q");
    assert_eq!(times(&anna, marked).len(), 1);
    let muted = |event: &Event| matches!(event, Event::Muted(_));
    let muted = times(&anna, muted);
    println!("told at {told:?}, muted at {muted:?} of {:.1} s", anna.length_s);
    assert_eq!((muted.len(), anna.lost_samples), (1, 0));
    assert_eq!(bella.header.callers[0].label, "Bella");
    assert!(bella.readings.is_empty() && bella.length_s < 10.0);
}
