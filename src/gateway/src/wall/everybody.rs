//! The wall of a whole service: what all desks and gateways hear, as the broker has it.
//!
//! In: a watch. Out: pictures. Keeps nothing beside it.

use super::shown::Shown;
use ::fleet::watch::Watch;
use hearing::stream_time::StreamTime;
use record::wall::Picture;

/// All calls of all nodes.
pub struct Everybody {
    /// What the broker has.
    pub watch: Watch,
}

impl Shown for Everybody {
    fn version(&self) -> u64 {
        self.watch.version()
    }

    fn picture(&self) -> Picture {
        self.watch.picture()
    }

    fn acknowledge(&self, call: &str, at: StreamTime) -> bool {
        let (watch, call) = (self.watch.clone(), call.to_owned());
        if !call.contains('.') || !watch.is_linked() {
            return false;
        }
        tokio::spawn(async move { watch.acknowledge(&call, at).await });
        true
    }
}
