//! The lines over which a model is measured: fixed forms of the training's changes.
//!
//! In: a word. Out: the chain of changes that it stands for.

use std::fmt;
use std::str::FromStr;

use crate::augment::Chain;

/// Noise at the talker's side of a telephone, in dB below the speech: an office or a street window.
const SNR_DB: f32 = 20.0;

/// Packets that are lost: what a caller begins to notice.
const LOSS_RATE: f32 = 0.03;

/// What lies between a speaker's microphone and the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Degradation {
    /// Nothing: the recording as it is.
    #[default]
    None,
    /// A telephone line of 300 to 3,400 Hz with the mu-law of G.711.
    Phone,
    /// The same with noise at the talker's side, 20 dB below the speech.
    PhoneNoise,
    /// The same as a telephone with 3 % of its packets lost and concealed.
    PhoneLoss,
}

impl Degradation {
    /// All, the undegraded first.
    pub const ALL: [Degradation; 4] =
        [Degradation::None, Degradation::Phone, Degradation::PhoneNoise, Degradation::PhoneLoss];

    /// The word for flags and files.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Degradation::None => "none",
            Degradation::Phone => "phone",
            Degradation::PhoneNoise => "phone-noise",
            Degradation::PhoneLoss => "phone-loss",
        }
    }

    /// What is done to a clip.
    #[must_use]
    pub fn chain(self) -> Chain {
        match self {
            Degradation::None => Chain::default(),
            Degradation::Phone => Chain::phone(),
            Degradation::PhoneNoise => Chain::phone_noise(SNR_DB),
            Degradation::PhoneLoss => Chain::phone_loss(LOSS_RATE),
        }
    }
}

impl fmt::Display for Degradation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A word that names no degradation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no degradation; choose none, phone, phone-noise, phone-loss or all")]
pub struct UnknownDegradation(String);

impl FromStr for Degradation {
    type Err = UnknownDegradation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Degradation::ALL.into_iter().find(|degradation| degradation.label() == text);
        named.ok_or_else(|| UnknownDegradation(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_reads_back_and_a_stranger_is_told_what_there_is() {
        for degradation in Degradation::ALL {
            assert_eq!(degradation.label().parse(), Ok(degradation));
        }
        let error = "fax".parse::<Degradation>().unwrap_err().to_string();
        assert!(error.contains("'fax'") && error.contains("phone-noise"), "{error}");
    }

    #[test]
    fn the_chains_are_those_that_the_words_say() {
        assert_eq!(Degradation::None.chain(), Chain::default());
        assert_eq!(Degradation::PhoneNoise.chain(), Chain::phone_noise(20.0));
        assert_eq!(Degradation::PhoneLoss.chain(), Chain::phone_loss(0.03));
    }
}
