//! `undertone devices`: the inputs of this computer, and which to listen to.

use super::printer::print;
use crate::audio::microphone::{Carries, Device, devices};
use anyhow::Context;
use std::fmt::Write;

/// How inputs are listed.
#[derive(Clone, Debug, Default)]
pub struct DevicesSettings {
    /// As JSON, for programs.
    pub json: bool,
}

/// Lists the inputs on standard output.
///
/// # Errors
/// No sound system.
pub fn run(settings: &DevicesSettings) -> anyhow::Result<()> {
    let inputs = devices()?;
    let text = if settings.json {
        serde_json::to_string_pretty(&inputs).context("cannot write the list as JSON")?
    } else {
        listing(&inputs)
    };
    Ok(print(&format!("{}\n", text.trim_end()))?)
}

/// One input a line, the default one marked, and which of them carry what the speakers play.
fn listing(inputs: &[Device]) -> String {
    if inputs.is_empty() {
        return "There is a sound system, but it has no input: connect a microphone.".to_owned();
    }
    let width = |text: fn(&Device) -> &str| {
        inputs.iter().map(|input| text(input).chars().count()).max().unwrap_or(0)
    };
    let (id_width, name_width) = (width(|input| &input.id), width(|input| &input.name));
    let mut text = String::new();
    for input in inputs {
        let mark = if input.is_default { '*' } else { ' ' };
        let hears = match input.carries {
            Carries::Microphone => "microphone",
            Carries::Playback => "what the speakers play",
        };
        let Device { id, name, n_channels, sample_rate_hz, .. } = input;
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "{mark} {id:id_width$}  {name:name_width$}  {hears:22}  {n_channels} ch, {sample_rate_hz} Hz"
        );
    }
    text.push_str("\n* is listened to when no device is named.\n");
    text.push_str(&advice(inputs));
    text
}

/// How to pick one, in a line.
fn advice(inputs: &[Device]) -> String {
    match inputs.iter().find(|input| input.carries == Carries::Playback) {
        Some(playback) => format!(
            "A softphone's caller is heard in what the speakers play: undertone monitor --device {}",
            playback.id
        ),
        None => "Name one of them: undertone monitor --device ID".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(id: &str, name: &str, is_default: bool, carries: Carries) -> Device {
        let (id, name) = (id.to_owned(), name.to_owned());
        Device { id, name, is_default, carries, n_channels: 1, sample_rate_hz: 48_000 }
    }

    #[test]
    fn the_default_and_the_speakers_are_marked_and_one_is_advised() {
        let inputs = [
            input("pulse:mic", "Headset", true, Carries::Microphone),
            input("pulse:phone.monitor", "Monitor of Softphone", false, Carries::Playback),
        ];
        insta::assert_snapshot!(listing(&inputs), @r"
        * pulse:mic            Headset               microphone              1 ch, 48000 Hz
          pulse:phone.monitor  Monitor of Softphone  what the speakers play  1 ch, 48000 Hz

        * is listened to when no device is named.
        A softphone's caller is heard in what the speakers play: undertone monitor --device pulse:phone.monitor
        ");
    }

    #[test]
    fn without_a_monitor_the_advice_is_general() {
        let text = listing(&[input("alsa:default", "Default", true, Carries::Microphone)]);
        assert!(text.ends_with("undertone monitor --device ID"), "{text}");
    }

    #[test]
    fn no_input_is_said_plainly() {
        assert!(listing(&[]).contains("no input"));
    }
}
