//! One column of a group of rows: which cells are there, and a dictionary of their values.
//!
//! In: cells. Out: a page with the dictionary, a page with the places in it, and what the end of the file tells of
//! them. Keeps the cells of one group of rows.

use std::collections::HashMap;

use super::thrift::{Thrift, varint};
use crate::export::cells::{Cell, Kind};

/// Numbers from `parquet.thrift`.
const INT64: i32 = 2;
const DOUBLE: i32 = 5;
const BYTE_ARRAY: i32 = 6;
const PAGE_OF_DATA: i32 = 0;
const PAGE_OF_DICTIONARY: i32 = 2;
const PLAIN: i32 = 0;
const RLE: i32 = 3;
const RLE_DICTIONARY: i32 = 8;
const UNCOMPRESSED: i32 = 0;

/// A column being filled.
pub(super) struct Column {
    name: &'static str,
    kind: Kind,
    /// For each row whether it has a cell here.
    is_there: Vec<bool>,
    /// For each cell its place in the dictionary.
    places: Vec<u32>,
    dictionary: HashMap<Vec<u8>, u32>,
    /// The dictionary's values in order, as they are written.
    values: Vec<u8>,
    /// The last value; kept to reuse its memory.
    value: Vec<u8>,
}

impl Column {
    pub fn new(name: &'static str, kind: Kind) -> Self {
        let (is_there, places, values, value) = Default::default();
        Column { name, kind, is_there, places, dictionary: HashMap::new(), values, value }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its type in `parquet.thrift`.
    pub fn physical_type(&self) -> i32 {
        match self.kind {
            Kind::Integer => INT64,
            Kind::Number => DOUBLE,
            Kind::Text => BYTE_ARRAY,
        }
    }

    /// One more row.
    pub fn push(&mut self, cell: &Cell<'_>) {
        let mut value = std::mem::take(&mut self.value);
        value.clear();
        append_plain(cell, &mut value);
        self.is_there.push(!value.is_empty());
        if !value.is_empty() {
            let place = self.place_of(&value);
            self.places.push(place);
        }
        self.value = value;
    }

    /// Its place in the dictionary, where it is from now on.
    fn place_of(&mut self, value: &[u8]) -> u32 {
        if let Some(place) = self.dictionary.get(value) {
            return *place;
        }
        // A group has far fewer than 2^32 rows.
        let place = u32::try_from(self.dictionary.len()).unwrap_or(u32::MAX);
        self.values.extend(value);
        self.dictionary.insert(value.to_vec(), place);
        place
    }

    /// The pages, which will begin at `position`, and their `ColumnChunk`; afterwards the column is empty.
    pub fn take_pages(&mut self, position: u64) -> (Vec<u8>, Thrift) {
        let n_values = self.dictionary.len();
        let encoding = if n_values == 0 { PLAIN } else { RLE_DICTIONARY };
        let mut bytes = Vec::new();
        if n_values > 0 {
            let mut about = Thrift::default();
            about.int(1, int(n_values));
            about.int(2, PLAIN);
            append_page(PAGE_OF_DICTIONARY, 7, &about, &self.values, &mut bytes);
        }
        let data_begins = position + bytes.len() as u64;
        let mut about = Thrift::default();
        about.int(1, int(self.is_there.len()));
        about.int(2, encoding);
        about.int(3, RLE);
        about.int(4, RLE);
        append_page(PAGE_OF_DATA, 5, &about, &self.page_of_data(), &mut bytes);
        let mut data = Thrift::default();
        data.int(1, self.physical_type());
        data.ints(2, &[PLAIN, RLE, encoding][..if n_values == 0 { 2 } else { 3 }]);
        data.one_text(3, self.name);
        data.int(4, UNCOMPRESSED);
        data.long(5, self.is_there.len() as u64);
        data.long(6, bytes.len() as u64);
        data.long(7, bytes.len() as u64);
        data.long(9, data_begins);
        if n_values > 0 {
            data.long(11, position);
        }
        let mut chunk = Thrift::default();
        chunk.long(2, 0);
        chunk.nested(3, &data);
        *self = Column::new(self.name, self.kind);
        (bytes, chunk)
    }

    /// Which cells are there, with its length before it; then their places in the dictionary.
    fn page_of_data(&self) -> Vec<u8> {
        let levels = runs(&self.is_there);
        let mut page = u32::try_from(levels.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
        page.extend(levels);
        if let Some(last) = self.dictionary.len().checked_sub(1) {
            let width = (usize::BITS - last.leading_zeros()).max(1);
            // Below 32, since places are.
            page.push(width.to_le_bytes()[0]);
            page.extend(packed(&self.places, width));
        }
        page
    }
}

/// A value as a page holds it: text with its length before it. Nothing for an empty cell.
fn append_plain(cell: &Cell<'_>, bytes: &mut Vec<u8>) {
    let mut append_text = |text: &str| {
        bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(text.as_bytes());
    };
    match cell {
        Cell::Empty => {}
        Cell::Integer(number) => bytes.extend(number.to_le_bytes()),
        Cell::Number(number) => bytes.extend(number.to_le_bytes()),
        Cell::Word(word) => append_text(word),
        Cell::Text(text) => append_text(text),
    }
}

fn append_page(kind: i32, about_field: u8, about: &Thrift, page: &[u8], bytes: &mut Vec<u8>) {
    let mut header = Thrift::default();
    header.int(1, kind);
    header.int(2, int(page.len()));
    header.int(3, int(page.len()));
    header.nested(about_field, about);
    bytes.extend(header.finish());
    bytes.extend(page);
}

/// Runs of equal levels of one bit ("RLE" of the hybrid encoding).
fn runs(levels: &[bool]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for run in levels.chunk_by(|one, other| one == other) {
        varint((run.len() as u64) << 1, &mut bytes);
        bytes.push(u8::from(run[0]));
    }
    bytes
}

/// Numbers of so many bits, the lowest first, filled up to a multiple of eight ("bit-packed" of the hybrid encoding).
fn packed(numbers: &[u32], width: u32) -> Vec<u8> {
    let n_groups = numbers.len().div_ceil(8);
    let mut bytes = Vec::new();
    varint((n_groups as u64) << 1 | 1, &mut bytes);
    let (mut waiting, mut n_waiting) = (0_u64, 0);
    let filling = std::iter::repeat_n(&0, n_groups * 8 - numbers.len());
    for number in numbers.iter().chain(filling) {
        waiting |= u64::from(*number) << n_waiting;
        n_waiting += width;
        while n_waiting >= 8 {
            bytes.push((waiting & 0xff) as u8);
            waiting >>= 8;
            n_waiting -= 8;
        }
    }
    bytes
}

/// A length of a page, which is far below 2 GB.
fn int(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_packed_as_in_the_specification_s_example() {
        // "Encodings", RLE hybrid: 0 to 7 with three bits each.
        let bytes = packed(&[0, 1, 2, 3, 4, 5, 6, 7], 3);
        assert_eq!(bytes, [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        assert_eq!(packed(&[1, 1, 1], 1), [0b11, 0b111]);
    }

    #[test]
    fn levels_are_runs() {
        assert_eq!(runs(&[true, true, true, false]), [6, 1, 2, 0]);
        assert!(runs(&[]).is_empty());
    }
}
