//! Where a wall's pictures come from: this gateway alone, or a whole service.
//!
//! In: nothing. Out: pictures. [`Own`] keeps nothing beside the board that the engine's thread fills.

use crate::hub::{Hub, unpoisoned};
use crate::room::Order;
use hearing::stream_time::StreamTime;
use record::wall::{Board, Picture};
use std::sync::{Arc, Mutex};

/// What a wall shows, and whom it tells that an alert was seen.
pub trait Shown: Send + Sync {
    /// Changes whenever there is something new.
    fn version(&self) -> u64;
    /// What there is to see now.
    fn picture(&self) -> Picture;
    /// The alert of this time of a call was seen; false where there is no such call.
    fn acknowledge(&self, call: &str, at: StreamTime) -> bool;
}

/// The calls of this gateway.
pub struct Own {
    /// All that is known of calls here.
    pub hub: Arc<Hub>,
    /// What the engine tells.
    pub board: Arc<Mutex<Board>>,
}

impl Shown for Own {
    fn version(&self) -> u64 {
        unpoisoned(&self.board).version()
    }

    fn picture(&self) -> Picture {
        unpoisoned(&self.board).picture(self.hub.room().load().age())
    }

    fn acknowledge(&self, call: &str, at: StreamTime) -> bool {
        let Ok(id) = call.parse() else { return false };
        self.hub.room().order(Order::Acknowledge(id, at));
        true
    }
}
