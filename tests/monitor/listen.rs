//! What of a replay is heard in the speakers, and that nothing else of it changes.

use crate::session::{CALL, file, read};
use crate::sound_card::{Extra, sound_card, wait_until};
use crate::terminal::Terminal;
use resample::resample_all;
use sound::microphone::Microphone;
use sound::recording::{Channel, decode};
use sound::{Block, Source};
use std::f64::consts::TAU;
use std::ops::Range;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a sound server is asked for.
const RATE_HZ: u32 = 16_000;
/// For a model to be loaded and a picture to be drawn.
const SOON: Duration = Duration::from_secs(30);
/// A key is obeyed, and what it changes has come through the output's and the input's buffers.
const SETTLED: Duration = Duration::from_millis(600);
/// So much is listened to for a level.
const MOMENT: Duration = Duration::from_millis(300);
/// Below this nothing is heard.
const SILENCE: f64 = 0.001;

/// A replay on a screen of its own.
fn replay(arguments: &str, folder: &Path) -> Terminal {
    let program = env!("CARGO_BIN_EXE_undertone");
    let command = format!("{program} replay --backend cpu {arguments}");
    std::fs::create_dir(folder).unwrap();
    Terminal::running(&command, folder)
}

/// What an output plays.
struct Ear(Microphone);

impl Ear {
    fn at(output: &str) -> Ear {
        let ear = Ear(Microphone::open(Some(&output.parse().unwrap()), "test").unwrap());
        assert_eq!(ear.0.sample_rate_hz(), RATE_HZ);
        ear
    }

    /// What came since this was asked last.
    fn heard(&mut self) -> Vec<f32> {
        let mut heard = Vec::new();
        while let Block::Audio(samples) = self.0.next_block().unwrap() {
            heard.extend_from_slice(samples);
        }
        heard
    }

    /// The amplitude of a tone from now on, for a moment; of the loudest sample for none.
    fn level(&mut self, tone_hz: Option<f64>) -> f64 {
        self.heard();
        sleep(MOMENT);
        let heard = self.heard();
        tone_hz.map_or_else(|| peak(&heard), |hz| amplitude(&heard, hz))
    }
}

fn peak(samples: &[f32]) -> f64 {
    samples.iter().fold(0.0, |peak, sample| peak.max(f64::from(sample.abs())))
}

#[expect(clippy::cast_precision_loss, reason = "some seconds of sound")]
fn amplitude(samples: &[f32], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let angle = TAU * hz * at as f64 / f64::from(RATE_HZ);
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    2.0 * re.hypot(im) / samples.len().max(1) as f64
}

/// Normalised correlation; 0 for silence.
fn likeness(a: &[f32], b: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let energy = (product(a, a) * product(b, b)).sqrt();
    if energy > 1e-9 { product(a, b) / energy } else { 0.0 }
}

/// Where a part of a sound is found in these places of what was heard, and how like it is.
fn search(part: &[f32], heard: &[f32], places: Range<usize>) -> (usize, f64) {
    places
        .filter(|at| at + part.len() <= heard.len())
        .map(|at| (at, likeness(part, &heard[at..at + part.len()])))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap()
}

#[test]
fn a_replay_is_heard_as_it_was_recorded_and_its_log_is_the_same() {
    const LENGTH_S: usize = 4;
    let _card = sound_card();
    let _extra = Extra::plugged_in();
    let folder = tempfile::tempdir().unwrap();
    let call = decode(Path::new(CALL), Channel::Mix).unwrap();
    let second = call.sample_rate_hz as usize;
    let samples = &call.samples[2 * second..(2 + LENGTH_S) * second];
    let recording = file(folder.path().join("call.wav"), samples, call.sample_rate_hz);
    let (mut default, mut extra) = (Ear::at("softphone.monitor"), Ear::at("extra.monitor"));
    let (mut on_default, mut on_extra) = (Vec::new(), Vec::new());
    let started = |name: &str, flag: &str| {
        let log = folder.path().join(format!("{name}.jsonl"));
        let arguments = format!("{} --log {} {flag}", recording.display(), log.display());
        (replay(&arguments, &folder.path().join(name)), log)
    };
    // The one that must not be heard would play on the default output.
    let runs = [started("silent", ""), started("heard", "--listen=extra")];
    for (terminal, _) in &runs {
        wait_until("the replay is not over", SOON, || {
            on_default.extend(default.heard());
            on_extra.extend(extra.heard());
            terminal.screen().contains("the replay is over")
        });
    }
    sleep(SETTLED);
    on_extra.extend(extra.heard());
    on_default.extend(default.heard());
    let logs = runs.map(|(terminal, log)| {
        terminal.press(&["q"]);
        wait_until("it does not end", SOON, || !terminal.is_there());
        read(&log)
    });

    assert!(on_default.len() > LENGTH_S * RATE_HZ as usize && peak(&on_default) < SILENCE);
    let sound = resample_all(samples, call.sample_rate_hz, RATE_HZ).unwrap();
    // A tenth of a second of it says where it is, and then all of it is there.
    let middle = sound.len() / 2;
    let part = &sound[middle..middle + RATE_HZ as usize / 10];
    let (at, _) = search(part, &on_extra, middle..on_extra.len());
    let begun = at - middle;
    let parts = sound.chunks_exact(RATE_HZ as usize / 2).enumerate().map(|(half, part)| {
        let place = begun + half * RATE_HZ as usize / 2;
        search(part, &on_extra, place.saturating_sub(1)..place + 2).1
    });
    let parts: Vec<f64> = parts.collect();
    let level = peak(&on_extra) / peak(&sound);
    println!("begins at {begun}, each half second is so like: {parts:.4?}; level {level:.3}");
    assert!(parts.iter().all(|like| *like > 0.95), "{parts:?}");
    assert!((0.95..1.05).contains(&level), "{level}");
    let [silent, heard] = logs;
    assert!(silent.readings.len() > 3, "{} readings", silent.readings.len());
    assert_eq!(silent.readings, heard.readings);
    assert_eq!(silent.others, heard.others);
}

/// The caller's tone, and another from half a minute on, and the operator's.
const TONES_HZ: [f64; 3] = [440.0, 700.0, 1000.0];

/// A minute of two sides, each with a tone.
#[expect(clippy::cast_possible_truncation, reason = "a test's sine")]
fn tones(path: &Path) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 11_025,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for at in 0..60 * spec.sample_rate {
        let wave = |hz: f64| (TAU * hz * f64::from(at) / f64::from(spec.sample_rate)).sin();
        let caller = wave(TONES_HZ[usize::from(at >= 30 * spec.sample_rate)]);
        writer.write_sample((0.4 * 32_767.0 * caller) as i16).unwrap();
        writer.write_sample((0.2 * 32_767.0 * wave(TONES_HZ[2])) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

#[test]
fn what_is_heard_obeys_the_keys_and_a_lost_output_is_told() {
    let _card = sound_card();
    let mut plug = Extra::plugged_in();
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("tones.wav");
    tones(&recording);
    let mut ear = Ear::at("extra.monitor");
    let flags = "--caller left --operator right --no-log --listen=extra";
    let arguments = format!("{} {flags}", recording.display());
    let terminal = replay(&arguments, &folder.path().join("screen"));
    wait_until("nothing is heard", SOON, || ear.level(None) > SILENCE);
    // Each side has half of the whole.
    let is_heard = |ear: &mut Ear, caller_hz: f64| {
        let (caller, operator) = (ear.level(Some(caller_hz)), ear.level(Some(TONES_HZ[2])));
        assert!(
            (caller - 0.2).abs() < 0.01 && (operator - 0.1).abs() < 0.01,
            "{caller} {operator}"
        );
    };
    sleep(SETTLED);
    is_heard(&mut ear, TONES_HZ[0]);
    for (silent, again) in [("Space", "Space"), ("+", "-")] {
        terminal.tmux(&["send-keys", silent]);
        sleep(SETTLED);
        let level = ear.level(None);
        assert!(level < SILENCE, "{level} after {silent}");
        if silent == "+" {
            terminal.wait_for(&["sound only at speed 1"], SOON);
        }
        terminal.tmux(&["send-keys", again]);
        sleep(SETTLED);
        is_heard(&mut ear, TONES_HZ[0]);
    }
    terminal.tmux(&["send-keys", "PageDown"]);
    sleep(SETTLED);
    is_heard(&mut ear, TONES_HZ[1]);
    plug.unplug();
    let told =
        terminal.wait_for(&["no more sound", "replay again to hear it"], Duration::from_secs(2));
    println!("told after {told:?}\n{}", terminal.screen());
    let shown = terminal.screen();
    wait_until("the replay does not go on", Duration::from_secs(3), || terminal.screen() != shown);
    let begun = Instant::now();
    terminal.press(&["q"]);
    wait_until("it does not end", Duration::from_secs(3), || !terminal.is_there());
    println!("ended after {:?}", begun.elapsed());
}
