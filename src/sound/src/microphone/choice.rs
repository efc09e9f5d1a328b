//! Which input, and which channel of it, as a person types it: `DEVICE[:CHANNEL]`.
//!
//! In: text, and the inputs that there are. Out: one of them and a [`Channel`], or why not. Keeps nothing.
//!
//! Ids and names may hold colons and equals signs themselves (`alsa:plughw:CARD=PCH,DEV=0`), so whether the
//! last part is a channel is only known beside the list: an input that is called exactly so comes first.

use std::str::FromStr;

use super::super::AudioError;
use super::super::channel::Channel;
use super::device::Device;

/// From this likeness on, an id is taken for a slip of what was typed: `sofphone` for `softphone`.
const LIKE: f64 = 0.8;

/// An input and a channel of it: an id, an id without its host, a name, or a part of these that only one has;
/// then, after a colon, `left`, `right`, `mix` or a number from 1. Without a channel it is the mix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceChoice {
    text: String,
}

/// Why a text names no input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// Nothing stands there.
    #[error(
        "no input is named; give DEVICE or DEVICE:CHANNEL with a device that `undertone devices` lists"
    )]
    NoDevice,
    /// There is no equals sign.
    #[error("'{0}' names no caller; give LABEL=DEVICE or LABEL=DEVICE:CHANNEL")]
    NoLabel(String),
}

impl FromStr for DeviceChoice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text.trim() {
            "" => Err(ChoiceError::NoDevice),
            text => Ok(DeviceChoice { text: text.to_owned() }),
        }
    }
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// A caller and the input to hear them from: `LABEL=DEVICE[:CHANNEL]`. The label is any text without an
/// equals sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerChoice {
    /// What the caller is called on screen and in the log; never empty.
    pub label: String,
    /// Where the caller is heard.
    pub device: DeviceChoice,
}

impl FromStr for CallerChoice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        let no_label = || ChoiceError::NoLabel(text.to_owned());
        let (label, device) = text.split_once('=').ok_or_else(no_label)?;
        match label.trim() {
            "" => Err(no_label()),
            label => Ok(CallerChoice { label: label.to_owned(), device: device.parse()? }),
        }
    }
}

impl DeviceChoice {
    /// What the text may mean: first a device alone, then a device and a channel.
    pub(super) fn meanings(&self) -> impl Iterator<Item = (&str, Channel)> {
        let whole = (self.text.as_str(), Channel::Mix);
        let split = self.text.rsplit_once(':').and_then(|(device, channel)| {
            let device = device.trim_end();
            channel.parse().ok().filter(|_| !device.is_empty()).map(|channel| (device, channel))
        });
        [Some(whole), split].into_iter().flatten()
    }

    /// The place in the list of the input that is meant, and the channel; `None` if it is none of these.
    pub(super) fn among(&self, inputs: &[Device]) -> Result<Option<(usize, Channel)>, AudioError> {
        for is_meant in [Device::is_called, Device::is_called_in_part] {
            for (wanted, channel) in self.meanings() {
                if let Some(index) = the_one(wanted, inputs, is_meant)? {
                    return Ok(Some((index, channel)));
                }
            }
        }
        Ok(None)
    }

    /// Why it is none of the inputs.
    pub(super) fn unknown(&self, inputs: &[Device]) -> AudioError {
        if let Some((device, channel)) = self.text.rsplit_once(':')
            && inputs.iter().any(|input| input.is_called(device))
        {
            return AudioError::NotAChannel {
                device: device.to_owned(),
                channel: channel.to_owned(),
            };
        }
        // The last meaning is the one with a channel, if there is one.
        let wanted = self.meanings().last().map_or(self.text.as_str(), |(device, _)| device);
        let (near, known) = near_and_known(wanted, inputs);
        AudioError::UnknownDevice { wanted: self.text.clone(), near, known }
    }

    /// The place in the list of the output that is meant; one has no channel to be chosen.
    pub(crate) fn output_among(&self, outputs: &[Device]) -> Result<usize, AudioError> {
        for is_meant in [Device::is_called, Device::is_called_in_part] {
            if let Some(index) = the_one(&self.text, outputs, is_meant)? {
                return Ok(index);
            }
        }
        let (near, known) = near_and_known(&self.text, outputs);
        Err(AudioError::UnknownOutput { wanted: self.text.clone(), near, known })
    }
}

/// The place of the only device that is meant, if one is.
fn the_one(
    wanted: &str,
    devices: &[Device],
    is_meant: impl Fn(&Device, &str) -> bool,
) -> Result<Option<usize>, AudioError> {
    let mut meant = (0..devices.len()).filter(|&index| is_meant(&devices[index], wanted));
    match (meant.next(), meant.next()) {
        (first, None) => Ok(first),
        (first, second) => {
            let all = first.into_iter().chain(second).chain(meant);
            let ids = all.map(|index| devices[index].id.clone()).collect();
            Err(AudioError::AmbiguousDevice { wanted: wanted.to_owned(), ids })
        }
    }
}

/// The ids of the devices that are called nearly so, the nearest first, and of all.
fn near_and_known(wanted: &str, devices: &[Device]) -> (Vec<String>, Vec<String>) {
    let mut near: Vec<(f64, &Device)> = devices
        .iter()
        .map(|device| (device.likeness(wanted), device))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let ids = |device: &Device| device.id.clone();
    (near.into_iter().map(|(_, device)| ids(device)).collect(), devices.iter().map(ids).collect())
}

impl Device {
    /// Its id without the host.
    fn bare_id(&self) -> &str {
        self.id.split_once(':').map_or(&self.id, |(_, bare)| bare)
    }

    /// Whether the text is its id, with or without the host, or its name.
    fn is_called(&self, text: &str) -> bool {
        text == self.id || text == self.bare_id() || text.eq_ignore_ascii_case(&self.name)
    }

    /// Whether the text is a part of its id or name, in letters of any size.
    fn is_called_in_part(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        [self.bare_id(), &self.name].iter().any(|name| name.to_lowercase().contains(&text))
    }

    /// How like its names the text is, from 0 to 1.
    fn likeness(&self, text: &str) -> f64 {
        let text = text.to_lowercase();
        [&self.id, self.bare_id(), &self.name]
            .map(|name| strsim::jaro_winkler(&text, &name.to_lowercase()))
            .into_iter()
            .fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microphone::device::Carries;

    fn inputs() -> Vec<Device> {
        let input = |id: &str, name: &str| Device {
            id: id.to_owned(),
            name: name.to_owned(),
            is_default: false,
            is_default_output: false,
            carries: Carries::Playback,
            n_channels: 2,
            sample_rate_hz: 48_000,
        };
        vec![
            input("pulseaudio:softphone.monitor", "Monitor of Softphone"),
            input("pulseaudio:softphone2.monitor", "Monitor of Softphone 2"),
            input("pulseaudio:headset_mic", "Headset: left"),
            input("alsa:plughw:CARD=PCH,DEV=0", "Built-in"),
            input("alsa:plughw:2", "Built-in 2"),
        ]
    }

    fn find(text: &str) -> Result<Option<(usize, Channel)>, AudioError> {
        text.parse::<DeviceChoice>().unwrap().among(&inputs())
    }

    #[test]
    fn an_input_is_meant_by_id_bare_id_name_or_a_part_that_only_it_has() {
        for (text, index) in [
            ("pulseaudio:softphone.monitor", 0),
            ("softphone.monitor", 0),
            ("Monitor of Softphone", 0),
            ("monitor of softphone", 0),
            ("headset", 2),
            ("softphone2", 1),
            (" alsa:plughw:CARD=PCH,DEV=0 ", 3),
        ] {
            assert_eq!(find(text).unwrap(), Some((index, Channel::Mix)), "{text}");
        }
    }

    #[test]
    fn a_channel_follows_the_last_colon() {
        for (text, index, channel) in [
            ("softphone.monitor:left", 0, Channel::Left),
            ("pulseaudio:softphone.monitor:RIGHT", 0, Channel::Right),
            ("alsa:plughw:CARD=PCH,DEV=0:2", 3, Channel::Number(2)),
            ("headset_mic:mix", 2, Channel::Mix),
            ("softphone2:1", 1, Channel::Number(1)),
        ] {
            assert_eq!(find(text).unwrap(), Some((index, channel)), "{text}");
        }
    }

    #[test]
    fn an_input_that_is_called_so_comes_before_a_channel() {
        assert_eq!(find("headset: left").unwrap(), Some((2, Channel::Mix)));
        assert_eq!(find("alsa:plughw:2").unwrap(), Some((4, Channel::Mix)));
        assert_eq!(find("alsa:plughw:2:2").unwrap(), Some((4, Channel::Number(2))));
    }

    #[test]
    fn what_several_are_called_is_refused_with_their_ids() {
        let message = find("built:left").unwrap_err().to_string();
        for part in ["'built'", "alsa:plughw:CARD=PCH,DEV=0", "alsa:plughw:2", "whole id"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(matches!(find("monitor"), Err(AudioError::AmbiguousDevice { .. })));
    }

    fn refusal(text: &str) -> String {
        let choice: DeviceChoice = text.parse().unwrap();
        assert_eq!(choice.among(&inputs()).unwrap(), None, "{text}");
        choice.unknown(&inputs()).to_string()
    }

    #[test]
    fn an_unknown_input_is_refused_with_the_near_ones_or_all() {
        let message = refusal("sofphone.monitor:left");
        let near = "did you mean pulseaudio:softphone.monitor or pulseaudio:softphone2.monitor?";
        assert!(message.contains("'sofphone.monitor:left'") && message.contains(near), "{message}");
        assert!(!message.contains("plughw"), "{message}");
        let message = refusal("xyz");
        assert!(message.contains("there is: ") && message.contains("headset_mic"), "{message}");
        assert!(message.contains("undertone devices"), "{message}");
    }

    #[test]
    fn what_is_no_channel_of_a_known_input_is_named() {
        for channel in ["middle", "0", ""] {
            let message = refusal(&format!("softphone.monitor:{channel}"));
            assert!(message.contains(&format!("'{channel}'")), "{message}");
            assert!(message.contains("left, right, mix, or a number from 1"), "{message}");
        }
    }

    #[test]
    fn an_output_is_meant_in_the_same_ways_but_has_no_channel() {
        let among = |text: &str| text.parse::<DeviceChoice>().unwrap().output_among(&inputs());
        for (text, index) in [("headset", 2), ("Built-in", 3), ("softphone2.monitor", 1)] {
            assert_eq!(among(text).unwrap(), index, "{text}");
        }
        assert!(matches!(among("monitor"), Err(AudioError::AmbiguousDevice { .. })));
        let message = among("headset_mic:left").unwrap_err().to_string();
        assert!(message.contains("no output 'headset_mic:left'"), "{message}");
        assert!(message.contains("did you mean pulseaudio:headset_mic?"), "{message}");
    }

    #[test]
    fn a_caller_has_a_label_and_a_device_with_a_channel() {
        let caller: CallerChoice =
            "Anna, line 2 = alsa:plughw:CARD=PCH,DEV=0:right".parse().unwrap();
        assert_eq!(caller.label, "Anna, line 2");
        let found = caller.device.among(&inputs()).unwrap();
        assert_eq!(found, Some((3, Channel::Right)));
        assert_eq!(caller.device.to_string(), "alsa:plughw:CARD=PCH,DEV=0:right");
    }

    #[test]
    fn a_caller_without_a_label_or_a_device_is_refused() {
        for text in ["softphone", "=softphone", "  = softphone"] {
            let error = text.parse::<CallerChoice>().unwrap_err();
            assert_eq!(error, ChoiceError::NoLabel(text.to_owned()));
        }
        assert_eq!("Anna= ".parse::<CallerChoice>(), Err(ChoiceError::NoDevice));
        assert_eq!("  ".parse::<DeviceChoice>(), Err(ChoiceError::NoDevice));
    }
}
