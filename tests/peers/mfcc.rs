//! Our MFCCs for `tests/peers/mfcc.py`: a program that computes them whenever it is asked to.
//!
//!     mfcc SAMPLES COEFFICIENTS
//!
//! `SAMPLES` is a file of f32 in the machine's order at 16 kHz. Each line `run` on standard input has all coefficients
//! computed from the beginning, plans and all, in one thread; a line of JSON says how many seconds that took. A line
//! `write` writes the last ones, row-major `[n_frames, 40]`.

#[path = "../benches/mfcc_settings.rs"]
mod mfcc_settings;

use mfcc_settings::{HOP_LEN, SETTINGS};
use std::io::{self, BufRead, Write};
use std::time::Instant;
use undertone::features::Mfcc;

fn main() -> io::Result<()> {
    let mut paths = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(samples), Some(coefficients)) = (paths.next(), paths.next()) else {
        eprintln!("mfcc: give the file of samples and the file to write");
        std::process::exit(2);
    };
    let samples = numbers(&std::fs::read(samples)?);
    let mut frames: Vec<f32> = Vec::new();
    for line in io::stdin().lock().lines() {
        let answer = if line? == "write" {
            let bytes: Vec<u8> = frames.iter().flat_map(|value| value.to_ne_bytes()).collect();
            std::fs::write(&coefficients, bytes)?;
            serde_json::json!({ "values": frames.len() })
        } else {
            let began = Instant::now();
            frames = coefficients_of(&samples);
            serde_json::json!({ "seconds": began.elapsed().as_secs_f64() })
        };
        println!("{answer}");
        io::stdout().flush()?;
    }
    Ok(())
}

fn coefficients_of(samples: &[f32]) -> Vec<f32> {
    let mut mfcc = Mfcc::new(&SETTINGS);
    let mut frames: Vec<f32> = Vec::new();
    for frame in samples.windows(SETTINGS.taper_len).step_by(HOP_LEN) {
        mfcc.append_frame(frame, &mut frames);
    }
    frames
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect()
}
