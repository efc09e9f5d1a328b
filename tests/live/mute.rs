//! The privacy key on the virtual sound card.

use super::*;
use sound_card::pactl;

/// A key that is pressed must close the input within this.
const CLOSED: Duration = Duration::from_secs(1);

/// What the time that is told may be off by.
const MUTED_ERROR_S: f64 = 0.1;

/// How many streams the sound server has that a program listens to; its own remapping is none.
fn n_listening() -> usize {
    pactl(&["list", "source-outputs"]).matches("Driver: protocol-native.c").count()
}

#[expect(clippy::cast_precision_loss, reason = "some seconds")]
fn seconds(len: u64) -> f64 {
    len as f64 / RATE_HZ as f64
}

/// Waits until something comes, and reads for so long.
fn listen(heard: &mut Heard, microphone: &mut Microphone, length: Duration) {
    let before = heard.samples.len();
    wait_until("nothing comes", NOTICED, || {
        heard.read(microphone);
        heard.samples.len() > before
    });
    heard.read_for(microphone, length);
}

/// Mutes a player of noise for so long; what was said meanwhile is nowhere, and all else is where it was.
fn muted_for(length: Duration) {
    let _card = sound_card();
    let folder = tempfile::tempdir().unwrap();
    let signal = signal(4 + usize::try_from(length.as_secs()).unwrap() + 5);
    let mut microphone = open(CALLER).unwrap();
    let mut heard = Heard::default();
    heard.read_for(&mut microphone, Duration::from_millis(300));
    let _player = Player::start(&signal, folder.path());
    heard.read_for(&mut microphone, Duration::from_secs(4));
    assert_eq!(n_listening(), 1);

    microphone.set_muted(true);
    let pressed = Instant::now();
    assert_eq!(microphone.connection(), Connection::Muted);
    let closed = wait_until("it is still open", CLOSED, || {
        heard.read(&mut microphone);
        n_listening() == 0
    });
    let samples_before = heard.samples.len();
    while pressed.elapsed() < length {
        heard.read_for(&mut microphone, Duration::from_millis(100));
        assert_eq!((n_listening(), microphone.connection()), (0, Connection::Muted));
    }
    assert_eq!(heard.samples.len(), samples_before, "nothing comes while it is muted");

    microphone.set_muted(false);
    let unmuted = Instant::now();
    heard.read_for(&mut microphone, Duration::from_secs(4));
    let stats = microphone.stats();
    let muted_s = seconds(heard.muted[0]);
    let length_s = length.as_secs_f64();
    println!("closed after {closed:?}; told {muted_s:.3} s of {length_s} s; {stats:?}");
    assert_eq!((heard.muted.len(), heard.gaps.len(), stats.lost), (1, 0, 0));
    assert_eq!((stats.muted, stats.n_returns), (heard.muted[0], 0));
    assert_eq!(stats.delivered + stats.muted, heard.samples.len() as u64);
    assert!(unmuted.elapsed() < Duration::from_secs(6));
    // From the last block before it to the first one after it: a block's length longer on either side.
    assert!((-0.1..0.4).contains(&(muted_s - length_s)), "{muted_s} s");
    // All that is found lies where it lay before, to 50 ms.
    let delays = delays(&signal, &heard.samples);
    let whole = usize::try_from(seconds_heard(&heard)).unwrap();
    println!("{} chunks found; delay {:?} to {:?}", delays.len(), delays.first(), delays.last());
    assert!(delays.len() >= whole * 2 - 8, "{} chunks of {whole} s", delays.len());
    let spread = delays.iter().max().unwrap() - delays.iter().min().unwrap();
    assert!(seconds(spread as u64) < MUTED_ERROR_S, "{spread} samples");
    // The middle of what was played meanwhile is nowhere.
    let half = RATE_HZ * usize::try_from(length.as_secs()).unwrap() / 2;
    let middle = samples_before - delays[0] + half - CHUNK_LEN / 2;
    let chunk = &signal[middle..middle + CHUNK_LEN];
    let (_, like) = search(chunk, &heard.samples, 0, heard.samples.len()).unwrap();
    println!("what was played while muted: at best {like:.2} like what was heard");
    assert!(like < 0.5, "{like}");
}

/// Whole seconds of audio that came.
fn seconds_heard(heard: &Heard) -> u64 {
    (heard.samples.len() as u64 - heard.muted.iter().sum::<u64>()) / RATE_HZ as u64 - 1
}

#[test]
fn two_muted_seconds_are_never_captured_and_the_rest_lies_where_it_was() {
    muted_for(Duration::from_secs(2));
}

#[test]
fn muted_for_longer_than_the_ring_is_the_same() {
    muted_for(Duration::from_secs(7));
}

/// How long a reader's stream is off against the clock, in seconds, and what was told on the way.
fn off_by(
    microphone: &mut Microphone,
    mut act: impl FnMut(&mut Microphone, &mut Heard),
) -> (f64, Heard) {
    let mut heard = Heard::default();
    listen(&mut heard, microphone, Duration::from_secs(1));
    let (begun, samples_before) = (Instant::now(), heard.samples.len());
    act(microphone, &mut heard);
    listen(&mut heard, microphone, Duration::from_secs(1));
    let error_s =
        begun.elapsed().as_secs_f64() - seconds((heard.samples.len() - samples_before) as u64);
    let told = |lens: &[u64]| -> Vec<f64> { lens.iter().map(|len| seconds(*len)).collect() };
    let (muted, gaps) = (told(&heard.muted), told(&heard.gaps));
    println!("muted {muted:.2?} s, gaps {gaps:.2?} s, off by {error_s:.3} s");
    let stats = microphone.stats();
    assert_eq!((stats.lost, stats.muted), (heard.lost(), heard.muted.iter().sum()), "{stats:?}");
    (error_s, heard)
}

#[test]
fn pressed_twice_within_50_ms_it_goes_on_and_nothing_counts_as_lost() {
    let _card = sound_card();
    for pause in [0, 5, 20, 50] {
        let mut microphone = open(CALLER).unwrap();
        let (error_s, heard) = off_by(&mut microphone, |microphone, heard| {
            microphone.set_muted(true);
            heard.read(microphone);
            sleep(Duration::from_millis(pause));
            microphone.set_muted(false);
        });
        let muted: u64 = heard.muted.iter().sum();
        assert!(heard.muted.len() <= 1 && heard.gaps.is_empty() && muted < 8000, "{muted}");
        assert!(error_s.abs() < GAP_ERROR.as_secs_f64(), "{error_s}");
        assert_eq!((n_listening(), microphone.stats().n_returns), (1, 0));
    }
}

#[test]
fn unplugged_while_muted_it_is_gone_when_unmuted_and_found_when_it_is_back() {
    let _card = sound_card();
    let mut extra = Extra::plugged_in();
    let mut microphone = open("extra.monitor").unwrap();
    let (error_s, heard) = off_by(&mut microphone, |microphone, heard| {
        microphone.set_muted(true);
        heard.read_for(microphone, Duration::from_secs(1));
        extra.unplug();
        heard.read_for(microphone, Duration::from_secs(2));
        assert_eq!(microphone.connection(), Connection::Muted);
        microphone.set_muted(false);
        let noticed = wait_until("nobody noticed", NOTICED, || {
            heard.read(microphone);
            is_gone(microphone)
        });
        println!("noticed after {noticed:?}");
        heard.read_for(microphone, Duration::from_secs(1));
        extra.plug_in();
        wait_until("it does not come back", Duration::from_secs(9), || {
            heard.read(microphone);
            !heard.gaps.is_empty()
        });
    });
    let (muted_s, gap_s) = (seconds(heard.muted[0]), seconds(heard.gaps[0]));
    assert_eq!((heard.muted.len(), heard.gaps.len()), (1, 1));
    assert!((muted_s - 3.0).abs() < 0.3 && gap_s > 0.9, "muted {muted_s} s, gap {gap_s} s");
    assert!(error_s.abs() < GAP_ERROR.as_secs_f64(), "{error_s}");
    assert_eq!(microphone.stats().n_returns, 1);
}

#[test]
fn muted_while_it_is_gone_it_comes_back_when_both_are_over() {
    let _card = sound_card();
    let mut extra = Extra::plugged_in();
    let mut microphone = open("extra.monitor").unwrap();
    let (error_s, heard) = off_by(&mut microphone, |microphone, heard| {
        extra.unplug();
        wait_until("nobody noticed", NOTICED, || {
            heard.read(microphone);
            is_gone(microphone)
        });
        heard.read_for(microphone, Duration::from_secs(1));
        microphone.set_muted(true);
        heard.read_for(microphone, Duration::from_secs(1));
        extra.plug_in();
        heard.read_for(microphone, Duration::from_secs(2));
        assert_eq!((n_listening(), microphone.connection()), (0, Connection::Muted));
        microphone.set_muted(false);
    });
    let (muted_s, gap_s) = (seconds(heard.muted[0]), seconds(heard.gaps[0]));
    assert_eq!((heard.muted.len(), heard.gaps.len()), (1, 1));
    assert!((muted_s - 3.0).abs() < 0.3 && gap_s > 0.9, "muted {muted_s} s, gap {gap_s} s");
    assert!(error_s.abs() < GAP_ERROR.as_secs_f64(), "{error_s}");
}

#[test]
fn a_program_that_ends_while_it_is_muted_knows_for_how_long_and_ends_at_once() {
    let _card = sound_card();
    let mut microphone = open(CALLER).unwrap();
    let mut heard = Heard::default();
    listen(&mut heard, &mut microphone, Duration::from_secs(1));
    microphone.set_muted(true);
    heard.read_for(&mut microphone, Duration::from_secs(2));
    let untold = microphone.untold();
    println!("{untold:?}");
    assert!(
        matches!(untold[..], [Block::Muted(len)] if (seconds(len) - 2.0).abs() < 0.2),
        "{untold:?}"
    );
    let begun = Instant::now();
    drop(microphone);
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}
