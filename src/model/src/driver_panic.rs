//! Which panics are those of a graphics driver's libraries, which somebody catches and answers for.
//!
//! In: the thread that panicked and the place in the code. Out: whether it is such a one; then nobody is to be
//! told but whoever waits for the GPU. Keeps nothing.

/// The thread that asks the GPU. Whatever panics on it is caught there.
pub const THREAD: &str = "gpu";

/// The libraries between the network and the driver, as their folders begin.
const LIBRARIES: [&str; 4] = ["burn-", "cubecl-", "wgpu-", "naga-"];

/// Whether a panic of the thread of that name, in that file, is a graphics driver's.
///
/// The libraries have threads of their own, without names but for those of their devices (`DSD-0-0`); one that
/// ends so leaves the GPU without an answer, which is noticed.
#[must_use]
pub fn is_one(thread_name: Option<&str>, file: Option<&str>) -> bool {
    let is_theirs = thread_name.is_none_or(|name| name.starts_with("DS"));
    let is_in = |folder: &str| LIBRARIES.iter().any(|library| folder.starts_with(library));
    thread_name == Some(THREAD)
        || (is_theirs && file.is_some_and(|file| file.split(['/', '\\']).any(is_in)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_graphics_libraries_do_on_their_threads_is_a_drivers_and_nothing_else() {
        let library = Some("/registry/src/index/wgpu-30.0.1/src/backend/wgpu_core.rs");
        let ours = Some("src/engine/src/lib.rs");
        for (name, file, expected) in [
            (Some(THREAD), ours, true),
            (Some("DSD-0-0"), library, true),
            (None, library, true),
            (None, Some("C:\\registry\\cubecl-wgpu-0.11.3\\src\\poll.rs"), true),
            (Some("engine"), library, false),
            (Some("main"), library, false),
            (None, ours, false),
            (None, None, false),
        ] {
            assert_eq!(is_one(name, file), expected, "{name:?} {file:?}");
        }
    }
}
