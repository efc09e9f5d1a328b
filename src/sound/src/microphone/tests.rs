//! The reader's side, with a device that is not there and a clock that does as it is told.

use super::capture::ring_from;
use super::counters::Beginning;
use super::device::Carries;
use super::*;
use crate::microphone::absence::Absences;

const RATE_HZ: u32 = 16_000;

/// A tenth of a second.
const BLOCK: [f32; 1600] = [0.5; 1600];

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn samples(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap() * u64::from(RATE_HZ) / 1000
}

/// What the thread that keeps the input, and the sound system, would do.
struct Stage {
    capture: Capture,
    to_streams: SyncSender<Next>,
    _stopped: SyncSender<()>,
    _woken: Receiver<()>,
}

impl Stage {
    fn new() -> (Stage, Microphone) {
        let shared = Arc::new(Shared::new());
        let (wake, woken) = mpsc::sync_channel(1);
        let (to_streams, streams) = mpsc::sync_channel(STREAMS_LEN);
        let (done, stopped) = mpsc::sync_channel(1);
        done.try_send(()).unwrap();
        let (capture, captured) = new_ring(&shared, None);
        let about = Device {
            id: "a:b".to_owned(),
            name: "B".to_owned(),
            is_default: false,
            is_default_output: false,
            carries: Carries::Playback,
            n_channels: 1,
            sample_rate_hz: RATE_HZ,
        };
        let microphone = Microphone {
            about,
            channel: Channel::Mix,
            rate_hz: RATE_HZ,
            sends_always: true,
            captured,
            past: CaptureStats::default(),
            streams,
            untold: Untold::default(),
            shared,
            wake,
            thread: None,
            stopped,
            is_over: false,
        };
        (Stage { capture, to_streams, _stopped: done, _woken: woken }, microphone)
    }

    /// Lets so much sound come, in blocks.
    fn play(&mut self, microphone: &Microphone, length: Duration) {
        for _ in 0..length.as_millis() / 100 {
            microphone.shared.clock.advance(ms(100));
            self.capture.take(&BLOCK, whole_ms(microphone));
        }
    }

    /// Closes the stream.
    fn close(&mut self) {
        self.capture.counters().close();
    }

    /// Opens the input again after what is told of its absence.
    fn open_again(&mut self, microphone: &Microphone, absences: Absences) {
        let (capture, captured) = new_ring(&microphone.shared, Some(absences.running()));
        self.capture = capture;
        self.to_streams.send(Next { captured, absences }).unwrap();
    }

    /// When a sample was heard last.
    fn heard_until(&self) -> Duration {
        self.capture.counters().heard_until()
    }
}

fn new_ring(shared: &Shared, absent: Option<(Absence, Duration)>) -> (Capture, Captured) {
    let settings = RingSettings {
        len: 64_000,
        block_len: 1600,
        rate_hz: RATE_HZ,
        n_channels: 1,
        channel: Channel::Mix,
    };
    let permit = shared.mute.permit().unwrap_or_default();
    ring_from(&settings, &shared.clock, Beginning { absent, permit })
}

/// The clock, without the fractions of a millisecond that this test itself takes.
fn whole_ms(microphone: &Microphone) -> Duration {
    ms(u64::try_from(microphone.shared.clock.now().as_millis()).unwrap())
}

/// What is told until nothing is there: audio by its length, with all else to the nearest 20 ms.
#[derive(Debug, PartialEq)]
enum Told {
    Audio(u64),
    Gap(Duration),
    Muted(Duration),
}

fn rounded(len: u64) -> Duration {
    ms((len * 1000 / u64::from(RATE_HZ) + 10) / 20 * 20)
}

fn told(block: &Block<'_>) -> Told {
    match block {
        Block::Audio(heard) => Told::Audio(heard.len() as u64),
        Block::Gap(len) => Told::Gap(rounded(*len)),
        Block::Muted(len) => Told::Muted(rounded(*len)),
        Block::Waiting | Block::End => panic!("nothing is told"),
    }
}

fn read(microphone: &mut Microphone) -> Vec<Told> {
    let mut all: Vec<Told> = Vec::new();
    loop {
        match (microphone.next_block().unwrap(), all.last_mut()) {
            (Block::Waiting, _) => return all,
            (Block::Audio(heard), Some(Told::Audio(len))) => *len += heard.len() as u64,
            (block, _) => all.push(told(&block)),
        }
    }
}

fn end(microphone: &mut Microphone) -> Vec<Told> {
    microphone.untold().iter().map(told).collect()
}

#[test]
fn an_open_input_can_move_to_another_thread() {
    fn is_send<T: Send + 'static>() {}
    is_send::<Microphone>();
}

#[test]
fn what_is_unread_and_what_comes_while_muted_is_never_given_and_the_time_is_told() {
    let (mut stage, mut microphone) = Stage::new();
    stage.play(&microphone, ms(500));
    assert_eq!(read(&mut microphone), [Told::Audio(8000)]);
    stage.play(&microphone, ms(300));
    assert_eq!(microphone.backlog(), samples(ms(300)));
    microphone.set_muted(true);
    assert_eq!((microphone.connection(), microphone.backlog()), (Connection::Muted, 0));
    // Before the stream is closed.
    stage.play(&microphone, ms(200));
    assert_eq!(read(&mut microphone), []);
    stage.close();
    let absences = Absences::since(stage.heard_until(), Absence::Muted);
    microphone.shared.clock.advance(Duration::from_mins(1));
    assert_eq!(read(&mut microphone), []);
    assert_eq!(end(&mut microphone), [Told::Muted(ms(60_500))]);
    microphone.set_muted(false);
    stage.open_again(&microphone, absences);
    assert_eq!(read(&mut microphone), [], "it is told when it is known how long it was");
    stage.play(&microphone, ms(200));
    assert_eq!(read(&mut microphone), [Told::Muted(ms(60_500)), Told::Audio(3200)]);
    let stats = microphone.stats();
    assert_eq!((stats.captured, stats.delivered, stats.lost), (11_200, 11_200, 0));
    assert!(stats.muted.abs_diff(samples(ms(60_500))) < samples(ms(20)), "{stats:?}");
    assert_eq!(stats.n_returns, 0, "it never went away");
    assert_eq!((microphone.connection(), end(&mut microphone)), (Connection::Heard, vec![]));
}

#[test]
fn what_was_lost_before_it_was_muted_stays_lost() {
    let (mut stage, mut microphone) = Stage::new();
    // The ring holds four seconds.
    stage.play(&microphone, ms(5000));
    microphone.set_muted(true);
    stage.close();
    let absences = Absences::since(stage.heard_until(), Absence::Muted);
    microphone.shared.clock.advance(ms(1000));
    microphone.set_muted(false);
    stage.open_again(&microphone, absences);
    stage.play(&microphone, ms(100));
    let all =
        [Told::Muted(ms(4000)), Told::Gap(ms(1000)), Told::Muted(ms(1000)), Told::Audio(1600)];
    assert_eq!(read(&mut microphone), all);
    let stats = microphone.stats();
    assert_eq!((stats.lost, stats.captured), (16_000, 17_600));
}

#[test]
fn pressed_twice_at_once_nothing_of_before_is_heard() {
    let (mut stage, mut microphone) = Stage::new();
    stage.play(&microphone, ms(300));
    microphone.set_muted(true);
    microphone.set_muted(false);
    stage.play(&microphone, ms(100));
    assert_eq!(read(&mut microphone), []);
    stage.close();
    let absences = Absences::since(stage.heard_until(), Absence::Muted);
    stage.open_again(&microphone, absences);
    // And once more before a sample came.
    microphone.set_muted(true);
    microphone.set_muted(false);
    stage.close();
    let absences = Absences::since(ms(300), Absence::Muted);
    stage.open_again(&microphone, absences);
    stage.play(&microphone, ms(100));
    assert_eq!(read(&mut microphone), [Told::Muted(ms(400)), Told::Audio(1600)]);
}

#[test]
fn muted_while_it_is_gone_each_time_is_told_as_what_it_was() {
    let (mut stage, mut microphone) = Stage::new();
    stage.play(&microphone, ms(200));
    assert_eq!(read(&mut microphone), [Told::Audio(3200)]);
    stage.close();
    let mut absences = Absences::since(stage.heard_until(), Absence::Gone);
    let clock = microphone.shared.clock.clone();
    clock.advance(ms(3000));
    assert!(matches!(microphone.connection(), Connection::Gone { .. }));
    assert_eq!(end(&mut microphone), [Told::Gap(ms(3000))]);
    microphone.set_muted(true);
    absences.turn(Absence::Muted, clock.now());
    assert_eq!(microphone.connection(), Connection::Muted);
    clock.advance(ms(5000));
    microphone.set_muted(false);
    absences.turn(Absence::Gone, clock.now());
    assert_eq!(microphone.connection(), Connection::Heard, "it has a moment to come");
    clock.advance(ms(2000));
    assert!(matches!(microphone.connection(), Connection::Gone { .. }));
    stage.open_again(&microphone, absences);
    stage.play(&microphone, ms(100));
    let all = [Told::Gap(ms(3000)), Told::Muted(ms(5000)), Told::Gap(ms(2000)), Told::Audio(1600)];
    assert_eq!(read(&mut microphone), all);
    let stats = microphone.stats();
    assert!(stats.lost.abs_diff(samples(ms(5000))) < samples(ms(20)), "{stats:?}");
    assert_eq!(stats.captured, stats.delivered + stats.lost);
    assert_eq!(stats.n_returns, 1);
}

#[test]
fn muted_before_the_first_sample_of_a_stream_the_whole_time_counts_at_the_end() {
    let (mut stage, mut microphone) = Stage::new();
    stage.play(&microphone, ms(200));
    read(&mut microphone);
    microphone.set_muted(true);
    stage.close();
    let absences = Absences::since(stage.heard_until(), Absence::Muted);
    microphone.shared.clock.advance(ms(7000));
    microphone.set_muted(false);
    stage.open_again(&microphone, absences);
    assert_eq!(end(&mut microphone), [Told::Muted(ms(7000))]);
}
