//! How good a classifier is: pure numbers over what it said about labelled clips.
//!
//! In: a [`Condition`] that clips are heard under, and a [`Prediction`] a clip. Out: a [`Report`]
//! (accuracy, UAR, macro-F1, recall and precision by label, confusion matrix, calibration, coverage,
//! confidence intervals; over all, by corpus, by sex and by age), as JSON through serde and as text by
//! [`Report::table`]; what is said at a model's thresholds and right of it ([`Shown`]); what lines cost ([`Drops`]) and what disturbances change ([`Robustness`]); whole
//! calls ([`calls`]). Keeps nothing.
//!
//! **A corpus is scored on the labels that it has.** Where no clip of a corpus is surprised, the
//! probability of surprise is left out for that corpus' clips and the others are scaled to sum to 1:
//! nobody could have shown surprise there. A corpus with one label only is scored on all seven, as
//! nothing could be wrong otherwise. The numbers over all clips and by sex and age use these same
//! predictions.

mod calibration;
pub mod calls;
pub mod clip;
pub mod condition;
mod counts;
mod coverage;
mod degradation;
mod drops;
mod interval;
mod page;
mod pictures;
mod prediction;
mod report;
mod robustness;
mod shown;
mod summary;
mod table;

pub use calibration::ReliabilityBin;
pub use condition::Condition;
pub use coverage::CoveragePoint;
pub use degradation::{Degradation, UnknownDegradation};
pub use drops::Drops;
pub use interval::Intervals;
pub use page::{Part, page};
pub use pictures::{Picture, pictures};
pub use prediction::Prediction;
pub use report::Report;
pub use robustness::{Robustness, RobustnessTest, SexTest};
pub use shown::{Shown, ShownPart};
pub use table::{Table, percent};
