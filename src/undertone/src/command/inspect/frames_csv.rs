//! Feature frames as CSV, so that other tools can use and check them.
//!
//! In: the frames of a clip. Out: a row a frame: `time_s` ([`Recipe::frame_time_s`]), then `mfcc_0` and so
//! on, and the voice where the recipe has it, each with the fewest digits that read back as the same number.

use std::io::Write;

use hearing::features::Recipe;

pub(super) fn write(recipe: Recipe, frames: &[f32], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let header = names(recipe);
    table.write_record(std::iter::once("time_s".to_owned()).chain(header))?;
    for (index, frame) in frames.chunks_exact(recipe.n_features()).enumerate() {
        table.write_field(format!("{:.6}", recipe.frame_time_s(index)))?;
        for value in frame {
            table.write_field(value.to_string())?;
        }
        table.write_record(None::<&[u8]>)?;
    }
    table.flush()?;
    Ok(())
}

fn names(recipe: Recipe) -> impl Iterator<Item = String> {
    let coefficients = (0..recipe.n_mfcc()).map(|index| format!("mfcc_{index}"));
    let voice = ["pitch_octaves", "voicing", "log_power"].map(str::to_owned);
    coefficients.chain(voice).take(recipe.n_features())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_back_as_the_same_numbers_beside_their_times() {
        let frames: Vec<f32> = (0..80_u8).map(|n| f32::from(n) / 3.0 - 7.0).collect();
        let mut table = Vec::new();
        write(Recipe::PhoneV1, &frames, &mut table).unwrap();
        let mut reader = csv::Reader::from_reader(&table[..]);
        assert_eq!(reader.headers().unwrap().iter().next_back(), Some("mfcc_39"));
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(&rows[1][0], "0.010000");
        let values: Vec<f32> = rows
            .iter()
            .flat_map(|row| row.iter().skip(1))
            .map(|field| field.parse().unwrap())
            .collect();
        assert_eq!(values, frames);
    }
}
