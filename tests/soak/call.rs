//! A call of any length: the sentences of the demo call, a synthetic voice of our own, in random order.

use hearing::emotion::Emotion;
use hearing::stream_time::StreamTime;
use lab::simulation::{Line, Tape, Voice, mixed_call};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sound::recording::{Channel, Pace, Recording};
use sound::{Block, Source};
use std::path::Path;

/// Samples a second of the recording.
pub const RATE_HZ: u32 = 8_000;

/// An hour is made at a time.
const PART: StreamTime = StreamTime::from_ms(3_600_000);

/// Writes a call of exactly so many samples; how many seconds of it are speech.
pub fn write_call(path: &Path, n_samples: u64) -> f64 {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let voice = voice();
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let (mut left, mut speech_s) = (n_samples, 0.0);
    while left > 0 {
        let mut tape = mixed_call(&voice, PART.min(StreamTime(left)), &mut rng);
        Line { speech_db: -26.0, noise_snr_db: Some(30.0) }.carry(&mut tape, &mut rng);
        speech_s += seconds_of_speech(&tape);
        let len = tape.samples().len().min(usize::try_from(left).unwrap());
        for sample in &tape.samples()[..len] {
            #[expect(clippy::cast_possible_truncation, reason = "within full scale")]
            writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).unwrap();
        }
        left -= len as u64;
    }
    writer.finalize().unwrap();
    speech_s
}

fn seconds_of_speech(tape: &Tape) -> f64 {
    Emotion::ALL.into_iter().map(|emotion| tape.speech_of(emotion).seconds()).sum()
}

/// The demo call in pieces of 4 s, with made-up labels: what it is read as does not matter here.
fn voice() -> Voice {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo-call.wav");
    let mut recording = Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
    assert_eq!(recording.sample_rate_hz(), RATE_HZ);
    let mut samples = Vec::new();
    while let Block::Audio(block) = recording.next_block().unwrap() {
        samples.extend_from_slice(block);
    }
    let pieces = samples.chunks(4 * RATE_HZ as usize).map(<[f32]>::to_vec);
    Voice::new(Emotion::ALL.into_iter().cycle().zip(pieces))
}
