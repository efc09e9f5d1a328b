//! Our side of the comparisons with peers: tests/peers/*.py drive it, so that both sides take turns in one run.
//!
//!     cargo bench --bench peers
//!
//! In: commands, one a line, on standard input. Out: one line of JSON for each, on standard output. It ends with its
//! input. No budget stands here: what is compared, and with whom, stands in tests/peers/bench.py.
//!
//! ```text
//! machine                          the vector instructions that our kernels use
//! mfcc SAMPLES                     all MFCCs of a file of f32 (this machine's order, 16 kHz), plans and all, one thread: seconds
//! mfcc SAMPLES FILE                the same, written there as f32, row-major `[n_frames, n_mfcc]`: how many numbers
//! network N THREADS LOOPS          the bundled model on N segments of 300 frames: seconds for all N, on average
//! segments MODEL N FILE            N segments with what the model says of them, as safetensors
//! models FOLDER                    models of odd shapes with random weights: their folders
//! ```

#![expect(clippy::unwrap_used, reason = "what fails here ends the comparison, as in a test")]
#![expect(clippy::cast_precision_loss, reason = "small counts")]

mod mfcc;
#[path = "../mfcc_settings.rs"]
mod mfcc_settings;
mod network;
mod odd_models;
mod segments;

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;

use model::cpu::CpuNetwork;
use serde_json::{Value, json};

fn main() {
    let mut kept = Kept::default();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input is readable");
        let words: Vec<&str> = line.split_whitespace().collect();
        println!("{}", answer(&words, &mut kept));
    }
}

/// What is read or made once, however often it is asked for.
#[derive(Default)]
struct Kept {
    sounds: mfcc::Sounds,
    networks: HashMap<usize, network::Threads>,
}

fn answer(words: &[&str], kept: &mut Kept) -> Value {
    let number = |word: &str| word.parse::<usize>().expect("a number");
    match words {
        ["machine"] => json!({ "instructions": CpuNetwork::instructions() }),
        ["mfcc", samples] => json!({ "seconds": kept.sounds.seconds(Path::new(samples)) }),
        ["mfcc", samples, file] => {
            json!({ "values": kept.sounds.write(Path::new(samples), Path::new(file)) })
        }
        ["network", n, threads, loops] => {
            let threads = number(threads);
            let network =
                kept.networks.entry(threads).or_insert_with(|| network::Threads::new(threads));
            json!({ "seconds": network.seconds(number(n), number(loops)) })
        }
        ["segments", model, n, file] => segments::write(model, number(n), Path::new(file)),
        ["models", folder] => json!(odd_models::write(Path::new(folder))),
        _ => panic!("no such command: {words:?}"),
    }
}
