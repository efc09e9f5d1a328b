//! The microphone on a virtual sound card, in real time.
//!
//! Not part of plain `cargo test`, because it needs `PulseAudio` and some minutes:
//! `bash tests/sound_card.sh cargo test --release --test live` (`make test-live`).

#![expect(clippy::unwrap_used, reason = "a test that fails on `unwrap` says enough")]

#[path = "live/moved.rs"]
mod moved;
#[path = "live/mute.rs"]
mod mute;
mod sound_card;

use std::cell::RefCell;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sound::microphone::{Carries, Connection, Microphone, devices, recommended};
use sound::{AudioError, Block, Source};
use sound_card::{Extra, Killed, signal_server, sound_card, wait_until};

/// Where the virtual softphone is heard.
const CALLER: &str = "pulseaudio:softphone.monitor";

/// What the sound server is asked for.
const RATE_HZ: usize = 16_000;

/// A part of the signal that is looked for in what was captured.
const CHUNK_LEN: usize = RATE_HZ / 2;

/// A captured chunk must be this like the played one. The server converts to 48 kHz and back, which
/// shifts by a fraction of a sample; a chunk with lost or foreign audio comes nowhere near.
const LIKENESS: f64 = 0.99;

/// Of the chunks, so many must be found: the player itself may stumble on a loaded machine.
const FOUND_SHARE: f64 = 0.95;

/// What is gone is said within this.
const NOTICED: Duration = Duration::from_secs(2);

/// What the length of a gap may be off by.
const GAP_ERROR: Duration = Duration::from_millis(250);

/// The reader looks this often, as the engine does.
const POLL: Duration = Duration::from_millis(5);

fn open(input: &str) -> Result<Microphone, AudioError> {
    Microphone::open(Some(&input.parse().unwrap()), "test")
}

fn is_gone(microphone: &Microphone) -> bool {
    matches!(microphone.connection(), Connection::Gone { .. })
}

/// Noise below 500 Hz, unlike itself at any other place: a fraction of a sample does not matter to it.
fn signal(seconds: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut memory = [0.0_f32; 2];
    let mut samples: Vec<f32> = Vec::with_capacity(seconds * RATE_HZ);
    for _ in 0..seconds * RATE_HZ {
        let mut sample: f32 = rng.random_range(-1.0..1.0);
        for state in &mut memory {
            *state += 0.18 * (sample - *state);
            sample = *state;
        }
        samples.push(sample);
    }
    samples
}

/// A player of a sound file that ends with the test.
struct Player(Child);

impl Player {
    /// Where the caller is heard.
    fn start(samples: &[f32], folder: &Path) -> Player {
        Player::start_on("softphone", samples, folder)
    }

    fn start_on(output: &str, samples: &[f32], folder: &Path) -> Player {
        let path = folder.join("signal.wav");
        let sample_format = hound::SampleFormat::Float;
        let sample_rate = u32::try_from(RATE_HZ).unwrap();
        let spec = hound::WavSpec { channels: 1, sample_rate, bits_per_sample: 32, sample_format };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for sample in samples {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
        let mut player = Command::new("paplay");
        player.args(["--latency-msec=200", "-d", output]).arg(&path);
        Player(player.stdin(Stdio::null()).spawn().expect("paplay is installed"))
    }

    fn is_playing(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Everything that came, lost audio and muted time as silence, and how much of each there was.
#[derive(Default)]
struct Heard {
    samples: Vec<f32>,
    gaps: Vec<u64>,
    muted: Vec<u64>,
}

impl Heard {
    /// Reads until nothing is there at the moment.
    fn read(&mut self, microphone: &mut Microphone) {
        loop {
            match microphone.next_block().expect("the device is there") {
                Block::Audio(samples) => self.samples.extend_from_slice(samples),
                Block::Gap(lost) => {
                    self.gaps.push(lost);
                    self.samples.resize(self.samples.len() + usize::try_from(lost).unwrap(), 0.0);
                }
                Block::Muted(len) => {
                    self.muted.push(len);
                    self.samples.resize(self.samples.len() + usize::try_from(len).unwrap(), 0.0);
                }
                Block::Waiting => return,
                Block::End => panic!("a device does not end"),
            }
        }
    }

    fn lost(&self) -> u64 {
        self.gaps.iter().sum()
    }

    /// Reads as the engine does for so long.
    fn read_for(&mut self, microphone: &mut Microphone, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            self.read(microphone);
            sleep(POLL);
        }
    }
}

/// Normalised correlation; 0 for silence.
#[expect(clippy::cast_possible_truncation, reason = "sums of samples")]
fn likeness(a: &[f32], b: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let energy = (product(a, a) * product(b, b)).sqrt();
    if energy as f32 > 0.0 { product(a, b) / energy } else { 0.0 }
}

/// Where in `heard`, between `from` and `to`, the chunk is found, and how like it is.
fn search(chunk: &[f32], heard: &[f32], from: usize, to: usize) -> Option<(usize, f64)> {
    (from..=to.min(heard.len().checked_sub(chunk.len())?))
        .map(|at| (at, likeness(chunk, &heard[at..at + chunk.len()])))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// For each chunk of the signal that is found: its delay in samples.
fn delays(signal: &[f32], heard: &[f32]) -> Vec<usize> {
    /// How far a chunk may lie from where the last one was.
    const NEIGHBOURHOOD: usize = 800;
    let chunks = signal.chunks_exact(CHUNK_LEN).enumerate();
    // Before it is played there is silence.
    let start = heard.iter().position(|sample| sample.abs() > 0.01).unwrap_or(0);
    let mut last = start;
    let mut delays = Vec::new();
    for (index, chunk) in chunks {
        let expected = last + index * CHUNK_LEN;
        let from = expected.saturating_sub(NEIGHBOURHOOD);
        if let Some((at, like)) = search(chunk, heard, from, expected + NEIGHBOURHOOD)
            && like > LIKENESS
        {
            last = at - index * CHUNK_LEN;
            delays.push(last);
        }
    }
    delays
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "a few hundred chunks")]
fn sixty_seconds_come_whole_and_as_they_were_played() {
    let _card = sound_card();
    let folder = tempfile::tempdir().unwrap();
    let signal = signal(60);
    let mut microphone = open(CALLER).unwrap();
    assert_eq!(microphone.sample_rate_hz() as usize, RATE_HZ);
    let mut heard = Heard::default();
    heard.read_for(&mut microphone, Duration::from_millis(300));
    let mut player = Player::start(&signal, folder.path());
    let begun = Instant::now();
    while player.is_playing() && begun.elapsed() < Duration::from_secs(80) {
        heard.read_for(&mut microphone, Duration::from_millis(100));
    }
    heard.read_for(&mut microphone, Duration::from_millis(500));
    let stats = microphone.stats();
    let delays = delays(&signal, &heard.samples);
    let n_chunks = signal.len() / CHUNK_LEN;
    let (first, last) = (delays.first().copied(), delays.last().copied());
    println!("{stats:?}\n{} of {n_chunks} chunks; delay {first:?} to {last:?}", delays.len());
    assert_eq!((stats.lost, heard.lost(), stats.n_overruns), (0, 0, 0));
    assert_eq!(stats.delivered, heard.samples.len() as u64);
    assert!(delays.len() as f64 >= FOUND_SHARE * n_chunks as f64);
    assert!(stats.longest_callback < Duration::from_millis(50), "{stats:?}");
}

#[test]
fn what_a_stalled_reader_loses_is_counted_exactly() {
    let _card = sound_card();
    let folder = tempfile::tempdir().unwrap();
    let signal = signal(14);
    let mut microphone = open(CALLER).unwrap();
    let _player = Player::start(&signal, folder.path());
    let mut heard = Heard::default();
    heard.read_for(&mut microphone, Duration::from_secs(3));
    sleep(Duration::from_secs(6));
    heard.read_for(&mut microphone, Duration::from_secs(3));
    let stats = microphone.stats();
    println!("{stats:?}");
    // The ring holds 4 of the 6 seconds.
    let lost_s = Duration::from_secs(heard.lost()) / u32::try_from(RATE_HZ).unwrap();
    assert!((1.5..3.0).contains(&lost_s.as_secs_f64()), "{lost_s:?}");
    assert_eq!(stats.lost, heard.lost(), "every loss was told");
    assert_eq!(stats.delivered + stats.lost, heard.samples.len() as u64);
    let in_ring = stats.captured - stats.delivered - stats.lost;
    assert!(in_ring <= RATE_HZ as u64 / 4, "captured is delivered, lost, or just come: {in_ring}");
    // With the lost audio counted, what comes after it lies where it lay before.
    let delays = delays(&signal, &heard.samples);
    let (first, last) = (delays[0], delays[delays.len() - 1]);
    println!("{} chunks; delay {first} to {last}", delays.len());
    assert!(delays.len() >= 10, "{} chunks", delays.len());
    assert!(first.abs_diff(last) <= 1, "the gap has another length than the audio that is missing");
}

#[test]
fn the_list_marks_the_default_and_what_the_speakers_play() {
    let _card = sound_card();
    let inputs = devices().unwrap();
    println!("{inputs:#?}");
    let of = |id: &str| inputs.iter().find(|input| input.id == id).expect(id);
    assert_eq!(of(CALLER).carries, Carries::Playback);
    assert_eq!(of("pulseaudio:micfeed.monitor").carries, Carries::Playback);
    let microphone = of("pulseaudio:headset_mic");
    assert_eq!((microphone.carries, microphone.is_default), (Carries::Microphone, true));
    assert_eq!(inputs.iter().filter(|input| input.is_default).count(), 1);
    assert_eq!(inputs.len(), 3, "an output is no input");
    let (best, why) = recommended(&inputs).unwrap();
    assert_eq!(inputs[best].id, CALLER, "{why}");
    assert!(of(CALLER).is_default_output && why.contains("by default"), "{why}");
}

#[test]
fn an_input_is_found_by_id_bare_id_name_part_and_default() {
    let _card = sound_card();
    for name in [CALLER, "softphone.monitor", "Monitor of Softphone", "phone"] {
        assert_eq!(open(name).unwrap().device().id, CALLER, "{name}");
    }
    let default = Microphone::open(None, "test").unwrap();
    assert_eq!(default.device().id, "pulseaudio:headset_mic");
}

#[test]
fn one_channel_of_a_stereo_output_is_heard_alone() {
    let _card = sound_card();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("left.wav");
    let sample_format = hound::SampleFormat::Int;
    let spec =
        hound::WavSpec { channels: 2, sample_rate: 16_000, bits_per_sample: 16, sample_format };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for sample in signal(4) {
        #[expect(clippy::cast_possible_truncation, reason = "within full scale")]
        writer.write_sample((sample * 32_767.0) as i16).unwrap();
        writer.write_sample(0_i16).unwrap();
    }
    writer.finalize().unwrap();
    let mut sides =
        ["left", "right"].map(|side| open(&format!("softphone.monitor:{side}")).unwrap());
    let mut heard = [Heard::default(), Heard::default()];
    let mut player = Command::new("paplay");
    player.args(["--latency-msec=200", "-d", "softphone"]).arg(&path);
    let mut player = Player(player.stdin(Stdio::null()).spawn().expect("paplay is installed"));
    while player.is_playing() {
        for (heard, microphone) in heard.iter_mut().zip(&mut sides) {
            heard.read(microphone);
        }
        sleep(POLL);
    }
    let peaks = heard.map(|side| side.samples.iter().fold(0.0_f32, |peak, s| peak.max(s.abs())));
    println!("peaks {peaks:?}");
    assert!(peaks[0] > 0.1 && peaks[1] < 0.001, "{peaks:?}");
}

#[test]
fn an_unknown_input_is_refused_with_what_there_is() {
    let _card = sound_card();
    let error = open("pulseaudio:nobody").err().expect("must be refused");
    let message = error.to_string();
    assert!(matches!(error, AudioError::UnknownDevice { .. }), "{message}");
    for part in ["'pulseaudio:nobody'", CALLER, "undertone devices"] {
        assert!(message.contains(part), "{message}");
    }
    let message = open("monitor").err().expect("two are called so").to_string();
    assert!(message.contains(CALLER) && message.contains("micfeed.monitor"), "{message}");
    let message = open("micfeed.monitor:right").err().expect("it is mono").to_string();
    assert!(message.contains("1 channel(s)") && message.contains("no channel 2"), "{message}");
}

/// A sound server that does not answer, until this is dropped.
struct Halted;

impl Halted {
    fn new() -> Halted {
        signal_server("-STOP");
        Halted
    }
}

impl Drop for Halted {
    fn drop(&mut self) {
        signal_server("-CONT");
    }
}

/// What happened to an input that was gone for a while.
struct Outage {
    noticed: Duration,
    returned: Duration,
    gaps: Vec<u64>,
    /// Seconds that passed less the seconds of the stream: above 0 the gap is too short, below 0 too long.
    error_s: f64,
}

/// Listens for two seconds, lets the input go away for so long and come back, and listens again.
fn outage(input: &str, length: Duration, mut go: impl FnMut(), mut come: impl FnMut()) -> Outage {
    let mut microphone = open(input).unwrap();
    let mut heard = Heard::default();
    wait_until("nothing comes", NOTICED, || {
        heard.read(&mut microphone);
        !heard.samples.is_empty()
    });
    heard.read_for(&mut microphone, Duration::from_secs(2));
    let (begun, samples_before) = (Instant::now(), heard.samples.len());
    go();
    let gone = Instant::now();
    let noticed = wait_until("nobody noticed", NOTICED, || {
        heard.read(&mut microphone);
        is_gone(&microphone)
    });
    heard.read_for(&mut microphone, length.saturating_sub(gone.elapsed()));
    assert!(heard.gaps.is_empty(), "what is missing is told when it is known how much it is");
    come();
    let returned = wait_until("it does not come back", Duration::from_secs(9), || {
        heard.read(&mut microphone);
        !is_gone(&microphone) && !heard.gaps.is_empty()
    });
    heard.read_for(&mut microphone, Duration::from_secs(4));
    #[expect(clippy::cast_precision_loss, reason = "some seconds")]
    let streamed_s = (heard.samples.len() - samples_before) as f64 / RATE_HZ as f64;
    let error_s = begun.elapsed().as_secs_f64() - streamed_s;
    let stats = microphone.stats();
    assert_eq!(stats.lost, heard.gaps.iter().sum::<u64>(), "{stats:?}");
    assert_eq!(stats.delivered + stats.lost, heard.samples.len() as u64, "{stats:?}");
    Outage { noticed, returned, gaps: heard.gaps, error_s }
}

impl Outage {
    /// It was noticed, was one gap of the right length, and was over soon.
    #[track_caller]
    fn is_one_gap_of(&self, length: Duration) {
        self.is_one_gap_from(length, length);
    }

    /// The same where some of the time may be made up for: it is one gap of at least `least`, and with what came
    /// afterwards no time is missing.
    #[track_caller]
    fn is_one_gap_from(&self, least: Duration, length: Duration) {
        let Outage { noticed, returned, gaps, error_s } = self;
        let gap_s: Vec<Duration> =
            gaps.iter().map(|gap| Duration::from_millis(gap * 1000 / RATE_HZ as u64)).collect();
        println!(
            "noticed after {noticed:?}, back after {returned:?}, gap {gap_s:?}, off by {error_s:.3} s"
        );
        assert_eq!(gaps.len(), 1, "{gap_s:?}");
        assert!(gap_s[0] + GAP_ERROR >= least && gap_s[0] <= length + *returned + GAP_ERROR);
        assert!(
            error_s.abs() <= GAP_ERROR.as_secs_f64(),
            "the stream is {error_s} s shorter than the time that passed"
        );
    }
}

/// `PulseAudio` moves the stream to another source without a word: then the wrong person would be heard.
#[test]
fn an_output_that_is_removed_and_brought_back_leaves_one_gap() {
    const LENGTH: Duration = Duration::from_secs(3);
    let _card = sound_card();
    let extra = RefCell::new(Extra::plugged_in());
    let unplug = || extra.borrow_mut().unplug();
    let outage = outage("extra.monitor", LENGTH, unplug, || extra.borrow_mut().plug_in());
    outage.is_one_gap_of(LENGTH);
}

#[test]
fn a_sound_server_that_is_killed_and_started_again_leaves_one_gap() {
    const LENGTH: Duration = Duration::from_secs(4);
    let _card = sound_card();
    let server = RefCell::new(None);
    let kill = || *server.borrow_mut() = Some(Killed::new());
    let outage =
        outage(CALLER, LENGTH, kill, || server.borrow_mut().as_mut().unwrap().start_again());
    outage.is_one_gap_of(LENGTH);
}

#[test]
fn a_sound_server_that_hangs_and_goes_on_leaves_one_gap() {
    const LENGTH: Duration = Duration::from_secs(5);
    let _card = sound_card();
    let server = RefCell::new(None);
    let halt = || *server.borrow_mut() = Some(Halted::new());
    let outage = outage(CALLER, LENGTH, halt, || drop(server.borrow_mut().take()));
    // A server that goes on may deliver some of what it missed: of a null sink up to two seconds, and what waited in its
    // own queues (2.3 s in all were seen), at once or after the first block. How much is its own affair, but what was told
    // as missing stays missing: with what came afterwards the stream is as long as the time that passed.
    outage.is_one_gap_from(LENGTH.checked_sub(Duration::from_secs(3)).unwrap(), LENGTH);
}

/// Long enough for the server to drop audio and too short for the input to be given up: cpal reports nothing.
#[test]
fn what_the_server_drops_without_a_word_is_a_gap() {
    const STALL: Duration = Duration::from_secs(1);
    let _card = sound_card();
    let mut microphone = open(CALLER).unwrap();
    let mut heard = Heard::default();
    heard.read_for(&mut microphone, Duration::from_secs(2));
    let (begun, samples_before) = (Instant::now(), heard.samples.len());
    let server = Halted::new();
    sleep(STALL);
    drop(server);
    heard.read_for(&mut microphone, Duration::from_secs(4));
    #[expect(clippy::cast_precision_loss, reason = "some seconds")]
    let streamed_s = (heard.samples.len() - samples_before) as f64 / RATE_HZ as f64;
    let error_s = begun.elapsed().as_secs_f64() - streamed_s;
    println!("gaps {:?}, off by {error_s:.3} s, {:?}", heard.gaps, microphone.stats());
    assert!(error_s.abs() <= GAP_ERROR.as_secs_f64(), "{error_s} s are missing and were not told");
}

#[test]
fn a_sound_server_that_hangs_hangs_nothing_else() {
    /// Each of the answers takes five seconds at most, and this machine may be busy.
    const SOON: Duration = Duration::from_secs(8);
    let _card = sound_card();
    let mut microphone = open(CALLER).unwrap();
    Heard::default().read_for(&mut microphone, Duration::from_secs(1));
    let server = Halted::new();
    let noticed = wait_until("nobody noticed", NOTICED, || is_gone(&microphone));
    let begun = Instant::now();
    let listed = devices().expect_err("nobody can answer");
    assert!(begun.elapsed() < SOON && matches!(listed, AudioError::NoSoundSystem { .. }));
    let begun = Instant::now();
    let opened = Microphone::open(None, "test").err().expect("nobody can answer");
    assert!(begun.elapsed() < SOON && matches!(opened, AudioError::NoSoundSystem { .. }));
    println!("{listed}\n{opened}\nnoticed after {noticed:?}");
    let begun = Instant::now();
    drop(microphone);
    assert!(begun.elapsed() < SOON);
    drop(server);
}

/// ALSA's library writes on the terminal when it finds nothing; none of that may be seen.
#[test]
fn without_a_sound_system_the_program_says_so_and_nothing_else() {
    let _card = sound_card();
    let output = devices_without_sound();
    let error = String::from_utf8_lossy(&output.stderr);
    println!("{error}");
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    assert!(error.contains("no sound system"), "{error}");
    assert!(error.lines().count() <= 3 && !error.contains("ALSA lib"), "{error}");
}

fn devices_without_sound() -> Output {
    Command::new(env!("CARGO_BIN_EXE_undertone"))
        .arg("devices")
        .env_remove("XDG_RUNTIME_DIR")
        .env_remove("PULSE_RUNTIME_PATH")
        .env_remove("PULSE_SERVER")
        // No definitions, so that a real sound card is not found either.
        .env("ALSA_CONFIG_PATH", "/dev/null")
        .output()
        .expect("the program is built")
}
