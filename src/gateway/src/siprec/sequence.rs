//! The order of one RTP source's packets, by their sequence numbers (RFC 3550, appendix A.1).
//!
//! In: each packet's number. Out: whether it is the next one, comes after a loss, is late or was heard before. Keeps
//! the newest number and which of the 128 before it were heard.

/// A number that is further ahead than this is no loss, but another count: RFC 3550's value.
const MAX_DROPOUT: u16 = 3_000;
/// A number that is further behind than this is no late packet, but another count: RFC 3550's value, 2 s of sound.
const MAX_MISORDER: u16 = 100;

/// What a packet's number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The first of its source, or of a source that counts anew.
    New,
    /// The one after the newest.
    Next,
    /// So many between the newest and this one are missing, 1 or more.
    After(u64),
    /// One that was missing.
    Late,
    /// One from before the first that was heard.
    Early,
    /// Heard before.
    Duplicate,
    /// So far off that it belongs to no count, until the next one follows it.
    Odd,
}

/// What a receiver report says of a source since the report before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What was lost since the report before, as a part of 256.
    pub fraction: u8,
    /// Packets lost since the first one, at most 2^23 − 1.
    pub lost: u32,
    /// The newest number, with the count of wraps in the upper half.
    pub highest: u32,
}

/// One source's count.
#[derive(Clone, Debug)]
pub struct Sequence {
    first: u64,
    newest: u64,
    /// Bit `n` tells whether the number `n` before the newest was heard.
    heard: u128,
    /// What would follow an odd number.
    after_odd: Option<u16>,
    received: u64,
    /// Expected and received at the last report.
    reported: (u64, u64),
}

impl Sequence {
    /// A count that begins with this number.
    #[must_use]
    pub fn new(first: u16) -> Self {
        let first = u64::from(first);
        let reported = (0, 0);
        Sequence { first, newest: first, heard: 1, after_odd: None, received: 1, reported }
    }

    /// Takes the next packet's number; [`Arrival::New`] says that a new count has to be made of it.
    pub fn hear(&mut self, number: u16) -> Arrival {
        let [.., high, low] = self.newest.to_be_bytes();
        let ahead = number.wrapping_sub(u16::from_be_bytes([high, low]));
        let behind = ahead.wrapping_neg();
        match ahead {
            0 => Arrival::Duplicate,
            1..=MAX_DROPOUT => {
                self.heard = self.heard.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
                self.newest += u64::from(ahead);
                self.received += 1;
                if ahead == 1 { Arrival::Next } else { Arrival::After(u64::from(ahead) - 1) }
            }
            _ if behind <= MAX_MISORDER => self.hear_behind(behind),
            _ if self.after_odd == Some(number) => Arrival::New,
            _ => {
                self.after_odd = Some(number.wrapping_add(1));
                Arrival::Odd
            }
        }
    }

    fn hear_behind(&mut self, behind: u16) -> Arrival {
        let bit = 1_u128 << behind;
        if self.heard & bit != 0 {
            return Arrival::Duplicate;
        }
        self.heard |= bit;
        if self.newest < self.first + u64::from(behind) {
            return Arrival::Early;
        }
        self.received += 1;
        Arrival::Late
    }

    /// What is to be reported, unless nothing came since the report before (RFC 3550, appendix A.3).
    pub fn report(&mut self) -> Option<Loss> {
        let expected = self.newest - self.first + 1;
        let (expected_before, received_before) = self.reported;
        let (n_expected, n_received) =
            (expected - expected_before, self.received - received_before);
        if n_received == 0 {
            return None;
        }
        self.reported = (expected, self.received);
        let fraction = (n_expected.saturating_sub(n_received) * 256) / n_expected.max(1);
        let lost = expected.saturating_sub(self.received).min((1 << 23) - 1);
        let [.., a, b, c, d] = self.newest.to_be_bytes();
        Some(Loss {
            fraction: u8::try_from(fraction).unwrap_or(u8::MAX),
            lost: u32::try_from(lost).unwrap_or(u32::MAX),
            highest: u32::from_be_bytes([a, b, c, d]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_past_the_end_of_16_bits() {
        let mut sequence = Sequence::new(65_534);
        assert_eq!(sequence.hear(65_535), Arrival::Next);
        assert_eq!(sequence.hear(0), Arrival::Next);
        assert_eq!(sequence.hear(3), Arrival::After(2));
        assert_eq!(sequence.hear(1), Arrival::Late);
        assert_eq!(sequence.hear(65_535), Arrival::Duplicate);
        assert_eq!(sequence.hear(3), Arrival::Duplicate);
        assert_eq!(sequence.hear(65_533), Arrival::Early);
        let loss = sequence.report().expect("packets came");
        assert_eq!(loss, Loss { fraction: 42, lost: 1, highest: 65_536 + 3 });
        assert_eq!(sequence.report(), None);
    }

    #[test]
    fn a_count_far_off_is_believed_when_it_goes_on() {
        let mut sequence = Sequence::new(100);
        assert_eq!(sequence.hear(30_000), Arrival::Odd);
        assert_eq!(sequence.hear(101), Arrival::Next);
        assert_eq!(sequence.hear(40_000), Arrival::Odd);
        assert_eq!(sequence.hear(40_001), Arrival::New);
    }

    #[test]
    fn a_long_loss_forgets_what_was_heard_before() {
        let mut sequence = Sequence::new(0);
        assert_eq!(sequence.hear(2_000), Arrival::After(1_999));
        assert_eq!(sequence.hear(1_900), Arrival::Late);
        assert_eq!(sequence.hear(1_899), Arrival::Odd);
        let loss = sequence.report().expect("packets came");
        assert_eq!((loss.lost, loss.fraction), (1_998, 255));
    }

    #[test]
    fn after_a_report_without_losses_nothing_is_lost() {
        let mut sequence = Sequence::new(0);
        sequence.hear(2);
        sequence.report();
        sequence.hear(3);
        let loss = sequence.report().expect("a packet came");
        assert_eq!((loss.fraction, loss.lost), (0, 1));
        sequence.hear(1);
        let loss = sequence.report().expect("a packet came");
        assert_eq!((loss.fraction, loss.lost), (0, 0));
    }
}
