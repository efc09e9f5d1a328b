//! What a wall shows: all calls of a gateway or of a whole service, for whoever leads the shift.
//!
//! In: what is told of calls. Out: a picture of them, which a page or a terminal draws. It sorts by call and by alert,
//! never by operator, and it knows nothing of operators: [`picture`] says all that can be shown.

pub mod board;
pub mod inbox;
pub mod picture;

pub use board::Board;
pub use picture::{AlertPicture, CallPicture, NodePicture, Picture};
