//! The settings in which our MFCCs are measured beside other libraries'. The same numbers stand in
//! `tests/peers/mfcc.py`.

use hearing::features::MfccSettings;

/// 25 ms every 10 ms.
pub const SETTINGS: MfccSettings = MfccSettings {
    sample_rate_hz: 16_000,
    taper_len: 400,
    fft_len: 512,
    n_mels: 80,
    band_edges_hz: (20.0, 7_600.0),
    power_floor: 1e-10,
    n_mfcc: 40,
};

/// Samples from one frame to the next.
pub const HOP_LEN: usize = 160;
