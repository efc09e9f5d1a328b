//! Archives: recordings on a shared folder, read by several workers; what dies, is missing, damaged or full on the way.
//!
//! What `undertone replay` writes is the reference: each log is the same byte for byte, but for the time of reading.

use crate::broker::Broker;
use sound::g711::to_i16;
use sound::recording::{Channel, decode};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const GATEWAY: &str = env!("CARGO_BIN_EXE_undertone-gateway");
/// Longer than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_mins(4);
const RATE_HZ: usize = 8_000;
const REPLAY: [&str; 4] = ["--backend", "cpu", "--language", "en"];

fn undertone() -> PathBuf {
    let program = Path::new(GATEWAY).with_file_name("undertone");
    assert!(program.is_file(), "{} is not there: run `make test-fleet`", program.display());
    program
}

/// A shared folder with recordings, and a broker.
struct World {
    broker: Broker,
    folder: TempDir,
}

/// A process that is killed when the test is over.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl World {
    /// So many recordings of so many seconds: parts of the demo call, each from another place.
    fn new(n: usize, seconds: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("shared/archive/2026")).unwrap();
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo-call.wav");
        let decoded = decode(&demo, Channel::Mix).unwrap();
        for number in 0..n {
            let spec = hound::WavSpec {
                channels: 1,
                sample_rate: 8_000,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let below = if number % 3 == 0 { "2026/" } else { "" };
            let path = format!("shared/archive/{below}call-{number:03}.wav");
            let mut file = hound::WavWriter::create(folder.path().join(path), spec).unwrap();
            let samples = decoded.samples.iter().cycle().skip(number * 7_919);
            for sample in samples.take(seconds * RATE_HZ) {
                file.write_sample(to_i16(*sample)).unwrap();
            }
            file.finalize().unwrap();
        }
        World { broker: Broker::start(), folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path("shared")).env("HOME", self.folder.path());
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").stdin(Stdio::null());
        command
    }

    /// `undertone-gateway submit`
    fn submit(&self, args: &[&str]) -> (i32, String) {
        let url = self.broker.url();
        let mut command = self.command(Path::new(GATEWAY));
        command.args(["submit", "--broker", &url]).args(args);
        if !args.contains(&"--status") {
            command.arg("--").args(REPLAY);
        }
        said(&command.output().unwrap())
    }

    fn work(&self, args: &[&str]) -> Command {
        let url = self.broker.url();
        let mut command = self.command(Path::new(GATEWAY));
        command.args(["work", "--broker", &url, "--jobs", "1", "--root"]).arg(self.path("shared"));
        command.arg("--log-dir").arg(self.path("logs")).args(args);
        command
    }

    fn worker(&self, name: &str, args: &[&str]) -> Worker {
        let told = File::create(self.path(name)).unwrap();
        Worker(self.work(&["--name", name]).args(args).stderr(told).spawn().unwrap())
    }

    /// What `undertone replay` makes of the archive; how long that took.
    fn reference(&self, logs: &str) -> Duration {
        let mut command = self.command(&undertone());
        command.args(["replay", "archive", "--headless", "--jobs", "2", "--log-dir"]);
        let begun = Instant::now();
        let done = command.arg(self.path(logs)).args(REPLAY).output().unwrap();
        assert!(matches!(done.status.code(), Some(0 | 3)), "{done:?}");
        begun.elapsed()
    }

    /// The logs by name, without what depends on the time of reading.
    fn logs(&self, folder: &str) -> BTreeMap<String, String> {
        let files = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        files
            .filter(|file| file.path().extension().is_some_and(|ending| ending == "jsonl"))
            .map(|file| {
                let name = file.file_name().to_string_lossy().into_owned();
                (name, timeless(&fs::read_to_string(file.path()).unwrap()))
            })
            .collect()
    }
}

fn said(output: &Output) -> (i32, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout) + &text(&output.stderr))
}

/// A log without its moment and the checksums that depend on that.
fn timeless(log: &str) -> String {
    let line = |line: &str| {
        let (content, chain) = line.rsplit_once(",\"chain\":").unwrap();
        assert_eq!(chain.len(), "\"0123456789abcdef\"}".len());
        let Some((before, rest)) = content.split_once("\"started\":\"") else {
            return content.to_owned() + "\n";
        };
        format!("{before}{}\n", rest.split_once('"').unwrap().1)
    };
    log.lines().map(line).collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT, "{what}");
        sleep(Duration::from_millis(20));
    }
}

fn stop(worker: &mut Worker, signal: &str) -> i32 {
    let pid = worker.0.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    worker.0.wait().unwrap().code().unwrap_or(-1)
}

#[test]
fn three_workers_read_each_recording_once_though_one_is_killed() {
    let world = World::new(300, 20);
    world.reference("reference");
    let (code, told) = world.submit(&["archive", "--no-wait"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.starts_with("300 recordings submitted, 0 were"), "{told}");
    let again = world.submit(&["archive", "--no-wait"]).1;
    assert!(again.starts_with("0 recordings submitted, 300 were on the queue"), "{again}");

    // Machines name the shared folder as they like.
    std::os::unix::fs::symlink(world.path("shared"), world.path("elsewhere")).unwrap();
    let elsewhere = world.path("elsewhere");
    let mut first = world.worker("one", &[]);
    let mut second = world.worker("two", &[]);
    let mut third = {
        let told = File::create(world.path("three")).unwrap();
        let url = world.broker.url();
        let mut command = world.command(Path::new(GATEWAY));
        command.args(["work", "--name", "three", "--jobs", "1", "--broker", &url, "--root"]);
        command.arg(&elsewhere).arg("--log-dir").arg(world.path("logs")).stderr(told);
        Worker(command.spawn().unwrap())
    };
    wait_until("no logs", || world.logs("logs").len() >= 60);
    stop(&mut first, "-9");
    let at_kill = world.logs("logs").len();
    let (code, told) = world.submit(&["archive"]);
    assert_eq!(code, 0, "{told}");
    let (code, told) = world.submit(&["--status"]);
    assert_eq!((code, told.as_str()), (0, "0 wait, 0 are given out, 300 are done, 0 failed\n"));
    let done = world.submit(&["archive"]).1;
    assert!(done.contains("0 were on the queue already, 300 were done already"), "{done}");

    let (logs, reference) = (world.logs("logs"), world.logs("reference"));
    assert_eq!(logs.len(), 300);
    for (name, log) in &reference {
        assert_eq!(logs.get(name), Some(log), "{name}");
    }
    let n_read: Vec<usize> = ["one", "two", "three"]
        .iter()
        .map(|name| fs::read_to_string(world.path(name)).unwrap().matches("\"done\"").count())
        .collect();
    println!("300 recordings: {n_read:?} by worker, one killed when {at_kill} logs were there");
    // What the killed one was about to say may have been said again.
    assert!((300..=302).contains(&n_read.iter().sum::<usize>()), "{n_read:?}");
    assert_eq!((stop(&mut second, "-TERM"), stop(&mut third, "-INT")), (0, 0));

    // The results are read as local ones are.
    let report = |command: &[&str]| {
        let mut undertone = world.command(&undertone());
        said(&undertone.args(command).arg("--dir").arg(world.path("logs")).output().unwrap())
    };
    let (code, told) = report(&["sessions", "verify", "--all"]);
    assert_eq!(code, 0, "{told}");
    let (code, told) = report(&["report", "--json"]);
    assert!(code == 0 && told.contains("\"calls\": 300"), "{told}");
}

#[test]
fn poison_and_damage_are_named_and_the_rest_is_read() {
    let world = World::new(6, 20);
    let shared = world.path("shared");
    fs::copy(shared.join("archive/call-001.wav"), shared.join("archive/poison.wav")).unwrap();
    // Nothing else than its content makes a job.
    let mut poison = fs::read(shared.join("archive/poison.wav")).unwrap();
    *poison.last_mut().unwrap() ^= 1;
    fs::write(shared.join("archive/poison.wav"), poison).unwrap();
    fs::write(shared.join("archive/damaged.wav"), "no sound at all").unwrap();
    world.reference("reference");
    let program = world.path("program");
    let undertone = undertone();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *poison.wav*) kill -9 $$;; esac\nexec {} \"$@\"\n",
        undertone.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let _one = world.worker("one", &["--program", program.to_str().unwrap()]);
    let _two = world.worker("two", &["--program", program.to_str().unwrap()]);
    let (code, told) = world.submit(&["archive"]);
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("failed: archive/poison.wav: 4 workers died of it\n"), "{told}");
    let damaged = "failed: archive/damaged.wav: archive/damaged.wav is not a recording";
    assert!(told.contains(damaged), "{told}");
    assert!(told.ends_with("6 recordings have their log, 2 failed\n"), "{told}");
    let mut reference = world.logs("reference");
    reference.remove("poison.wav.jsonl");
    assert_eq!(world.logs("logs"), reference);
    let status = world.submit(&["--status"]);
    assert!(status.1.contains("6 are done, 2 failed") && status.0 == 3, "{status:?}");
}

#[test]
fn what_is_missing_changed_or_taken_is_named() {
    let world = World::new(3, 5);
    let shared = world.path("shared/archive");
    world.reference("reference");
    let list = world.path("shared/list.csv");
    let paths = "number,path\n1,archive/2026/call-000.wav\n2,archive/call-001.wav\n3,archive/call-002.wav\n";
    fs::write(&list, paths).unwrap();
    assert_eq!(world.submit(&["list.csv", "--no-wait"]).0, 0);
    fs::rename(shared.join("2026/call-000.wav"), shared.join("2026/gone.wav")).unwrap();
    let mut changed = fs::read(shared.join("call-001.wav")).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(shared.join("call-001.wav"), changed).unwrap();
    fs::create_dir(world.path("logs")).unwrap();
    let taken = world.path("logs/archive__call-002.wav.jsonl");
    fs::copy(world.path("reference/call-001.wav.jsonl"), &taken).unwrap();
    let before = fs::read(&taken).unwrap();
    let done = world.work(&["--until-empty"]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let (code, told) = world.submit(&["--status"]);
    assert_eq!(code, 3);
    for words in [
        "archive/2026/call-000.wav: cannot open archive/2026/call-000.wav: No such file",
        "archive/call-001.wav: the recording was changed since it was submitted",
        "archive/call-002.wav: archive__call-002.wav.jsonl is of another recording of that name: move",
    ] {
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(fs::read(&taken).unwrap(), before);
    // What has failed is tried again at once, without a word more.
    fs::rename(shared.join("2026/gone.wav"), shared.join("2026/call-000.wav")).unwrap();
    fs::remove_file(&taken).unwrap();
    let told = world.submit(&["list.csv", "--no-wait"]).1;
    assert!(told.starts_with("3 recordings submitted"), "{told}");
    assert!(world.work(&["--until-empty"]).output().unwrap().status.success());
    let (code, told) = world.submit(&["list.csv"]);
    assert!(code == 0 && told.contains("3 were done already"), "{told}");
}

#[test]
fn a_worker_that_is_stopped_or_cannot_work_gives_its_jobs_back() {
    let world = World::new(1, 900);
    world.submit(&["archive", "--no-wait"]);
    let mut worker = world.worker("one", &[]);
    let waiting = || world.submit(&["--status"]).1;
    wait_until("no work", || waiting().contains("1 are given out"));
    let begun = Instant::now();
    assert_eq!(stop(&mut worker, "-TERM"), 0);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(fs::read_dir(world.path("logs")).unwrap().count(), 0, "nothing is left behind");

    // A disk that is full: a limit on the length of files does the same.
    let url = world.broker.url();
    let mut limited = world.command(Path::new("sh"));
    limited.arg("-c").arg(format!(
        "trap '' XFSZ; ulimit -f 32; exec {GATEWAY} work --broker {url} --jobs 1 --root . --log-dir ../logs"
    ));
    let (code, told) = said(&limited.output().unwrap());
    assert!(begun.elapsed() < Duration::from_secs(20), "the job did not go back at once");
    assert!(code == 1 && told.contains("undertone-gateway: the log is incomplete: "), "{told}");

    let failing = |args: &[&str]| {
        let mut command = world.command(Path::new(GATEWAY));
        command.args(["work", "--broker", &url, "--log-dir", "../logs"]).args(args);
        said(&command.output().unwrap())
    };
    let (code, told) = failing(&["--root", "nowhere"]);
    assert!(code == 1 && told.contains("the shared folder nowhere is no folder"), "{told}");
    let (code, told) = failing(&["--root", ".", "--program", "/nowhere/undertone"]);
    assert!(
        code == 1 && told.contains("cannot be started") && told.contains("--program"),
        "{told}"
    );
    assert!(waiting().contains("0 are done, 0 failed"), "{}", waiting());
    // A folder that is there, and is another one.
    let world = World::new(10, 1);
    world.submit(&["archive", "--no-wait"]);
    let url = world.broker.url();
    let mut command = world.command(Path::new(GATEWAY));
    command.args(["work", "--broker", &url, "--log-dir", "../logs", "--root", ".."]);
    let (code, told) = said(&command.output().unwrap());
    assert!(code == 1 && told.contains("is it the folder that all machines share?"), "{told}");
    assert!(world.submit(&["--status"]).1.contains("0 are done, 0 failed"));
}

#[test]
fn two_workers_are_as_fast_as_replay_with_two_jobs() {
    let world = World::new(24, 180);
    let (mut replay, mut work) = (Vec::new(), Vec::new());
    let best = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
    let share_of = |replay: &[f64], work: &[f64]| best(replay) / best(work);
    // A machine that does something else for a moment gets another round.
    for round in 0..5 {
        if round > 1 && share_of(&replay, &work) >= 0.9 {
            break;
        }
        replay.push(world.reference(&format!("reference-{round}")).as_secs_f64());
        world.submit(&["archive", "--no-wait", "--again"]);
        let _ = fs::remove_dir_all(world.path("logs"));
        let begun = Instant::now();
        let _workers = [world.worker("one", &[]), world.worker("two", &[])];
        let is_log = |name: &std::ffi::OsString| !name.to_string_lossy().starts_with('.');
        wait_until("not done", || {
            let files = fs::read_dir(world.path("logs")).into_iter().flatten().flatten();
            files.filter(|file| is_log(&file.file_name())).count() == 24
        });
        work.push(begun.elapsed().as_secs_f64());
        wait_until("not told", || world.submit(&["--status"]).1.contains("0 wait, 0 are"));
    }
    assert_eq!(world.logs("logs"), world.logs("reference-0"));
    let share = share_of(&replay, &work);
    println!(
        "24 recordings of 3 min: replay --jobs 2 {replay:.2?} s, 2 workers {work:.2?} s, {share:.2}"
    );
    assert!(share >= 0.9, "{share:.2}");
}
