//! What features cost: one hop of the product's, and a minute of MFCCs in the settings that other libraries are
//! compared in (`tests/peers/mfcc.py`). `make bench`.

mod budget;
mod mfcc_settings;

use budget::measure;
use criterion::Criterion;
use hearing::features::{Extractor, Mfcc, Recipe};
use std::hint::black_box;
use std::time::Duration;

/// One hop is 10 ms of sound. 400 callers on one core have 25 us each for all that there is to do.
const HOP_BUDGET: Duration = Duration::from_micros(4);

/// 60 s of sound: three times faster than librosa, which takes 21 ms on the machine where this was chosen (Xeon with
/// AVX-512, one thread).
const MINUTE_BUDGET: Duration = Duration::from_millis(7);

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("features");
    let recipe = Recipe::PhoneV2;
    let mut extractor = Extractor::new(recipe).expect("the recipe streams");
    let sound = noise(recipe.sample_rate_hz() as usize);
    let mut hops = sound.chunks_exact(recipe.hop_len()).cycle();
    let mut frames = Vec::new();
    measure(&mut group, "one hop of phone-v2", HOP_BUDGET, || {
        frames.clear();
        extractor.push(black_box(hops.next().unwrap_or_default()), &mut frames);
    });
    let sound = noise(60 * mfcc_settings::SETTINGS.sample_rate_hz as usize);
    measure(&mut group, "MFCCs of 60 s at 16 kHz", MINUTE_BUDGET, || {
        let mut mfcc = Mfcc::new(&mfcc_settings::SETTINGS);
        let mut frames = Vec::new();
        for frame in
            sound.windows(mfcc_settings::SETTINGS.taper_len).step_by(mfcc_settings::HOP_LEN)
        {
            mfcc.append_frame(black_box(frame), &mut frames);
        }
        black_box(frames);
    });
    group.finish();
    criterion.final_summary();
}

/// White noise: what it says does not matter here.
fn noise(len: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let sample = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f32::from((state >> 16) as u16) / 32_768.0 - 1.0) * 0.1
    };
    (0..len).map(sample).collect()
}
