//! The Twilio family: JSON text with sound in base64, in four dialects.
//!
//! In: a platform's messages, as Twilio, `SignalWire`, Telnyx or Plivo words them. Out: the call's begin, each track's
//! sound with its place by the platform's count, and the end. Keeps the state of one connection in [`Twilio`].
//!
//! Nothing is put into order here. Telnyx does not promise to keep it: sort by [`Sound::at`](super::Sound::at).

mod connection;
mod format;
mod names;
mod parameters;
mod signature;

use serde::Deserialize;

pub use self::connection::Twilio;
pub use self::signature::{is_signed, twilio_signature};

/// Whose words are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Twilio.
    Twilio,
    /// `SignalWire`: as Twilio, with more codings.
    SignalWire,
    /// Telnyx.
    Telnyx,
    /// Plivo.
    Plivo,
}

impl Dialect {
    /// The word that calls' keys begin with, and settings have.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Dialect::Twilio => "twilio",
            Dialect::SignalWire => "signalwire",
            Dialect::Telnyx => "telnyx",
            Dialect::Plivo => "plivo",
        }
    }
}

/// Which track is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallerTrack {
    /// What the platform receives from the leg that is streamed: that leg is the caller's.
    Inbound,
    /// What the platform sends to the leg that is streamed: that leg is the operator's.
    Outbound,
}

/// What has to be known before a platform's first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioSettings {
    /// Whose words are spoken.
    pub dialect: Dialect,
    /// Which track is the caller's; inbound where nothing is said.
    pub caller_track: Option<CallerTrack>,
}

#[cfg(test)]
mod tests {
    use super::names::tests::{MEDIA, START};
    use super::*;
    use crate::protocol::{Incoming, Protocol as _, Said};
    use proptest::prelude::*;

    #[test]
    fn settings_are_read_in_lower_case() {
        let read = serde_json::from_str::<TwilioSettings>;
        let caller_track = Some(CallerTrack::Outbound);
        let settings = TwilioSettings { dialect: Dialect::SignalWire, caller_track };
        let text = r#"{"dialect":"signalwire","caller_track":"outbound"}"#;
        assert_eq!(read(text).ok(), Some(settings));
        assert_eq!(
            read(r#"{"dialect":"telnyx"}"#).ok().map(|settings| settings.caller_track),
            Some(None)
        );
        assert!(read(r#"{"dialect":"Twilio"}"#).is_err());
    }

    /// JSON of few names and values, so that much of it comes near to a real message.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("\"/wCA\"".to_owned()),
            Just("\"inbound\"".to_owned()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<u64>().prop_map(|number| format!("\"{number}\"")),
            "[a-z0-9+/=]{0,9}".prop_map(|text| format!("\"{text}\"")),
        ];
        let names = [
            "event",
            "start",
            "media",
            "track",
            "chunk",
            "timestamp",
            "payload",
            "tracks",
            "callSid",
            "mediaFormat",
            "encoding",
            "sampleRate",
            "customParameters",
            "extra_headers",
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            let field = (prop::sample::select(names.to_vec()), inner.clone())
                .prop_map(|(name, value)| format!("\"{name}\":{value}"));
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(|all| format!("[{}]", all.join(","))),
                prop::collection::vec(field, 0..6).prop_map(|all| format!("{{{}}}", all.join(","))),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_that_comes_makes_it_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            values in prop::collection::vec((json(), json()), 0..8),
            cut in 0..400_usize,
            dialect in prop::sample::select(vec![
                Dialect::Twilio, Dialect::SignalWire, Dialect::Telnyx, Dialect::Plivo,
            ]),
        ) {
            // Every dialect finds its name of the call.
            let ids = r#""callSid":"1","call_control_id":"2","callId":"3""#;
            let start = START.replace(r#""callSid":"CA1""#, ids);
            let mut twilio = Twilio::new(TwilioSettings { dialect, caller_track: None });
            let mut said = Vec::new();
            let _ = twilio.hear(Incoming::Binary(&bytes), &mut said);
            let _ = twilio.hear(Incoming::Text(&String::from_utf8_lossy(&bytes)), &mut said);
            let _ = twilio.hear(Incoming::Text(&START[..cut.min(START.len())]), &mut said);
            let _ = twilio.hear(Incoming::Text(&start), &mut said);
            prop_assert!(matches!(said[..], [Said::Begin(_)]));
            for (first, second) in values {
                for message in [
                    format!("{{\"event\":\"media\",\"media\":{first}}}"),
                    format!("{{\"event\":\"start\",\"start\":{first},\"extra_headers\":{second}}}"),
                    MEDIA.replace("\"5\"", &first).replace("\"1\"", &second),
                    START.replace("\"desk 3\"", &second),
                    first,
                ] {
                    let _ = twilio.hear(Incoming::Text(&message), &mut said);
                }
            }
            for said in said {
                if let Said::Sound(sound) = said {
                    prop_assert!(sound.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
                }
            }
        }
    }
}
