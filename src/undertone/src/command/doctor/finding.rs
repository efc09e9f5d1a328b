//! A finding: a part of the computer, whether it is as it should be, and what to do if not.
//!
//! In: words. Out: a listing, or JSON through serde. Keeps nothing.

use std::fmt::Write;

use serde::Serialize;

use record::plain_text::plain;

/// Whether something is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Ok,
    /// Calls can be monitored, but something is not at its best.
    Warning,
    /// No call can be monitored.
    Problem,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Problem => "PROBLEM",
        }
    }
}

/// What was found about a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The part, in a word.
    pub(super) part: &'static str,
    pub(super) verdict: Verdict,
    /// What was found.
    pub(super) told: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(part: &'static str, told: String) -> Self {
        Finding { part, verdict: Verdict::Ok, told, advice: None }
    }

    pub(super) fn warning(part: &'static str, told: String, advice: impl Into<String>) -> Self {
        Finding { part, verdict: Verdict::Warning, told, advice: Some(advice.into()) }
    }

    pub(super) fn problem(part: &'static str, told: String, advice: impl Into<String>) -> Self {
        Finding { part, verdict: Verdict::Problem, told, advice: Some(advice.into()) }
    }
}

/// A line a finding, and one for what to do.
pub(super) fn as_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { part, verdict, told, advice } in findings {
        let word = verdict.word();
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{word:<8} {part:<9} {}", plain(told));
        if let Some(advice) = advice {
            let _ = writeln!(text, "{:18} -> {}", "", plain(advice));
        }
    }
    text
}
