//! The sound system and its inputs, each with a level.
//!
//! In: nothing. Out: a finding for the system and one for each input. Listens for a moment; keeps nothing.

use std::time::Duration;

use super::finding::Finding;
use crate::audio::microphone::{devices, recommended};
use crate::command::devices::levels::levels_of;

/// How long the inputs are listened to.
const LISTEN: Duration = Duration::from_millis(600);

/// What is heard of the sound system.
pub(super) fn inputs() -> Vec<Finding> {
    let inputs = match devices() {
        Ok(inputs) => inputs,
        Err(error) => {
            let advice = "start a sound server (PulseAudio or PipeWire); recordings can be replayed without one";
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
    for (input, level) in inputs.iter().zip(levels_of(&inputs, LISTEN)) {
        let what = format!("{} ({})", input.id, input.carries);
        findings.push(match level {
            Ok(level) => Finding::ok("input", format!("{what}: {level}")),
            Err(reason) => Finding::warning(
                "input",
                format!("{what} cannot be heard: {reason}"),
                "close other programs that use it, or use another input: `undertone devices --watch`",
            ),
        });
    }
    findings
}
