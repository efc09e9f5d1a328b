//! Fuzzing: damaged recordings through every decoder, and damaged logs through the reader of logs.
//!
//! `make fuzz` runs each for ten minutes; `UNDERTONE_FUZZ_SECONDS` sets another time. Every input is one of our own
//! synthetic files with random changes. A child process tries them: it may use 500 MB beyond what it begins with, and
//! ten seconds for each input. If it crashes, hangs or runs out of memory, the input is left in `target/fuzz`, and the
//! command fails. `UNDERTONE_FUZZ_SEED` repeats a run.

#![expect(clippy::unwrap_used, reason = "a fuzzer that fails on `unwrap` says enough")]

mod change;
mod guard;
mod target;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use guard::Guard;
use target::Target;

/// How long each target is fuzzed if nothing else is said.
const USUAL_SECONDS: u64 = 600;

const CHILD: &str = "UNDERTONE_FUZZ_CHILD";

fn main() -> ExitCode {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("UNDERTONE_FUZZ_SECONDS").unwrap_or(USUAL_SECONDS);
    let seed = number("UNDERTONE_FUZZ_SEED").unwrap_or(1);
    if let Ok(name) = env::var(CHILD) {
        child(Target::named(&name), Duration::from_secs(seconds), seed);
        return ExitCode::SUCCESS;
    }
    let children = Target::ALL.map(|target| (target, spawned(target, seconds, seed)));
    let (mut n_passed, mut n_failed) = (0, 0);
    for (target, mut child) in children {
        let status = child.wait().unwrap();
        if status.success() {
            n_passed += 1;
        } else {
            n_failed += 1;
            println!("{}: {status}; the input is in {}", target.name(), folder(target).display());
        }
    }
    println!("{n_passed} passed, {n_failed} failed");
    if n_failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn spawned(target: Target, seconds: u64, seed: u64) -> std::process::Child {
    Command::new(env::current_exe().unwrap())
        .env(CHILD, target.name())
        .env("UNDERTONE_FUZZ_SECONDS", seconds.to_string())
        .env("UNDERTONE_FUZZ_SEED", seed.to_string())
        .spawn()
        .unwrap()
}

/// Where the input that is tried lies.
fn folder(target: Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fuzz").join(target.name())
}

/// Tries inputs until the time is over.
fn child(target: Target, time: Duration, seed: u64) {
    let guard = Guard::start();
    let folder = folder(target);
    fs::create_dir_all(&folder).unwrap();
    let seeds = target.seeds();
    assert!(seeds.len() > 3, "{} has {} seeds", target.name(), seeds.len());
    let begun = Instant::now();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut n_tried = 0_u64;
    while begun.elapsed() < time {
        let (name, content) = &seeds[rng.random_range(0..seeds.len())];
        let (_, other) = &seeds[rng.random_range(0..seeds.len())];
        let path = folder.join(name);
        fs::write(&path, change::changed(content, other, &mut rng)).unwrap();
        guard.over(|| target.try_input(&path, &mut rng));
        fs::remove_file(&path).unwrap();
        n_tried += 1;
    }
    assert!(n_tried > 0, "nothing was tried");
    println!(
        "{}: {n_tried} inputs in {} s; {} MB at most",
        target.name(),
        begun.elapsed().as_secs(),
        Guard::most_memory() >> 20
    );
}
