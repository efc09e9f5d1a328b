//! A side of a recorded call: a channel of the call's recording, or a file of its own.
//!
//! In: what was typed. Out: a [`Side`], a [`CallerSide`]. Keeps nothing.

use sound::recording::{Channel, ChannelError};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where somebody is heard: `CHANNEL`, `FILE` or `FILE:CHANNEL`. A name is a file's if it has a dot or a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// A recording of this side alone; none for the call's.
    pub file: Option<PathBuf>,
    /// Which channel of it.
    pub channel: Channel,
}

impl Side {
    /// The file of this side, if the call's recording is this one.
    #[must_use]
    pub fn file_or<'a>(&'a self, call: &'a Path) -> &'a Path {
        self.file.as_deref().unwrap_or(call)
    }
}

impl FromStr for Side {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, ChannelError> {
        let wrong = match text.parse() {
            Ok(channel) => return Ok(Side { file: None, channel }),
            Err(wrong) => wrong,
        };
        if !text.contains(['.', '/']) {
            return Err(wrong);
        }
        let parsed =
            text.rsplit_once(':').and_then(|(file, tail)| Some((file, tail.parse().ok()?)));
        let (file, channel) = parsed.unwrap_or((text, Channel::Mix));
        Ok(Side { file: Some(PathBuf::from(file)), channel })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            None => write!(f, "{}", self.channel),
            Some(file) if self.channel == Channel::Mix => write!(f, "{}", file.display()),
            Some(file) => write!(f, "{}:{}", file.display(), self.channel),
        }
    }
}

/// A caller in a recording: `[LABEL=]SIDE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerSide {
    /// What the caller is called; if nothing was typed, as the recording, or as the channel among several.
    pub label: Option<String>,
    /// Where the caller is heard.
    pub side: Side,
}

impl FromStr for CallerSide {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, ChannelError> {
        let (label, side) = text.rsplit_once('=').unwrap_or(("", text));
        let label = Some(label.trim()).filter(|label| !label.is_empty()).map(str::to_owned);
        Ok(CallerSide { label, side: side.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_of_a_recording_is_a_side_with_or_without_a_label() {
        let read = |text: &str| text.parse::<CallerSide>().ok();
        let caller = |label: Option<&str>, file: Option<&str>, channel| CallerSide {
            label: label.map(str::to_owned),
            side: Side { file: file.map(PathBuf::from), channel },
        };
        assert_eq!(read("right"), Some(caller(None, None, Channel::Right)));
        assert_eq!(read("Anna = B=left"), Some(caller(Some("Anna = B"), None, Channel::Left)));
        assert_eq!(read("=left"), Some(caller(None, None, Channel::Left)));
        assert_eq!(read("in.wav"), Some(caller(None, Some("in.wav"), Channel::Mix)));
        assert_eq!(read("A=./c:2"), Some(caller(Some("A"), Some("./c"), Channel::Number(2))));
        assert_eq!(read("/a:b.wav"), Some(caller(None, Some("/a:b.wav"), Channel::Mix)));
        assert_eq!(read("Anna"), None);
    }

    #[test]
    fn a_side_reads_back_as_it_is_written() {
        for text in ["left", "mix", "in.wav", "a/b:right", "in.wav:3"] {
            assert_eq!(text.parse::<Side>().unwrap().to_string(), text);
        }
    }
}
