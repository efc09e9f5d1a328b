//! What an operator never opens: labelled clips, what a telephone line does to them, training, honest scores,
//! simulated calls, and charts.
//!
//! | module | noun |
//! |---|---|
//! | [`corpus`] | labelled clips and their speakers |
//! | [`augment`] | what rooms, noise and lines do to a clip |
//! | [`training`] | a model from clips |
//! | [`evaluation`] | honest scores of a model |
//! | [`simulation`] | calls with known labels, made of clips or of noise |
//! | [`plot`], [`table`] | charts; tables that people wrote |

pub mod augment;
pub mod corpus;
pub mod evaluation;
pub mod plot;
pub mod simulation;
pub mod table;
pub mod training;
