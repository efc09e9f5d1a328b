//! The sources of a sound server, and where a stream is.
//!
//! In: a [`Link`]. Out: [`Device`]s, and [`Whereabouts`]. Keeps nothing.

use std::ffi::CStr;

use pulseaudio::protocol::{
    Command, GetSourceInfo, PulseError, ServerInfo, SourceInfo, SourceInfoList, SourceOutputInfo,
};

use super::super::device::{Carries, Device, MONITOR};
use super::link::text;
use super::{HOST, Link, LinkError};

/// Where a stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// At its source.
    Here {
        /// Why nothing is heard of it, in words: it is muted, or its volume is zero.
        silenced: Option<&'static str>,
    },
    /// At another source, by this name.
    Elsewhere(String),
    /// Nowhere: the server does not know it any more.
    Gone,
}

/// All sources.
///
/// # Errors
/// As [`Link::ask`].
pub(crate) fn sources(link: &mut Link) -> Result<Vec<Device>, LinkError> {
    let server: ServerInfo = link.ask(&Command::GetServerInfo)?;
    let list: SourceInfoList = link.ask(&Command::GetSourceInfoList)?;
    Ok(list.iter().map(|source| described(source, &server)).collect())
}

/// The source of this name; none where there is none.
///
/// # Errors
/// As [`Link::ask`].
pub(crate) fn found(link: &mut Link, name: &str) -> Result<Option<Device>, LinkError> {
    let wanted = GetSourceInfo { index: None, name: Some(text(name)) };
    match link.ask::<SourceInfo>(&Command::GetSourceInfo(wanted)) {
        // Names of its own (@DEFAULT_SOURCE@) stand for another one each time.
        Ok(source) if words(&source.name) == name => {
            Ok(Some(described(&source, &ServerInfo::default())))
        }
        Ok(_) | Err(LinkError::Said(PulseError::NoEntity)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Link {
    /// Where a stream is that began at a source of this number.
    ///
    /// # Errors
    /// As [`Link::ask`].
    pub(crate) fn whereabouts(
        &mut self,
        stream: u32,
        source: u32,
    ) -> Result<Whereabouts, LinkError> {
        let output = match self.ask::<SourceOutputInfo>(&Command::GetSourceOutputInfo(stream)) {
            Err(LinkError::Said(PulseError::NoEntity)) => return Ok(Whereabouts::Gone),
            answer => answer?,
        };
        let wanted = GetSourceInfo { index: Some(output.source_index), name: None };
        let now = match self.ask::<SourceInfo>(&Command::GetSourceInfo(wanted)) {
            Err(LinkError::Said(PulseError::NoEntity)) => return Ok(Whereabouts::Gone),
            answer => answer?,
        };
        if output.source_index != source {
            return Ok(Whereabouts::Elsewhere(words(&now.name)));
        }
        let is_zero = |volume: &pulseaudio::protocol::ChannelVolume| {
            let channels = volume.channels();
            !channels.is_empty() && channels.iter().all(|channel| channel.as_u32() == 0)
        };
        let silenced = if now.muted {
            Some("it is muted in the system's mixer")
        } else if output.muted {
            Some("Undertone is muted in the system's mixer")
        } else if is_zero(&now.cvolume) || output.has_volume && is_zero(&output.cvolume) {
            Some("its volume in the system's mixer is zero")
        } else {
            None
        };
        Ok(Whereabouts::Here { silenced })
    }
}

fn described(source: &SourceInfo, server: &ServerInfo) -> Device {
    let name = words(&source.name);
    let carries = if name.ends_with(MONITOR) || source.monitor_of_sink_index.is_some() {
        Carries::Playback
    } else {
        Carries::Microphone
    };
    let is_default_output = source.monitor_of_sink_name.is_some()
        && source.monitor_of_sink_name == server.default_sink_name;
    Device {
        id: format!("{HOST}:{name}"),
        name: source.description.as_deref().map_or_else(|| name.clone(), words),
        is_default: server.default_source_name.as_ref() == Some(&source.name),
        is_default_output,
        carries,
        n_channels: u16::from(source.sample_spec.channels),
        sample_rate_hz: source.sample_spec.sample_rate,
    }
}

pub(super) fn words(text: &CStr) -> String {
    text.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulseaudio::protocol::{
        self, AuthReply, ChannelVolume, SetClientNameReply, Volume, read_command_message,
        write_error, write_reply_message,
    };
    use std::io::BufReader;
    use std::os::unix::net::UnixListener;
    use std::thread;

    const OURS: u32 = 4;

    /// What is said of our stream by a server that has it at this source.
    fn said(output: Option<SourceOutputInfo>, source: SourceInfo) -> Whereabouts {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("native");
        let listener = UnixListener::bind(&path).unwrap();
        let server = thread::spawn(move || {
            let mut socket = BufReader::new(listener.accept().unwrap().0);
            let version = protocol::MAX_VERSION;
            while let Ok((seq, command)) = read_command_message(&mut socket, version) {
                let to = socket.get_mut();
                let sent = match command {
                    Command::Auth(_) => {
                        let reply = AuthReply { version, use_memfd: false, use_shm: false };
                        write_reply_message(to, seq, &reply, version)
                    }
                    Command::SetClientName(_) => {
                        let reply = SetClientNameReply { client_id: 1 };
                        write_reply_message(to, seq, &reply, version)
                    }
                    Command::GetSourceOutputInfo(9) => match &output {
                        Some(output) => write_reply_message(to, seq, output, version),
                        None => write_error(to, seq, &PulseError::NoEntity),
                    },
                    Command::GetSourceInfo(_) => write_reply_message(to, seq, &source, version),
                    other => panic!("{other:?}"),
                };
                sent.unwrap();
            }
        });
        let mut link = Link::to(&path, None).unwrap();
        let said = link.whereabouts(9, OURS).unwrap();
        drop(link);
        server.join().unwrap();
        said
    }

    fn output_at(source_index: u32) -> SourceOutputInfo {
        SourceOutputInfo { index: 9, source_index, ..SourceOutputInfo::default() }
    }

    fn source(name: &str) -> SourceInfo {
        let cvolume = ChannelVolume::norm(1);
        SourceInfo { index: OURS, name: text(name), cvolume, ..SourceInfo::default() }
    }

    #[test]
    fn a_stream_is_here_elsewhere_or_gone_and_muted_where_it_is() {
        let here = |source| said(Some(output_at(OURS)), source);
        assert_eq!(here(source("phone")), Whereabouts::Here { silenced: None });
        let elsewhere = said(Some(output_at(5)), source("headset"));
        assert_eq!(elsewhere, Whereabouts::Elsewhere("headset".to_owned()));
        assert_eq!(said(None, source("phone")), Whereabouts::Gone);
        let muted = here(SourceInfo { muted: true, ..source("phone") });
        assert!(
            matches!(muted, Whereabouts::Here { silenced: Some(why) } if why.contains("muted"))
        );
        let mut cvolume = ChannelVolume::empty();
        cvolume.push(Volume::from_linear(0.0));
        let zero = here(SourceInfo { cvolume, ..source("phone") });
        assert!(matches!(zero, Whereabouts::Here { silenced: Some(why) } if why.contains("zero")));
    }
}
