//! Archives: written by somebody else at the moment.
