//! Whether people of any sense for colours can tell the emotions apart, by simulation.
//!
//! Dichromacy after Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
//! Vision Deficiency" (2009), their matrices at severity 1.0 on linear sRGB; differences as distances in
//! Ottosson's `OKLab` (2020), where 0.02 can just be seen side by side.

use super::*;

type Rgb = (u8, u8, u8);
type Matrix = [[f64; 3]; 3];

const VISIONS: [(&str, Matrix); 4] = [
    ("normal", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "without red",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "without green",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "without blue",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// The least difference of any two colours, uncertainty's grey among them, to any eye: measured, and seven times
/// what can just be seen. Okabe and Ito's palette has 0.076 with this grey.
const LEAST_DIFFERENCE: f64 = 0.15;

/// The same with the groups of emotions among them, of which ten and a grey leave less room: more than Okabe and
/// Ito's eight have.
const LEAST_DIFFERENCE_OF_GROUPS: f64 = 0.08;

/// WCAG 2.1 asks for this contrast in normal text.
const LEAST_CONTRAST: f64 = 4.5;

fn times(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(one, other)| one * other).sum())
}

fn linear((red, green, blue): Rgb) -> [f64; 3] {
    [red, green, blue].map(|value| {
        let part = f64::from(value) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

fn oklab(linear: [f64; 3]) -> [f64; 3] {
    let cones = times(
        &[
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ],
        linear,
    );
    times(
        &[
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ],
        cones.map(|cone| cone.max(0.0).cbrt()),
    )
}

/// Relative luminance (WCAG 2.1).
fn luminance(rgb: Rgb) -> f64 {
    times(&[[0.2126, 0.7152, 0.0722], [0.0; 3], [0.0; 3]], linear(rgb))[0]
}

fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// A colour of xterm's 256, from 16 on.
fn indexed(index: u8) -> Rgb {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    if let Some(grey) = index.checked_sub(232) {
        return (8 + 10 * grey, 8 + 10 * grey, 8 + 10 * grey);
    }
    let cube = index - 16;
    (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
}

fn rgb(colour: Option<Color>) -> Rgb {
    match colour {
        Some(Color::Rgb(red, green, blue)) => (red, green, blue),
        Some(Color::Indexed(index)) => indexed(index),
        other => panic!("{other:?}"),
    }
}

/// The smallest difference of any two colours to any eye, with its place.
fn least_difference(colours: &[Rgb]) -> (f64, String) {
    let mut least = (f64::INFINITY, String::new());
    for (vision, matrix) in VISIONS {
        let seen: Vec<[f64; 3]> = colours
            .iter()
            .map(|rgb| oklab(times(&matrix, linear(*rgb)).map(|part| part.clamp(0.0, 1.0))))
            .collect();
        for (index, one) in seen.iter().enumerate() {
            for (other, two) in seen.iter().enumerate().skip(index + 1) {
                let squares = one.iter().zip(two).map(|(one, two)| (one - two).powi(2));
                let difference = squares.sum::<f64>().sqrt();
                if difference < least.0 {
                    least = (difference, format!("{vision}: {index} and {other}"));
                }
            }
        }
    }
    least
}

#[test]
fn every_eye_can_tell_the_emotions_apart() {
    for colours in [Colours::True, Colours::Indexed] {
        let theme = Theme::new(colours, Paper::Unknown);
        let mut all: Vec<Rgb> = Emotion::ALL.map(|emotion| rgb(theme.on(emotion).bg)).into();
        all.push(rgb(theme.uncertain().bg));
        let (difference, place) = least_difference(&all);
        assert!(difference >= LEAST_DIFFERENCE, "{colours:?}: {difference:.3} ({place})");
        all.extend(Group::ALL.map(|group| rgb(theme.on_group(group).bg)));
        let (difference, place) = least_difference(&all);
        assert!(
            difference >= LEAST_DIFFERENCE_OF_GROUPS,
            "{colours:?} with groups: {difference:.3} ({place})"
        );
    }
}

#[test]
fn the_simulation_confuses_what_those_eyes_confuse() {
    let red_and_green = [(0xc0, 0x40, 0x00), (0x60, 0x70, 0x00)];
    let (difference, place) = least_difference(&red_and_green);
    assert!(difference < 0.06 && place.starts_with("without"), "{difference:.3} {place}");
}

#[test]
fn letters_stand_out_from_their_colour() {
    for colours in [Colours::True, Colours::Indexed] {
        let theme = Theme::new(colours, Paper::Unknown);
        let mut styles: Vec<Style> = Emotion::ALL.map(|emotion| theme.on(emotion)).into();
        styles.push(theme.uncertain());
        styles.extend(Group::ALL.map(|group| theme.on_group(group)));
        for style in styles {
            let contrast = contrast(rgb(style.fg), rgb(style.bg));
            assert!(contrast >= LEAST_CONTRAST, "{colours:?} {style:?}: {contrast:.1}");
        }
    }
}

#[test]
fn small_print_can_be_read_on_its_paper() {
    let (dark, light) = ((0x1e, 0x1e, 0x1e), (0xff, 0xff, 0xff));
    for colours in [Colours::True, Colours::Indexed] {
        let of = |paper| rgb(Theme::new(colours, paper).dim().fg);
        assert!(contrast(of(Paper::Dark), dark) >= LEAST_CONTRAST);
        assert!(contrast(of(Paper::Light), light) >= LEAST_CONTRAST);
        // No grey has 4.5 on both; 3 is what WCAG asks of large text and of signs.
        assert!(contrast(of(Paper::Unknown), dark) >= 3.0);
        assert!(contrast(of(Paper::Unknown), light) >= 3.0);
    }
}

#[test]
fn bars_are_seen_on_light_paper() {
    let theme = Theme::new(Colours::True, Paper::Light);
    for emotion in Emotion::ALL {
        let contrast = contrast(rgb(Some(theme.ink(emotion))), (0xff, 0xff, 0xff));
        assert!(contrast >= 2.5, "{emotion}: {contrast:.1}");
    }
}
