//! Fuzzing of the gateway: what telephone systems send, damaged and out of order, through every parser, and what the
//! protocols make of it through the rule of time.
//!
//! `make fuzz-gateway` runs it for ten minutes, shared evenly among the parsers; `UNDERTONE_FUZZ_SECONDS` sets another
//! time. Every input is a valid sequence of messages with random changes. A child process for each parser tries them: it
//! may use 500 MB beyond what it begins with, and ten seconds for each input. If it crashes, hangs, runs out of memory or
//! breaks a promise, the input is printed in hex, and the command fails. `UNDERTONE_FUZZ_SEED` repeats a run.

#![expect(clippy::unwrap_used, reason = "a fuzzer that fails on `unwrap` says enough")]

#[path = "fuzz/call.rs"]
mod call;
#[path = "../fuzz/change.rs"]
mod change;
#[path = "fuzz/damage.rs"]
mod damage;
#[path = "../fuzz/guard.rs"]
mod guard;
#[path = "fuzz/input.rs"]
mod input;
#[path = "fuzz/recordings.rs"]
mod recordings;
#[path = "fuzz/siprec.rs"]
mod siprec;
#[path = "fuzz/streams.rs"]
mod streams;
#[path = "fuzz/target.rs"]
mod target;

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use damage::damaged;
use guard::Guard;
use input::Input;
use target::Target;

/// How long all parsers together are fuzzed if nothing else is said.
const USUAL_SECONDS: u64 = 600;

const CHILD: &str = "UNDERTONE_FUZZ_CHILD";
const SEED: &str = "UNDERTONE_FUZZ_SEED";

fn main() -> ExitCode {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("UNDERTONE_FUZZ_SECONDS").unwrap_or(USUAL_SECONDS);
    let seed = number(SEED).unwrap_or_else(|| rand::random::<u32>().into());
    if let Ok(name) = env::var(CHILD) {
        let time = Duration::from_secs(seconds) / u32::try_from(Target::ALL.len()).unwrap();
        child(Target::named(&name), time, seed);
        return ExitCode::SUCCESS;
    }
    println!("{SEED}={seed} repeats this run");
    let n_failed = Target::ALL.into_iter().filter(|target| !passes(*target, seed)).count();
    println!("{} passed, {n_failed} failed", Target::ALL.len() - n_failed);
    if n_failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether a parser stands all of its inputs; the one that it does not is printed.
fn passes(target: Target, seed: u64) -> bool {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(CHILD, target.name()).env(SEED, seed.to_string());
    let status: ExitStatus = command.status().unwrap();
    if !status.success() {
        println!("{}: {status}", target.name());
        if let Ok(input) = fs::read_to_string(file_of_input(target)) {
            println!("the input, each message after so many ms:\n{input}");
        }
    }
    status.success()
}

/// Where the parser may write.
fn folder(target: Target) -> PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fuzz/gateway");
    all.join(target.name())
}

/// Where the input that is tried lies.
fn file_of_input(target: Target) -> PathBuf {
    folder(target).join("input.txt")
}

/// Tries inputs until the time is over: first those that are as they should be, which have to be accepted.
fn child(target: Target, time: Duration, seed: u64) {
    let guard = Guard::start();
    let folder = folder(target);
    fs::create_dir_all(&folder).unwrap();
    let file = File::create(file_of_input(target)).unwrap();
    let seeds = target.seeds(&folder);
    assert!(seeds.len() > 3, "{} has {} seeds", target.name(), seeds.len());
    let begun = Instant::now();
    let tried = |input: &Input| {
        let text = input.to_string();
        file.set_len(0).unwrap();
        file.write_all_at(text.as_bytes(), 0).unwrap();
        guard.over(|| target.accepts(input, &seeds, &folder))
    };
    for (index, seed) in seeds.iter().enumerate() {
        assert!(tried(seed), "the valid input {index} is refused");
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut n_accepted, mut n_refused) = (0_u64, 0_u64);
    while begun.elapsed() < time {
        let input = damaged(target, &seeds, &mut rng);
        if tried(&input) {
            n_accepted += 1;
        } else {
            n_refused += 1;
        }
    }
    fs::remove_file(file_of_input(target)).unwrap();
    println!(
        "{}: {} inputs in {} s, {n_accepted} accepted, {n_refused} refused; {} MB at most",
        target.name(),
        n_accepted + n_refused,
        begun.elapsed().as_secs(),
        Guard::most_memory() >> 20
    );
    assert!(n_accepted > 0 && n_refused > 0, "nothing is tested where all inputs fare alike");
}
