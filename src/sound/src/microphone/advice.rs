//! Which input a softphone's operator should listen to, and why.
//!
//! In: the inputs that there are. Out: one of them and a sentence. Keeps nothing.

use super::device::{Carries, Device};

/// The place in the list of the input to listen to, and the reason in a line; `None` without inputs.
///
/// A softphone's caller is what the machine plays: best heard where it plays by default, then where anything
/// is played, then on a loopback that somebody has set up. A microphone is the last resort, because it hears
/// the operator.
#[must_use]
pub fn recommended(inputs: &[Device]) -> Option<(usize, &'static str)> {
    let first = |is_meant: &dyn Fn(&Device) -> bool| inputs.iter().position(is_meant);
    let plays = |input: &Device| input.carries == Carries::Playback;
    if let Some(index) = first(&|input| plays(input) && input.is_default_output) {
        return Some((index, "the caller is what the machine plays, and it plays here by default"));
    }
    if let Some(index) = first(&plays) {
        return Some((index, "the caller is what the machine plays; let the softphone play here"));
    }
    if let Some(index) = first(&|input| input.carries == Carries::Loopback) {
        return Some((
            index,
            "nothing else carries a softphone's caller; let the softphone play into it",
        ));
    }
    let default = first(&|input| input.is_default).or((!inputs.is_empty()).then_some(0))?;
    Some((default, "no input carries what the machine plays; put the caller on a speaker near it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(carries: Carries, is_default: bool, is_default_output: bool) -> Device {
        Device {
            id: "a:b".to_owned(),
            name: "B".to_owned(),
            is_default,
            is_default_output,
            carries,
            n_channels: 1,
            sample_rate_hz: 48_000,
        }
    }

    /// The place and the last word of the reason.
    fn place(inputs: &[Device]) -> Option<(usize, &'static str)> {
        recommended(inputs).map(|(index, why)| (index, why.rsplit(' ').next().unwrap()))
    }

    #[test]
    fn what_is_played_by_default_comes_first_and_the_microphone_last() {
        let microphone = input(Carries::Microphone, true, false);
        let other = input(Carries::Microphone, false, false);
        let loopback = input(Carries::Loopback, false, false);
        let playback = input(Carries::Playback, false, false);
        let default_playback = input(Carries::Playback, false, true);
        let mut inputs = vec![other, microphone];
        assert_eq!(place(&inputs), Some((1, "it")));
        inputs.push(loopback);
        assert_eq!(place(&inputs), Some((2, "it")));
        inputs.push(playback);
        assert_eq!(place(&inputs), Some((3, "here")));
        inputs.push(default_playback);
        assert_eq!(place(&inputs), Some((4, "default")));
    }

    #[test]
    fn without_a_default_any_microphone_will_do_and_without_inputs_nothing() {
        assert_eq!(place(&[input(Carries::Microphone, false, false)]), Some((0, "it")));
        assert_eq!(place(&[]), None);
    }
}
