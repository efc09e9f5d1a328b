//! The sound system and its inputs, each with a level.
//!
//! In: nothing. Out: a finding for the system and one for each input. Listens for a moment; keeps nothing.

use std::time::Duration;

use super::finding::Finding;
use crate::command::devices::levels::levels_of;
use hearing::fact::SoundFault;
use sound::microphone::{Carries, Device, devices, recommended, server_trouble};

/// How long the inputs are listened to: whether two channels cancel out shows after three seconds.
const LISTEN: Duration = Duration::from_millis(3_500);

/// What to do where no sound system is.
const NO_SERVER: &str =
    "start a sound server (PulseAudio or PipeWire); recordings can be replayed without one";

/// What is heard of the sound system.
pub(super) fn inputs() -> Vec<Finding> {
    let inputs = match devices() {
        Ok(inputs) => inputs,
        Err(error) => {
            let advice = server_trouble().unwrap_or_else(|| NO_SERVER.to_owned());
            return vec![Finding::problem("sound", error.to_string(), advice)];
        }
    };
    let Some((best, why)) = recommended(&inputs) else {
        let told = "there is a sound system, but it has no input".to_owned();
        return vec![Finding::problem("sound", told, "connect a microphone or a headset")];
    };
    let plural = if inputs.len() == 1 { "" } else { "s" };
    let told = format!(
        "{} input{plural}; for a softphone {} is recommended: {why}",
        inputs.len(),
        inputs[best].id
    );
    let mut findings = vec![Finding::ok("sound", told)];
    findings.extend(server_trouble().map(|trouble| {
        Finding::warning("sound", "a sound server is there but cannot be used".to_owned(), trouble)
    }));
    for (input, level) in inputs.iter().zip(levels_of(&inputs, LISTEN)) {
        let what = format!("{} ({})", input.id, input.carries);
        findings.push(match level {
            Ok((level, fault)) => heard(input, &format!("{what}: {level}"), fault),
            Err(reason) => Finding::warning(
                "input",
                format!("{what} cannot be heard: {reason}"),
                "close other programs that use it, or use another input: `undertone devices --watch`",
            ),
        });
    }
    findings
}

/// What is heard of one input. Where nothing is played an output is silent, and that is as it should be.
fn heard(input: &Device, told: &str, fault: Option<SoundFault>) -> Finding {
    match fault {
        None => Finding::ok("input", told.to_owned()),
        Some(SoundFault::Silent) if input.carries != Carries::Microphone => {
            Finding::ok("input", format!("{told}: nothing is played there now"))
        }
        Some(fault) => {
            Finding::warning("input", format!("{told}, {}", fault.words()), fault.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_fault_is_a_warning_but_for_an_output_that_plays_nothing() {
        let input = |carries| Device {
            id: "a:b".to_owned(),
            name: "B".to_owned(),
            is_default: false,
            is_default_output: false,
            carries,
            n_channels: 1,
            sample_rate_hz: 48_000,
        };
        for fault in SoundFault::ALL {
            let finding = heard(&input(Carries::Microphone), "it", Some(fault));
            assert_eq!(finding.verdict, Verdict::Warning);
            assert!(finding.told.contains(fault.words()), "{finding:?}");
            assert_eq!(finding.advice, Some(fault.to_string()));
        }
        let idle = heard(&input(Carries::Playback), "it", Some(SoundFault::Silent));
        assert_eq!(idle.verdict, Verdict::Ok);
        assert_eq!(heard(&input(Carries::Playback), "it", None).verdict, Verdict::Ok);
    }
}
