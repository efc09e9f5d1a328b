//! `undertone devices`: the inputs of this computer, what each carries, and which to listen to.

pub(super) mod levels;

use super::printer::{print, print_json};
use crate::cli::DevicesArgs;
use record::plain_text::plain;
use serde::Serialize;
use sound::microphone::{Device, devices, recommended, server_trouble};
use std::fmt::Write;

/// Lists the inputs on standard output, or shows their levels until the person has seen enough.
///
/// # Errors
/// No sound system.
pub fn run(args: &DevicesArgs) -> anyhow::Result<()> {
    let inputs = devices()?;
    if args.watch {
        return levels::watch(&inputs, args);
    }
    if args.json {
        return Ok(print_json(&entries(&inputs))?);
    }
    let mut text = listing(&inputs);
    if let Some(trouble) = server_trouble() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "\nInputs are missing: {}", plain(&trouble));
    }
    Ok(print(&format!("{}\n", text.trim_end()))?)
}

/// An input as programs read it.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    input: &'a Device,
    /// Why it is the one to listen to; of one input only.
    #[serde(skip_serializing_if = "Option::is_none")]
    recommended: Option<&'static str>,
}

fn entries(inputs: &[Device]) -> Vec<Entry<'_>> {
    let best = recommended(inputs);
    inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let why = best.filter(|(best, _)| *best == index).map(|(_, why)| why);
            Entry { input, recommended: why }
        })
        .collect()
}

/// One input a line, the default one and the recommended one marked, and what they carry.
fn listing(inputs: &[Device]) -> String {
    let Some((best, why)) = recommended(inputs) else {
        return "There is a sound system, but it has no input: connect a microphone.".to_owned();
    };
    let mut text = String::new();
    for (index, row) in rows(inputs).into_iter().enumerate() {
        let Device { n_channels, sample_rate_hz, is_default, .. } = &inputs[index];
        let marks = marks(*is_default, index == best);
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{marks} {row}  {n_channels} ch, {sample_rate_hz} Hz");
    }
    text.push_str("\n* is listened to when no device is named.\n");
    let _ = writeln!(text, "> is recommended for a softphone: {why}.");
    let id = plain(&inputs[best].id);
    let _ = writeln!(text, "  undertone monitor --device {}", quoted(&id));
    text
}

fn marks(is_default: bool, is_best: bool) -> String {
    [(is_default, '*'), (is_best, '>')]
        .map(|(is_so, mark)| if is_so { mark } else { ' ' })
        .iter()
        .collect()
}

/// Id, what is carried and name of each input, in columns.
fn rows(inputs: &[Device]) -> Vec<String> {
    let cells: Vec<[String; 3]> = inputs
        .iter()
        .map(|input| [plain(&input.id), input.carries.to_string(), plain(&input.name)])
        .collect();
    let width =
        |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [id, carries, name] = [0, 1, 2].map(width);
    cells.iter().map(|[a, b, c]| format!("{a:id$}  {b:carries$}  {c:name$}")).collect()
}

/// An id as a shell takes it.
fn quoted(id: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:,=/@".contains(c);
    if id.chars().all(is_plain) {
        id.to_owned()
    } else {
        format!("'{}'", id.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sound::microphone::Carries;

    fn input(id: &str, name: &str, is_default: bool, carries: Carries) -> Device {
        Device {
            id: id.to_owned(),
            name: name.to_owned(),
            is_default,
            is_default_output: carries == Carries::Playback,
            carries,
            n_channels: 1,
            sample_rate_hz: 48_000,
        }
    }

    fn desk() -> [Device; 3] {
        [
            input("pulse:mic", "Headset", true, Carries::Microphone),
            input("pulse:phone.monitor", "Monitor of Softphone", false, Carries::Playback),
            input("alsa:plughw:CARD=Loopback", "Loopback", false, Carries::Loopback),
        ]
    }

    #[test]
    fn the_default_and_the_recommended_one_are_marked_and_what_each_carries_is_said() {
        insta::assert_snapshot!(listing(&desk()), @r"
        *  pulse:mic                  microphone              Headset               1 ch, 48000 Hz
         > pulse:phone.monitor        what the machine plays  Monitor of Softphone  1 ch, 48000 Hz
           alsa:plughw:CARD=Loopback  loopback                Loopback              1 ch, 48000 Hz

        * is listened to when no device is named.
        > is recommended for a softphone: the caller is what the machine plays, and it plays here by default.
          undertone monitor --device pulse:phone.monitor
        ");
    }

    #[test]
    fn with_a_microphone_alone_it_is_both_and_the_reason_is_another() {
        let text = listing(&[input("alsa:default", "Default", true, Carries::Microphone)]);
        assert!(text.starts_with("*> alsa:default"), "{text}");
        assert!(text.contains("put the caller on a speaker"), "{text}");
    }

    #[test]
    fn programs_are_told_the_same() {
        let text = serde_json::to_string(&entries(&desk())).unwrap();
        let entries: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let of = |index: usize, key: &str| entries[index][key].as_str();
        assert_eq!(of(0, "carries"), Some("microphone"));
        assert_eq!(of(2, "carries"), Some("loopback"));
        let why = of(1, "recommended").unwrap();
        assert!(why.contains("by default"), "{why}");
        assert_eq!((of(0, "recommended"), of(2, "recommended")), (None, None));
    }

    #[test]
    fn no_input_is_said_plainly() {
        assert!(listing(&[]).contains("no input"));
    }

    #[test]
    fn an_id_can_be_typed_as_it_is_shown_and_steers_no_terminal() {
        assert_eq!(quoted("alsa:plughw:CARD=PCH,DEV=0"), "alsa:plughw:CARD=PCH,DEV=0");
        assert_eq!(quoted("a b's"), r"'a b'\''s'");
        let evil = listing(&[input("a\u{1b}[2J", "b\n\u{202e}c", true, Carries::Microphone)]);
        assert!(!evil.contains('\u{1b}') && !evil.contains('\u{202e}'), "{evil}");
        assert_eq!(evil.lines().count(), 5);
    }
}
