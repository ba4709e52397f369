//! The safetensors format: a length, a description in JSON, then the numbers of all tensors.

use serde_json::Value;

/// Longest description, in bytes: as the format has it.
const HEAD: u64 = 100_000_000;

/// Most numbers of one tensor: all of them are held in memory, four bytes each.
const MOST: usize = 1 << 28;

/// The numbers, and the shape that they are in.
type Tensor = (Vec<f32>, Vec<usize>);

/// A file's tensors, by name.
pub(super) struct Tensors<'a> {
    about: Value,
    data: &'a [u8],
}

pub(super) struct Matrix {
    /// One row after the other.
    pub numbers: Vec<f32>,
    pub width: usize,
}

impl<'a> Tensors<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or("is too short to be one")?;
        let length = u64::from_le_bytes(*length);
        if length > HEAD {
            return Err(format!("is none: its description would have {length} bytes"));
        }
        let split = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
        let (head, data) = split.ok_or("is cut off in its description")?;
        let about =
            serde_json::from_slice(head).map_err(|why| format!("describes itself in no JSON: {why}"))?;
        Ok(Self { about, data })
    }

    /// `None`: there is none of this name.
    ///
    /// # Errors
    /// There is, and it is not what it says, in words.
    pub fn matrix(&self, name: &str) -> Result<Option<Matrix>, String> {
        let Some((numbers, shape)) = self.numbers(name)? else { return Ok(None) };
        match shape.as_slice() {
            [_, width] if *width > 0 => Ok(Some(Matrix { numbers, width: *width })),
            _ => Err(format!("has no matrix under the name `{name}`, but numbers in the shape {shape:?}")),
        }
    }

    /// As [`Tensors::matrix`].
    ///
    /// # Errors
    /// As there.
    pub fn vector(&self, name: &str) -> Result<Option<Vec<f32>>, String> {
        let Some((numbers, shape)) = self.numbers(name)? else { return Ok(None) };
        match shape.as_slice() {
            [_] => Ok(Some(numbers)),
            _ => Err(format!("has no list under the name `{name}`, but numbers in the shape {shape:?}")),
        }
    }

    /// The numbers of a tensor, as many as its shape says, and the shape.
    fn numbers(&self, name: &str) -> Result<Option<Tensor>, String> {
        let tensor = &self.about[name];
        if tensor.is_null() {
            return Ok(None);
        }
        let size = |value: &Value| usize::try_from(value.as_u64()?).ok();
        let shape =
            tensor["shape"].as_array().and_then(|shape| shape.iter().map(size).collect::<Option<Vec<_>>>());
        let shape = shape.ok_or_else(|| format!("does not say the shape of `{name}`"))?;
        let offsets = (size(&tensor["data_offsets"][0]), size(&tensor["data_offsets"][1]));
        let (Some(start), Some(end)) = offsets else {
            return Err(format!("does not say where `{name}` is"));
        };
        let have = self.data.len();
        let bytes = self.data.get(start..end);
        let bytes = bytes.ok_or_else(|| {
            format!("is cut off: `{name}` is said to be in bytes {start} to {end} of {have}")
        })?;
        let kind = tensor["dtype"].as_str().unwrap_or("none");
        let each = match kind {
            "F64" | "I64" => 8,
            "F32" | "I32" => 4,
            "F16" | "BF16" => 2,
            "I8" => 1,
            other => {
                return Err(format!("holds `{name}` in numbers of the kind `{other}`, which is not read"));
            }
        };
        let count = shape.iter().try_fold(1_usize, |count, size| count.checked_mul(*size));
        if count.and_then(|count| count.checked_mul(each)) != Some(bytes.len()) {
            return Err(format!(
                "has {} bytes for `{name}`, whose shape {shape:?} needs others",
                bytes.len()
            ));
        }
        if count.is_some_and(|count| count > MOST) {
            return Err(format!("has more numbers in `{name}` than {MOST}"));
        }
        let numbers: Vec<f32> = match kind {
            "F64" => bytes.as_chunks().0.iter().map(|eight| f64::from_le_bytes(*eight) as f32).collect(),
            "I64" => bytes.as_chunks().0.iter().map(|eight| i64::from_le_bytes(*eight) as f32).collect(),
            "F32" => bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
            "I32" => bytes.as_chunks().0.iter().map(|four| i32::from_le_bytes(*four) as f32).collect(),
            "F16" => bytes.as_chunks().0.iter().map(|two| half(u16::from_le_bytes(*two))).collect(),
            "BF16" => {
                let wide = |two: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*two)) << 16);
                bytes.as_chunks().0.iter().map(wide).collect()
            }
            _ => bytes.iter().map(|byte| f32::from(byte.cast_signed())).collect(),
        };
        match numbers.iter().all(|number| number.is_finite()) {
            true => Ok(Some((numbers, shape))),
            false => Err(format!("has something in `{name}` that is no number")),
        }
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2_f32.powi(-24),
        31 => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_read_as_the_standard_has_it() {
        for (bits, number) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x0400, 6.103_515_6e-5),
        ] {
            assert_eq!(half(bits), number, "{bits:#x}");
        }
        assert!(half(0x7c00).is_nan());
    }

    #[test]
    fn each_kind_of_number_is_read() {
        for (kind, bytes, expected) in [
            ("F16", vec![0x00, 0x3c, 0x00, 0xc0], vec![1.0, -2.0]),
            ("BF16", vec![0x80, 0x3f], vec![1.0]),
            ("I8", vec![0xff, 2], vec![-1.0, 2.0]),
            ("I64", 7_i64.to_le_bytes().to_vec(), vec![7.0]),
        ] {
            let head = format!(
                r#"{{"x": {{"dtype": "{kind}", "shape": [{}], "data_offsets": [0, {}]}}}}"#,
                expected.len(),
                bytes.len()
            );
            let file = [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &bytes].concat();
            assert_eq!(Tensors::read(&file).unwrap().vector("x"), Ok(Some(expected)), "{kind}");
        }
    }
}
