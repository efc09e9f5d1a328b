//! Our MFCCs of a file of samples, in one thread.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hearing::features::Mfcc;

use crate::mfcc_settings::{HOP_LEN, SETTINGS};

/// Files of samples, each read once.
#[derive(Default)]
pub struct Sounds(HashMap<PathBuf, Vec<f32>>);

impl Sounds {
    /// Seconds for all coefficients from the beginning, plans and all.
    pub fn seconds(&mut self, file: &Path) -> f64 {
        let samples = self.samples(file);
        let began = Instant::now();
        let coefficients = coefficients(samples);
        let seconds = began.elapsed().as_secs_f64();
        assert!(!coefficients.is_empty(), "there were no coefficients to compute");
        seconds
    }

    /// Writes the coefficients; how many numbers they are.
    pub fn write(&mut self, file: &Path, to: &Path) -> usize {
        let coefficients = coefficients(self.samples(file));
        let bytes: Vec<u8> = coefficients.iter().flat_map(|value| value.to_ne_bytes()).collect();
        fs::write(to, bytes).unwrap();
        coefficients.len()
    }

    fn samples(&mut self, file: &Path) -> &[f32] {
        self.0.entry(file.to_owned()).or_insert_with(|| {
            let bytes = fs::read(file).unwrap();
            let (numbers, _) = bytes.as_chunks::<4>();
            numbers.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect()
        })
    }
}

fn coefficients(samples: &[f32]) -> Vec<f32> {
    let mut mfcc = Mfcc::new(&SETTINGS);
    let mut frames: Vec<f32> = Vec::new();
    for frame in samples.windows(SETTINGS.taper_len).step_by(HOP_LEN) {
        mfcc.append_frame(frame, &mut frames);
    }
    frames
}
