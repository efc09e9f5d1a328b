//! AudioHook's messages, as far as they are read.
//!
//! In: a client's text, of which the limit was checked. Out: its head, and by its type the parameters; offers of
//! sound; and durations as samples. Keeps nothing.
//!
//! Fields that are not named here are not read: of a participant only the id is.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::protocol::Refusal;

/// The protocol's version.
pub(crate) const VERSION: &str = "2";
/// Samples a second of each side: the protocol has no other.
pub(crate) const RATE_HZ: u64 = 8_000;
/// The id of what is only tried out.
pub(crate) const NIL: &str = "00000000-0000-0000-0000-000000000000";
/// No piece of a call that is left out is longer, in seconds: a day.
const MAX_SECONDS: u64 = 86_400;
/// Digits after the point that are read: nanoseconds.
const MAX_DECIMALS: usize = 9;
const NANOSECONDS: u64 = 1_000_000_000;

/// What each message of a client has.
#[derive(Debug, Deserialize)]
pub(crate) struct Head<'a> {
    #[serde(borrow)]
    pub version: Cow<'a, str>,
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    pub seq: u64,
}

impl<'a> Head<'a> {
    /// The head of a text; what else is in it need only be JSON.
    pub fn of(text: &'a str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map_err(|_| Refusal::Malformed("a text that is no message"))
    }
}

#[derive(Deserialize)]
struct WithParameters<T> {
    parameters: T,
}

/// The parameters of a message.
pub(crate) fn parameters<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    serde_json::from_str(text)
        .map(|message: WithParameters<T>| message.parameters)
        .map_err(|_| Refusal::Malformed("parameters that its type does not have"))
}

/// The parameters of `open`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Open {
    pub organization_id: String,
    pub conversation_id: String,
    pub participant: Option<Participant>,
    pub media: Vec<Offer>,
    pub language: Option<String>,
    pub custom_config: Option<Value>,
}

impl Open {
    /// Whether the client only tries whether we answer.
    pub fn is_probe(&self) -> bool {
        self.conversation_id == NIL
            && self.participant.as_ref().is_some_and(|participant| participant.id == NIL)
    }
}

/// Who is heard on the external channel.
#[derive(Debug, Deserialize)]
pub(crate) struct Participant {
    pub id: String,
}

/// Sound that the client can send.
#[derive(Debug, Deserialize)]
pub(crate) struct Offer {
    #[serde(rename = "type")]
    pub kind: String,
    pub format: String,
    pub channels: Vec<String>,
    pub rate: u64,
}

/// The parameters of the server's `opened`, which our own sender reads.
#[derive(Debug, Deserialize)]
pub(crate) struct Opened {
    pub media: Vec<Offer>,
}

/// The parameters of `discarded`.
#[derive(Debug, Deserialize)]
pub(crate) struct Discarded {
    pub discarded: String,
}

/// The parameters of `resumed`.
#[derive(Debug, Deserialize)]
pub(crate) struct Resumed {
    pub discarded: Option<String>,
}

/// The channels of an offer that is read here, best first: the caller is the external one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    Both,
    External,
    Internal,
}

impl Channels {
    const ALL: [Channels; 3] = [Channels::Both, Channels::External, Channels::Internal];

    /// The best of what is offered.
    pub fn chosen_from(offers: &[Offer]) -> Option<Self> {
        Self::ALL.into_iter().find(|channels| offers.iter().any(|offer| channels.are_of(offer)))
    }

    fn are_of(self, offer: &Offer) -> bool {
        offer.kind == "audio"
            && offer.format == "PCMU"
            && offer.rate == RATE_HZ
            && offer.channels == self.names()
    }

    pub fn names(self) -> &'static [&'static str] {
        match self {
            Channels::Both => &["external", "internal"],
            Channels::External => &["external"],
            Channels::Internal => &["internal"],
        }
    }

    /// Bytes of a sample of all of them.
    pub fn count(self) -> usize {
        self.names().len()
    }

    /// The offer in the protocol's words.
    pub fn media(self) -> Value {
        json!({
            "type": "audio",
            "format": "PCMU",
            "channels": self.names(),
            "rate": RATE_HZ,
        })
    }
}

/// Whether a text has a UUID's form and is not all zeros.
pub(crate) fn is_uuid(text: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_group =
        |group: &str, len| group.len() == len && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    text != NIL
        && text.split('-').count() == GROUPS.len()
        && text.split('-').zip(GROUPS).all(|(group, len)| is_group(group, len))
}

/// A duration as the protocol writes it, such as `PT1.2S`, in samples; none if it is not one, or longer than a day.
pub(crate) fn samples_in(duration: &str) -> Option<u64> {
    let number = duration.strip_prefix("PT")?.strip_suffix('S')?;
    let (seconds, decimals) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(seconds) || !is_digits(decimals) || (seconds.is_empty() && decimals.is_empty()) {
        return None;
    }
    let seconds: u64 = if seconds.is_empty() { 0 } else { seconds.parse().ok()? };
    if seconds >= MAX_SECONDS {
        return None;
    }
    let digit = |index| decimals.as_bytes().get(index).map_or(0, |byte| u64::from(byte - b'0'));
    let nanoseconds = (0..MAX_DECIMALS).fold(0, |sum, index| sum * 10 + digit(index));
    Some(seconds * RATE_HZ + (nanoseconds * RATE_HZ + NANOSECONDS / 2) / NANOSECONDS)
}

/// So many samples as a duration, exactly.
pub(crate) fn duration_of(n_samples: u64) -> String {
    let microseconds = n_samples % RATE_HZ * (1_000_000 / RATE_HZ);
    let number = format!("{}.{microseconds:06}", n_samples / RATE_HZ);
    format!("PT{}S", number.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_samples() {
        let known = [
            ("PT0S", 0),
            ("PT1.2S", 9_600),
            ("PT.5S", 4_000),
            ("PT1.S", 8_000),
            ("PT0.000125S", 1),
            ("PT0.20000000000000001S", 1_600),
            ("PT0.9999999999S", 8_000),
            ("PT86399S", 691_192_000),
        ];
        for (duration, n_samples) in known {
            assert_eq!(samples_in(duration), Some(n_samples), "{duration}");
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        let wrong = [
            "",
            "PT",
            "PTS",
            "PT.S",
            "1.2",
            "PT1.2",
            "P1S",
            "PT-1S",
            "PT+1S",
            "PT1e3S",
            "PT1M2S",
            "PT1,2S",
            "PT1.2.3S",
            "PT 1S",
            "PT86400S",
            "PT18446744073709551616S",
            "PT\u{0661}S",
            "PTNaNS",
            "PTinfS",
        ];
        for duration in wrong {
            assert_eq!(samples_in(duration), None, "{duration}");
        }
    }

    #[test]
    fn durations_are_written_short() {
        assert_eq!(duration_of(0), "PT0S");
        assert_eq!(duration_of(9_600), "PT1.2S");
        assert_eq!(duration_of(80_000), "PT10S");
        assert_eq!(duration_of(1), "PT0.000125S");
    }

    #[test]
    fn the_best_offer_is_chosen() {
        let offer = |format: &str, rate, channels: &[&str]| Offer {
            kind: "audio".to_owned(),
            format: format.to_owned(),
            channels: channels.iter().map(|name| (*name).to_owned()).collect(),
            rate,
        };
        let both = || offer("PCMU", 8_000, &["external", "internal"]);
        let external = || offer("PCMU", 8_000, &["external"]);
        let internal = || offer("PCMU", 8_000, &["internal"]);
        let chosen = |offers: &[Offer]| Channels::chosen_from(offers);
        assert_eq!(chosen(&[internal(), external(), both()]), Some(Channels::Both));
        assert_eq!(chosen(&[internal(), external()]), Some(Channels::External));
        assert_eq!(chosen(&[internal()]), Some(Channels::Internal));
        assert_eq!(chosen(&[]), None);
        let swapped = offer("PCMU", 8_000, &["internal", "external"]);
        let linear = offer("L16", 8_000, &["external"]);
        let wide = offer("PCMU", 16_000, &["external"]);
        let picture = Offer { kind: "video".to_owned(), ..external() };
        assert_eq!(chosen(&[swapped, linear, wide, picture]), None);
    }

    #[test]
    fn uuids_are_told_from_numbers() {
        assert!(is_uuid("090eaa2f-72fa-480a-83e0-8667ff89c0ec"));
        assert!(is_uuid("090EAA2F-72FA-480A-83E0-8667FF89C0EC"));
        let wrong = ["", "+4930123456", "090eaa2f72fa480a83e08667ff89c0ec", NIL];
        assert!(wrong.iter().all(|text| !is_uuid(text)));
        assert!(!is_uuid("090eaa2f-72fa-480a-83e0-8667ff89c0eg"));
        assert!(!is_uuid("090eaa2f-72fa-480a-83e0-8667ff89c0ec-"));
    }

    #[test]
    fn of_a_participant_only_the_id_is_read() {
        let open: Open = parameters(
            r#"{"parameters":{"organizationId":"o","conversationId":"c","media":[],
                "participant":{"id":"p","ani":"+15550001234","aniName":"Jane","dnis":"+1800"}}}"#,
        )
        .unwrap();
        let kept = format!("{open:?}");
        assert!(
            kept.contains("\"p\"") && !kept.contains("1234") && !kept.contains("Jane"),
            "{kept}"
        );
    }

    proptest! {
        #[test]
        fn a_duration_that_was_written_is_read_as_it_was(n_samples in 0..MAX_SECONDS * RATE_HZ) {
            prop_assert_eq!(samples_in(&duration_of(n_samples)), Some(n_samples));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", number in "PT[0-9.]{0,40}S") {
            let _ = (samples_in(&text), samples_in(&number), is_uuid(&text), duration_of(u64::MAX));
            let _ = (Head::of(&text).is_ok(), parameters::<Open>(&text).is_ok());
        }
    }
}
