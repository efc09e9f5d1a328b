//! `undertone degrade`: the recording as it sounds over a telephone.

use std::path::Path;

use ::sound::recording::{Channel, Decoded, decode};

use crate::sandbox::{DEMO_CALL, Sandbox, refuses};
use crate::sound;

const FLAGS: [&str; 5] = ["--phone", "--snr", "10", "--loss", "0.03"];

fn decoded(path: &Path) -> Decoded {
    decode(path, Channel::Mix).unwrap()
}

#[test]
fn a_recording_comes_out_changed_as_long_as_it_was_and_the_same_with_the_same_seed() {
    let sandbox = Sandbox::new().with_call();
    sound::stereo_call(&sandbox.join("stereo.wav"), 44_100);
    let degrade = |input: &str, output: &str, more: &[&str]| {
        let ended = sandbox.run(&[&["degrade", input, output], &FLAGS[..], more].concat());
        assert_eq!(ended.with_code(0).stdout, "");
        decoded(&sandbox.join(output))
    };
    let call = decoded(Path::new(DEMO_CALL));
    let first = degrade("call.wav", "first.wav", &[]);
    assert_eq!((first.sample_rate_hz, first.n_channels), (8_000, 1));
    assert_eq!(first.samples.len(), call.samples.len());
    assert_ne!(first.samples, call.samples);
    assert_eq!(degrade("call.wav", "again.wav", &[]).samples, first.samples);
    assert_ne!(degrade("call.wav", "other.wav", &["--seed", "2"]).samples, first.samples);
    let babble = degrade("stereo.wav", "babble.wav", &["--noise", "babble", "--channel", "right"]);
    assert!(babble.samples.len().abs_diff(call.samples.len()) <= 1);

    let again = [&["degrade", "call.wav", "first.wav"], &FLAGS[..]].concat();
    refuses(&sandbox, &again, &["first.wav exists already", "--force"]);
    sandbox.run(&[&again[..], &["--force"]].concat()).with_code(0);
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_written() {
    let sandbox = Sandbox::new().with_call();
    let with = |more: &[&'static str]| [&["degrade", "call.wav", "out.wav"], more].concat();
    refuses(&sandbox, &["degrade", "call.wav", "call.wav", "--force"], &["the recording itself"]);
    refuses(&sandbox, &["degrade", "none.wav", "out.wav"], &["cannot open none.wav"]);
    refuses(&sandbox, &with(&["--loss", "-1"]), &["--loss is -1", "from 0 to 0.9"]);
    refuses(&sandbox, &with(&["--band", "3400"]), &["'3400' is no band", "300-3400"]);
    let no_noise = with(&["--snr", "10", "--noise", "brown"]);
    refuses(&sandbox, &no_noise, &["white, pink, hum, babble", "cannot open brown"]);
    sandbox.run(&with(&["--noise", "white"])).with_code(2);
}
