//! Thrift's compact protocol, as far as Parquet's metadata needs it.
//!
//! In: the fields of one struct, in the order of their numbers. Out: its bytes. Keeps them.
//!
//! After <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.

/// Types of fields and of elements of a list.
const INT: u8 = 5;
const LONG: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
/// See above: for [`Thrift::list`].
pub(super) const STRUCT: u8 = 12;

/// One struct being written.
#[derive(Clone, Debug, Default)]
pub(super) struct Thrift {
    bytes: Vec<u8>,
    /// The number of the last field.
    last: u8,
}

impl Thrift {
    /// A field of 32 bits.
    pub fn int(&mut self, field: u8, value: i32) {
        self.begin(field, INT);
        zigzag(value.into(), &mut self.bytes);
    }

    /// A field of 64 bits.
    pub fn long(&mut self, field: u8, value: u64) {
        self.begin(field, LONG);
        zigzag(i64::try_from(value).unwrap_or(i64::MAX), &mut self.bytes);
    }

    /// A field of text.
    pub fn text(&mut self, field: u8, text: &str) {
        self.begin(field, BINARY);
        varint(text.len() as u64, &mut self.bytes);
        self.bytes.extend(text.as_bytes());
    }

    /// A field with a struct in it.
    pub fn nested(&mut self, field: u8, value: &Thrift) {
        self.begin(field, STRUCT);
        self.element(value);
    }

    /// A field with a list of so many elements, which are to be written next.
    pub fn list(&mut self, field: u8, of: u8, n: usize) {
        self.begin(field, LIST);
        match u8::try_from(n) {
            Ok(n) if n < 15 => self.bytes.push(n << 4 | of),
            _ => {
                self.bytes.push(0xf0 | of);
                varint(n as u64, &mut self.bytes);
            }
        }
    }

    /// A field with a list of ints.
    pub fn ints(&mut self, field: u8, values: &[i32]) {
        self.list(field, INT, values.len());
        for value in values {
            zigzag((*value).into(), &mut self.bytes);
        }
    }

    /// A field with a list of one text.
    pub fn one_text(&mut self, field: u8, text: &str) {
        self.list(field, BINARY, 1);
        varint(text.len() as u64, &mut self.bytes);
        self.bytes.extend(text.as_bytes());
    }

    /// An element of a list of structs.
    pub fn element(&mut self, value: &Thrift) {
        self.bytes.extend(&value.bytes);
        self.bytes.push(0);
    }

    /// The struct with its end.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }

    /// Numbers grow by less than 16 from field to field in all of Parquet's structs.
    fn begin(&mut self, field: u8, kind: u8) {
        self.bytes.push((field - self.last) << 4 | kind);
        self.last = field;
    }
}

/// Small numbers of either sign in few bytes.
#[expect(clippy::cast_sign_loss, reason = "the bits are meant")]
fn zigzag(value: i64, bytes: &mut Vec<u8>) {
    varint((value << 1 ^ value >> 63) as u64, bytes);
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
pub(super) fn varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_zigzag_and_seven_bits_a_byte() {
        for (value, expected) in [
            (0, &[0][..]),
            (-1, &[1]),
            (1, &[2]),
            (-64, &[127]),
            (64, &[0x80, 1]),
            (150, &[0xac, 2]),
        ] {
            let mut bytes = Vec::new();
            zigzag(value, &mut bytes);
            assert_eq!(bytes, expected, "{value}");
        }
    }

    #[test]
    fn fields_are_told_by_their_distance_and_long_lists_by_a_number() {
        let mut inner = Thrift::default();
        inner.text(1, "ab");
        let mut outer = Thrift::default();
        outer.int(3, 1);
        outer.list(5, STRUCT, 20);
        outer.nested(6, &inner);
        assert_eq!(outer.finish(), [0x35, 2, 0x29, 0xfc, 20, 0x1c, 0x18, 2, b'a', b'b', 0, 0]);
    }
}
