//! The sound server moves recording streams: by itself when another source becomes the default or one is removed, and for
//! whoever uses a mixer. Nothing of another source may be heard, for that is another person.

use super::*;
use sound_card::pactl;

/// What the resampling of silence may leave.
const NOTHING: f32 = 0.001;

/// Who is heard in the headset meanwhile.
fn somebody_else(folder: &Path) -> Player {
    Player::start_on("micfeed", &signal(30), folder)
}

/// The headset is the default again when this is dropped.
struct DefaultSource;

impl DefaultSource {
    fn set(source: &str) -> DefaultSource {
        pactl(&["set-default-source", source]);
        DefaultSource
    }
}

impl Drop for DefaultSource {
    fn drop(&mut self) {
        let _ = Command::new("pactl").args(["set-default-source", "headset_mic"]).output();
    }
}

/// The number of our stream at the server, and that of its source.
fn our_stream() -> (String, String) {
    let all = pactl(&["list", "source-outputs"]);
    let ours = all.split("Source Output #").find(|one| one.contains("\"Undertone: test\""));
    let ours = ours.unwrap_or_else(|| panic!("no stream has our name: {all}"));
    let number = ours.lines().next().unwrap().trim().to_owned();
    let source = ours.lines().find_map(|line| line.trim().strip_prefix("Source: ")).unwrap();
    (number, source.to_owned())
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Moves the stream while somebody else speaks. What is heard from then on is nothing of theirs: the stream stays, and
/// its own source is heard, or it counts as gone within two seconds and comes back with one gap.
fn stays_or_is_gone(mut microphone: Microphone, move_it: impl FnOnce()) {
    let folder = tempfile::tempdir().unwrap();
    let (mut heard, _other) = (Heard::default(), somebody_else(folder.path()));
    heard.read_for(&mut microphone, Duration::from_secs(2));
    assert!(!heard.samples.is_empty(), "nothing comes");
    move_it();
    let moved = Instant::now();
    let mut gone = None;
    while moved.elapsed() < Duration::from_secs(4) {
        heard.read(&mut microphone);
        if is_gone(&microphone) {
            gone.get_or_insert(moved.elapsed());
        }
        sleep(POLL);
    }
    println!("gone after {gone:?}; somebody else is heard with a peak of {}", peak(&heard.samples));
    assert!(peak(&heard.samples) < NOTHING, "somebody else is heard: {}", peak(&heard.samples));
    assert!(gone.is_none_or(|gone| gone < NOTICED), "{gone:?}");
    let here = tempfile::tempdir().unwrap();
    let _own = Player::start(&signal(8), here.path());
    heard.read_for(&mut microphone, Duration::from_secs(6));
    assert!(peak(&heard.samples) > 0.1, "its own source is not heard again");
    assert_eq!(heard.gaps.len(), usize::from(gone.is_some()), "{:?}", heard.gaps);
}

#[test]
fn a_source_that_is_named_stays_when_another_becomes_the_default() {
    let _card = sound_card();
    let _default = DefaultSource::set("softphone.monitor");
    let microphone = open(CALLER).unwrap();
    stays_or_is_gone(microphone, || drop(pactl(&["set-default-source", "headset_mic"])));
}

#[test]
fn the_source_that_was_the_default_at_the_start_stays_when_another_becomes_it() {
    let _card = sound_card();
    let _default = DefaultSource::set("softphone.monitor");
    let microphone = Microphone::open(None, "test").unwrap();
    assert_eq!(microphone.device().id, CALLER);
    stays_or_is_gone(microphone, || drop(pactl(&["set-default-source", "headset_mic"])));
}

#[test]
fn a_stream_that_somebody_moves_by_hand_is_not_heard_elsewhere() {
    let _card = sound_card();
    let microphone = open(CALLER).unwrap();
    let before = our_stream();
    stays_or_is_gone(microphone, || {
        // The server refuses what the stream asked not to be done; a server that does it is found out.
        let mut asked = Command::new("pactl");
        asked.args(["move-source-output", &before.0, "headset_mic"]);
        let output = asked.output().expect("pactl is installed");
        println!("moved by hand: {output:?}");
        sleep(Duration::from_millis(100));
    });
}

#[test]
fn when_its_source_is_unloaded_the_stream_is_not_heard_elsewhere() {
    let _card = sound_card();
    let mut extra = Extra::plugged_in();
    let folder = tempfile::tempdir().unwrap();
    let (mut heard, _other) = (Heard::default(), somebody_else(folder.path()));
    let mut microphone = open("extra.monitor").unwrap();
    heard.read_for(&mut microphone, Duration::from_secs(2));
    extra.unplug();
    let noticed = wait_until("nobody noticed", NOTICED, || {
        heard.read(&mut microphone);
        is_gone(&microphone)
    });
    heard.read_for(&mut microphone, Duration::from_secs(2));
    println!("noticed after {noticed:?}");
    assert!(peak(&heard.samples) < NOTHING, "somebody else is heard: {}", peak(&heard.samples));
    extra.plug_in();
    wait_until("it does not come back", Duration::from_secs(9), || {
        heard.read(&mut microphone);
        !is_gone(&microphone) && !heard.gaps.is_empty()
    });
    assert_eq!(heard.gaps.len(), 1);
}

#[test]
fn the_stream_has_a_name_in_the_mixer_and_who_mutes_it_there_is_told() {
    let _card = sound_card();
    let mut microphone = open(CALLER).unwrap();
    let mut heard = Heard::default();
    heard.read_for(&mut microphone, Duration::from_secs(1));
    let all = pactl(&["list", "source-outputs"]);
    for name in ["media.name = \"Undertone: test\"", "application.name = \"Undertone\""] {
        assert!(all.contains(name), "{all}");
    }
    assert_eq!(microphone.silenced(), None);
    let undo: [&[&str]; 2] = [
        &["set-source-mute", "softphone.monitor", "0"],
        &["set-source-volume", "softphone.monitor", "100%"],
    ];
    let tricks: [&[&str]; 2] = [
        &["set-source-mute", "softphone.monitor", "1"],
        &["set-source-volume", "softphone.monitor", "0"],
    ];
    for (trick, undo) in tricks.iter().zip(undo) {
        pactl(trick);
        let told = wait_until("nobody is told", NOTICED, || {
            heard.read(&mut microphone);
            microphone.silenced().is_some()
        });
        println!("{trick:?}: told after {told:?}: {:?}", microphone.silenced());
        pactl(undo);
        wait_until("it is still said", NOTICED, || {
            heard.read(&mut microphone);
            microphone.silenced().is_none()
        });
    }
}

/// A server that lets everybody in wants a cookie all the same, any.
#[test]
fn without_a_cookie_file_the_inputs_of_an_open_server_are_there() {
    let _card = sound_card();
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .arg("devices")
        .env("HOME", home.path())
        .env_remove("PULSE_COOKIE")
        .output()
        .expect("the program is built");
    let listed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    for input in [CALLER, "pulseaudio:headset_mic"] {
        assert!(listed.contains(input), "{listed}");
    }
}
