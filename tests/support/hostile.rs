//! Text that tries to steer a terminal, for the tests of several crates.

use proptest::prelude::*;

/// Any characters, more of the dangerous ones than chance would give.
pub fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(
        "\u{1b}\u{7}\r\n\t\0\u{7f}\u{9b}\u{9d}\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}\u{301}\u{301}\u{301}\u{301}\u{2028}\"\\,=机"
            .chars()
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(prop_oneof![nasty, any::<char>()], 0..60).prop_map(String::from_iter)
}
