//! Which channel of a recording is the caller, and how it becomes one.
//!
//! In: interleaved samples of any number of channels. Out: mono samples in [-1, 1]. Keeps nothing.

use std::fmt;
use std::str::FromStr;

/// The part of a recording that is listened to. Written as `left`, `right`, `mix` or a number from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// The first channel.
    Left,
    /// The second channel.
    Right,
    /// The mean of all channels.
    #[default]
    Mix,
    /// The channel of this number, counted from 1.
    Number(usize),
}

impl Channel {
    /// The number of the one channel, counted from 1; `None` for the mix.
    #[must_use]
    pub fn number(self) -> Option<usize> {
        match self {
            Channel::Left => Some(1),
            Channel::Right => Some(2),
            Channel::Mix => None,
            Channel::Number(number) => Some(number),
        }
    }

    /// This channel of one moment's samples, limited to [-1, 1]; 0 if it is not there.
    pub(super) fn of_moment(self, moment: &[f32]) -> f32 {
        match self.number() {
            Some(number) => moment.get(number - 1).copied().map_or(0.0, limited),
            None => mean(moment),
        }
    }
}

/// The mean of one moment's samples over all channels, limited to [-1, 1].
#[expect(clippy::cast_precision_loss, reason = "a recording has far fewer than 2^24 channels")]
fn mean(moment: &[f32]) -> f32 {
    match moment {
        [sample] => limited(*sample),
        [left, right] => limited((left + right) * 0.5),
        _ => limited(moment.iter().sum::<f32>() / moment.len() as f32),
    }
}

fn limited(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

/// What was given is not a channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a channel; give left, right, mix, or a number from 1")]
pub struct ChannelError(String);

impl FromStr for Channel {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, ChannelError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "left" => Ok(Channel::Left),
            "right" => Ok(Channel::Right),
            "mix" => Ok(Channel::Mix),
            number => match number.parse() {
                Ok(number) if number > 0 => Ok(Channel::Number(number)),
                _ => Err(ChannelError(text.to_owned())),
            },
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Channel::Left => f.write_str("left"),
            Channel::Right => f.write_str("right"),
            Channel::Mix => f.write_str("mix"),
            Channel::Number(number) => write!(f, "{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mixdown::Mixdown;
    use super::*;

    fn mono(channel: Channel, interleaved: &[f32], n_channels: usize) -> Vec<f32> {
        let mut mono = Vec::new();
        Mixdown::to(channel).append(interleaved, n_channels, &mut mono);
        mono
    }

    #[test]
    fn a_channel_reads_back_as_it_is_written() {
        for channel in [Channel::Left, Channel::Right, Channel::Mix, Channel::Number(7)] {
            assert_eq!(channel.to_string().parse(), Ok(channel));
        }
        assert_eq!("LEFT".parse(), Ok(Channel::Left));
    }

    #[test]
    fn what_is_no_channel_is_refused_by_name() {
        for text in ["0", "-1", "middle", "", "1.5"] {
            let message = text.parse::<Channel>().unwrap_err().to_string();
            assert!(message.contains(&format!("'{text}'")), "{message}");
        }
    }

    #[test]
    fn each_channel_and_their_mean_are_picked() {
        let interleaved = [0.1, 0.5, -0.2, 0.2];
        assert_eq!(mono(Channel::Left, &interleaved, 2), [0.1, -0.2]);
        assert_eq!(mono(Channel::Right, &interleaved, 2), [0.5, 0.2]);
        assert_eq!(mono(Channel::Mix, &interleaved, 2), [0.3, 0.0]);
        assert_eq!(mono(Channel::Number(4), &interleaved, 4), [0.2]);
        assert_eq!(mono(Channel::Mix, &[0.25, 0.5, 0.75, 0.5], 4), [0.5]);
    }

    #[test]
    fn samples_are_limited_and_never_not_a_number() {
        assert_eq!(mono(Channel::Left, &[2.0, -3.0, f32::NAN], 1), [1.0, -1.0, 0.0]);
    }
}
