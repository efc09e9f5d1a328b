//! How good a classifier is: pure numbers over what it said about labelled clips.
//!
//! In: a [`Prediction`] a clip. Out: a [`Report`] (accuracy, UAR, macro-F1, recall by label, confusion
//! matrix, calibration; over all and by corpus), as JSON through serde and as text by
//! [`Report::table`]. Keeps nothing.
//!
//! **A corpus is scored on the labels that it has.** Where no clip of a corpus is surprised, the
//! probability of surprise is left out for that corpus' clips and the others are scaled to sum to 1:
//! nobody could have shown surprise there. A corpus with one label only is scored on all seven, as
//! nothing could be wrong otherwise. The numbers over all clips use these same predictions.

pub mod calls;
pub mod clip;
mod counts;
mod prediction;
mod report;
mod table;

pub use prediction::Prediction;
pub use report::Report;
