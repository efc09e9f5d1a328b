//! The wall: all calls of this gateway on one web page, for whoever leads the shift.
//!
//! ```text
//!  engine's thread ── facts ──► board: a history of each call ── picture, two a second ───► page: browsers
//!                  ◄── orders: an alert was seen ───────────────────────────────────────── access: who may
//! ```
//!
//! It sorts by call and by alert, never by operator, and it knows nothing of operators: [`record::wall::picture`] says all that goes
//! out. Nothing on the page comes from elsewhere.

pub mod access;
pub mod everybody;
pub mod page;
pub mod shown;
