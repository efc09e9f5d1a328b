//! Several callers and their operator at once, on a machine that has no time.

use crate::session::{CALL, Log, Player, file, read, replayed, share_found, undertone};
use crate::sound_card::{pactl, sound_card};
use hearing::fact::{Event, Fact};
use sound::recording::{Channel, decode};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// How long is listened.
const LISTEN_S: u64 = 125;
/// From the beginning until somebody speaks.
const QUIET: Duration = Duration::from_secs(3);
/// Share of a recording's readings that its own caller's log has, and that another caller's may have. Under load
/// the player stumbles too, and what it plays then is another sound.
const OWN_SHARE: f64 = 0.75;
const OTHER_SHARE: f64 = 0.5;

/// Outputs that are there until this is dropped; each is heard as its name with `.monitor`.
struct Outputs(Vec<String>);

impl Outputs {
    fn new(names: &[&str]) -> Outputs {
        let load = |name: &&str| {
            let name = format!("sink_name={name}");
            pactl(&["load-module", "module-null-sink", &name, "norewinds=1"]).trim().to_owned()
        };
        Outputs(names.iter().map(load).collect())
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        for module in &self.0 {
            let _ = Command::new("pactl").args(["unload-module", module]).output();
        }
    }
}

/// A process that keeps both cores busy until this is dropped.
struct Load(Child);

impl Load {
    fn new() -> Load {
        let busy = "trap 'kill 0' TERM; (while :; do :; done) & (while :; do :; done) & wait";
        let mut shell = Command::new("setsid");
        shell.args(["sh", "-c", busy]).stdin(Stdio::null());
        Load(shell.spawn().unwrap())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

#[test]
fn two_callers_and_an_operator_at_once_under_load_lose_nothing_and_keep_apart() {
    let _card = sound_card();
    let _outputs = Outputs::new(&["anna", "ben", "desk"]);
    let folder = tempfile::tempdir().unwrap();
    let call = decode(Path::new(CALL), Channel::Mix).unwrap();
    let (mut samples, rate_hz) = (call.samples, call.sample_rate_hz);
    // The same voice on another course, and a voice that is neither.
    let middle = samples.len() / 2;
    samples.rotate_left(middle);
    let other_call = file(folder.path().join("other.wav"), &samples, rate_hz);
    samples.reverse();
    let operator = file(folder.path().join("operator.wav"), &samples, rate_hz);
    let anna_alone = replayed(Path::new(CALL), &folder.path().join("anna-alone"));
    let ben_alone = replayed(&other_call, &folder.path().join("ben-alone"));

    let log = folder.path().join("log.jsonl");
    let seconds = LISTEN_S.to_string();
    let mut monitor =
        undertone(&["monitor", "--headless", "--backend", "cpu", "--seconds", &seconds])
            .args(["--caller", "Anna=anna.monitor", "--caller", "Ben=ben.monitor"])
            .args(["--operator", "desk.monitor", "--log"])
            .arg(&log)
            .spawn()
            .unwrap();
    sleep(QUIET);
    let load = Load::new();
    let players = [
        Player::of(Path::new(CALL), "anna"),
        Player::of(&other_call, "ben"),
        Player::of(&operator, "desk"),
    ];
    assert!(monitor.wait().unwrap().success(), "the monitor failed");
    drop((players, load));

    let (anna, ben) = (read(&log), read(&folder.path().join("log-2.jsonl")));
    for (caller, label, own, other) in
        [(&anna, "Anna", &anna_alone, &ben_alone), (&ben, "Ben", &ben_alone, &anna_alone)]
    {
        assert_eq!(caller.header.callers.len(), 1);
        assert_eq!(caller.header.callers[0].label, label);
        assert!(caller.header.operator.as_deref().unwrap().contains("desk"));
        let (own, other) = (share_found(own, caller), share_found(other, caller));
        println!(
            "{label}: {:.1} % of the own readings, {:.1} % of the other's, {} samples lost in {:.1} s",
            100.0 * own,
            100.0 * other,
            caller.lost_samples,
            caller.length_s
        );
        assert_eq!(caller.lost_samples, 0, "{label}");
        assert!(caller.length_s >= 120.0, "{label}: only {} s were heard", caller.length_s);
        assert!(own >= OWN_SHARE && other <= OTHER_SHARE, "{label}: {own} and {other}");
        // All that the log says of the operator is when the operator speaks.
        let spoke =
            |fact: &&Fact| matches!(&fact.event, Event::Operator(operator) if operator.speaks);
        assert!(caller.others.iter().filter(spoke).count() > 5, "{label}");
        assert!(caller.readings.len() <= own_and_a_few(label, &anna_alone, &ben_alone), "{label}");
    }
    let logs = std::fs::read_dir(folder.path()).unwrap();
    let n_logs = logs.filter(|entry| is_a_log_of_the_run(&entry.as_ref().unwrap().path())).count();
    assert_eq!(n_logs, 2, "nobody but the callers has a log");
}

/// As many readings as the caller's own recording gives, and a few of where the player stumbled.
fn own_and_a_few(label: &str, anna: &Log, ben: &Log) -> usize {
    let own = if label == "Anna" { anna } else { ben };
    own.readings.len() * 11 / 10 + 5
}

fn is_a_log_of_the_run(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log"))
}
