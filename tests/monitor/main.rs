//! The whole monitor on a virtual sound card: what is played is what the log tells.
//!
//! Not part of plain `cargo test`, because it needs `PulseAudio` and runs in real time:
//! `bash tests/sound_card.sh cargo test --release --test monitor` (`make test-live`).

#![expect(clippy::unwrap_used, reason = "a test that fails on `unwrap` says enough")]

mod callers;
mod calls;
mod listen;
mod session;
#[path = "../sound_card/mod.rs"]
mod sound_card;
mod terminal;

use session::{CALL, Player, read, replayed, share_found, undertone, wait_for_log};
use sound_card::{Extra, Killed, sound_card, wait_until};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};
use terminal::Terminal;

/// How long the monitor listens: the recording, and some silence before and after it.
const LISTEN_S: u64 = 80;
/// Share of the replay's readings with a live counterpart that tells nearly the same. Half a hop and the server's
/// resampling move the probabilities a little, and where it is hardly taken for speech there may be none.
const SAME_SHARE: f64 = 0.85;

#[test]
fn the_live_log_holds_the_readings_of_what_is_played_and_no_sample_is_lost() {
    let _card = sound_card();
    let folder = tempfile::tempdir().unwrap();
    let (live_log, replay_log) = (folder.path().join("live"), folder.path().join("replay"));
    let seconds = LISTEN_S.to_string();
    let mut monitor =
        undertone(&["monitor", "--headless", "--backend", "cpu", "--seconds", &seconds])
            .args(["--device", "pulseaudio:softphone.monitor", "--log"])
            .arg(&live_log)
            .spawn()
            .unwrap();
    sleep(Duration::from_secs(3));
    let played = Command::new("paplay")
        .args(["--latency-msec=50", "-d", "softphone", CALL])
        .status()
        .unwrap();
    assert!(played.success(), "paplay failed");
    assert!(monitor.wait().unwrap().success(), "the monitor failed");
    let (live, replayed) = (read(&live_log), replayed(Path::new(CALL), &replay_log));
    assert_eq!(live.lost_samples, 0);
    assert!(live.length_s >= 60.0, "the monitor heard only {} s", live.length_s);
    assert!(replayed.readings.len() > 100, "only {} readings", replayed.readings.len());
    let best = share_found(&replayed, &live);
    println!(
        "{} readings replayed, {} live, {:.1} % the same, 0 lost in {:.0} s",
        replayed.readings.len(),
        live.readings.len(),
        100.0 * best,
        live.length_s
    );
    assert!(best >= SAME_SHARE, "only {best:.2} of the readings are the same");
}

/// How long the monitor of the next test listens, and what its clock may be off by in all.
const OUTAGES_S: u64 = 40;
const CLOCK_ERROR_S: f64 = 0.25;

#[test]
fn a_removed_output_and_a_killed_server_are_a_gap_each_and_the_call_goes_on() {
    let _card = sound_card();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut extra = Extra::plugged_in();
    let seconds = OUTAGES_S.to_string();
    let mut monitor =
        undertone(&["monitor", "--headless", "--backend", "cpu", "--seconds", &seconds])
            .args(["--device", "extra.monitor", "--log"])
            .arg(&path)
            .spawn()
            .unwrap();
    wait_for_log(&path);
    let player = Player::start("extra");
    sleep(Duration::from_secs(9));
    extra.unplug();
    drop(player);
    let unplugged = Instant::now();
    sleep(Duration::from_secs(3));
    extra.plug_in();
    let first_s = unplugged.elapsed().as_secs_f64();
    let player = Player::start("extra");
    sleep(Duration::from_secs(9));
    let mut server = Killed::new();
    drop(player);
    let killed = Instant::now();
    sleep(Duration::from_secs(3));
    server.start_again();
    extra.plug_in();
    let until_killed_s = killed.elapsed().as_secs_f64();
    let player = Player::start("extra");
    assert!(monitor.wait().unwrap().success(), "the monitor failed");
    drop(player);

    let log = read(&path);
    let outages = [first_s, until_killed_s];
    println!("gone for {outages:.2?} s, gaps {:.2?}, {:.2} s of stream", log.gaps, log.length_s);
    assert_eq!(log.gaps.len(), 2, "one each");
    for ((at, gap_s), outage_s) in log.gaps.iter().zip(outages) {
        // It may take 5 s and what opening takes until it is found again.
        assert!((outage_s - CLOCK_ERROR_S..outage_s + 6.0).contains(gap_s), "{gap_s} s at {at} s");
    }
    #[expect(clippy::cast_precision_loss, reason = "some seconds")]
    let off_s = log.length_s - OUTAGES_S as f64;
    assert!(off_s.abs() <= CLOCK_ERROR_S, "the stream's clock is off by {off_s} s");
    let ends = log.gaps.iter().map(|(at, gap_s)| at + gap_s).chain([0.0]);
    for from in ends {
        let is_read = log.readings.iter().any(|(at, _)| (from..from + 9.0).contains(at));
        assert!(is_read, "nothing was read in the 9 s after {from:.1} s");
    }
}

#[test]
fn the_screen_says_within_two_seconds_that_the_device_is_gone_and_keeps_the_history() {
    const NOTICED: Duration = Duration::from_secs(2);
    let _card = sound_card();
    let folder = tempfile::tempdir().unwrap();
    let mut extra = Extra::plugged_in();
    let program = env!("CARGO_BIN_EXE_undertone");
    let log = folder.path().join("log");
    let command = format!(
        "{program} monitor --backend cpu --device extra.monitor:left --log {}",
        log.display()
    );
    let terminal = Terminal::running(&command, folder.path());
    terminal.wait_for(&["live"], Duration::from_secs(30));
    let player = Player::start("extra");
    terminal.wait_for(&["last reading, at"], Duration::from_secs(30));
    sleep(Duration::from_secs(4));
    extra.unplug();
    let noticed =
        terminal.wait_for(&["no sound", "the device is gone", "nothing is heard"], NOTICED);
    drop(player);
    let gone = terminal.screen();
    println!("said after {noticed:?}\n{gone}");
    assert!(gone.contains("last reading, at"), "the history is kept");
    sleep(Duration::from_secs(1));
    extra.plug_in();
    let back = terminal.wait_for(&["live", "is heard again", "×"], Duration::from_secs(8));
    println!("back after {back:?}\n{}", terminal.screen());
    terminal.tmux(&["send-keys", "q"]);
    wait_until("there is no end", Duration::from_secs(10), || {
        std::fs::read_to_string(&log).unwrap().contains("\"record\":\"end\"")
    });
    assert_eq!(read(&log).gaps.len(), 1);
}

#[test]
fn devices_watch_shows_levels_with_and_without_a_terminal() {
    let _card = sound_card();
    let folder = tempfile::tempdir().unwrap();
    let _player = Player::start("softphone");
    let program = env!("CARGO_BIN_EXE_undertone");
    let terminal = Terminal::running(&format!("{program} devices --watch"), folder.path());
    let parts = ["what the machine plays", "microphone", "dBFS", "silence", "recommended"];
    terminal.wait_for(&parts, Duration::from_secs(15));
    println!("{}", terminal.screen());
    terminal.tmux(&["send-keys", "q"]);
    // The program was all that ran there.
    wait_until("q does not end it", Duration::from_secs(5), || !terminal.is_there());
    let output = undertone(&["devices", "--watch", "--seconds", "3"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    println!("{text}");
    assert!(output.status.success() && text.lines().count() == 3, "{text}");
    let last = text.lines().last().unwrap();
    assert!(last.contains("softphone.monitor: -") && last.contains("headset_mic: silence"));
}
