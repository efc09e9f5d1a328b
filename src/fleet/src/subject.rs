//! The broker's subjects: where which message goes.
//!
//! | subject | stream | what |
//! |---|---|---|
//! | `ut.ev.NODE.SESSION.KIND` | `UT_EV` | a line of a session log; `KIND` is its field `record` |
//! | `ut.live.NODE` | `UT_LIVE` | a node is there, and how many calls it hears |
//! | `ut.live.NODE.CALL` | `UT_LIVE` | what a wall shows of a call; `CALL` is `SESSION-CALLER` |
//! | `ut.cmd.NODE.CALL.ack` | none | an alert of this call was seen |
//! | `ut.jobs.JOB` | `UT_JOBS` | a recording that is to be read |
//! | `ut.done.JOB` | `UT_DONE` | what became of it |
//!
//! A node is a desk or a gateway. Permissions are given by these subjects.

/// What a wall watches.
pub const ALL_LIVE: &str = "ut.live.>";
/// All facts.
pub const ALL_EVENTS: &str = "ut.ev.>";
/// All recordings that are to be read.
pub const ALL_JOBS: &str = "ut.jobs.>";
/// What became of all of them.
pub const ALL_DONE: &str = "ut.done.>";

/// Longer names are cut off on screens.
const LONGEST_NAME: usize = 32;

/// Whether a node may be called so: letters, digits, `-` and `_`, 32 at most.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "-_".contains(sign);
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_sign)
}

/// A line of a log.
#[must_use]
pub fn event(node: &str, session: &str, kind: &str) -> String {
    format!("ut.ev.{node}.{session}.{kind}")
}

/// All lines of a log.
#[must_use]
pub fn events_of(node: &str, session: &str) -> String {
    format!("ut.ev.{node}.{session}.>")
}

/// A node is there.
#[must_use]
pub fn node(node: &str) -> String {
    format!("ut.live.{node}")
}

/// What a wall shows of a call.
#[must_use]
pub fn live(node: &str, call: &str) -> String {
    format!("ut.live.{node}.{call}")
}

/// An alert of this call was seen.
#[must_use]
pub fn acknowledge(node: &str, call: &str) -> String {
    format!("ut.cmd.{node}.{call}.ack")
}

/// Alerts of any call of this node were seen.
#[must_use]
pub fn acknowledgements_of(node: &str) -> String {
    format!("ut.cmd.{node}.*.ack")
}

/// A recording that is to be read.
#[must_use]
pub fn job(id: &str) -> String {
    format!("ut.jobs.{id}")
}

/// What became of it.
#[must_use]
pub fn done(id: &str) -> String {
    format!("ut.done.{id}")
}

/// The job of a subject as [`job`] or [`done`] make them.
#[must_use]
pub fn of_job(subject: &str) -> Option<&str> {
    subject.strip_prefix("ut.jobs.").or_else(|| subject.strip_prefix("ut.done."))
}

/// The node, and the call where there is one, of a subject below `ut.live`.
#[must_use]
pub fn of_live(subject: &str) -> Option<(&str, Option<&str>)> {
    let rest = subject.strip_prefix("ut.live.")?;
    Some(rest.split_once('.').map_or((rest, None), |(node, call)| (node, Some(call))))
}

/// The call of a subject as [`acknowledge`] makes them.
#[must_use]
pub fn of_acknowledgement(subject: &str) -> Option<&str> {
    subject.strip_prefix("ut.cmd.")?.strip_suffix(".ack")?.split_once('.').map(|(_, call)| call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_into_a_subject_is_found_in_it() {
        assert_eq!(of_live(&node("desk-1")), Some(("desk-1", None)));
        assert_eq!(of_live(&live("desk-1", "ab-0")), Some(("desk-1", Some("ab-0"))));
        assert_eq!(of_acknowledgement(&acknowledge("desk-1", "ab-0")), Some("ab-0"));
        assert_eq!((of_job(&job("ab")), of_job(&done("ab"))), (Some("ab"), Some("ab")));
        assert_eq!((of_live("ut.ev.desk-1"), of_job("ut.ev.desk-1")), (None, None));
    }

    #[test]
    fn a_name_can_be_part_of_a_subject() {
        assert!(["desk-1", "Berlin_2"].into_iter().all(is_name));
        assert!(
            ["", "a.b", "a b", "*", ">", "ü", &"x".repeat(33)]
                .into_iter()
                .all(|name| !is_name(name))
        );
    }
}
