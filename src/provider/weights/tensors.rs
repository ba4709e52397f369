//! The safetensors format: a length, a description in JSON, then the numbers of all tensors.

use serde_json::Value;

/// Longest description, in bytes: as the format has it.
const HEAD: u64 = 100_000_000;

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
        let split = bytes.split_first_chunk::<8>().and_then(|(length, rest)| {
            let length = Some(u64::from_le_bytes(*length)).filter(|length| *length <= HEAD)?;
            rest.split_at_checked(usize::try_from(length).ok()?)
        });
        let (head, data) = split.ok_or("is cut off in its description")?;
        let about =
            serde_json::from_slice(head).map_err(|why| format!("describes itself in no JSON: {why}"))?;
        Ok(Self { about, data })
    }

    pub fn matrix(&self, name: &str) -> Option<Matrix> {
        let shape = self.about[name]["shape"].as_array()?;
        let [height, width] = shape.as_slice() else { return None };
        let (height, width) =
            (usize::try_from(height.as_u64()?).ok()?, usize::try_from(width.as_u64()?).ok()?);
        let numbers = self.numbers(name)?;
        (width > 0 && height.checked_mul(width)? == numbers.len()).then_some(Matrix { numbers, width })
    }

    pub fn vector(&self, name: &str) -> Option<Vec<f32>> {
        let numbers = self.numbers(name)?;
        (self.about[name]["shape"].as_array()?.len() == 1).then_some(numbers)
    }

    fn numbers(&self, name: &str) -> Option<Vec<f32>> {
        let tensor = &self.about[name];
        let offset = |at: usize| usize::try_from(tensor["data_offsets"][at].as_u64()?).ok();
        let bytes = self.data.get(offset(0)?..offset(1)?)?;
        let numbers: Vec<f32> = match tensor["dtype"].as_str()? {
            "F32" => bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
            "F64" => bytes.as_chunks().0.iter().map(|eight| f64::from_le_bytes(*eight) as f32).collect(),
            "F16" => bytes.as_chunks().0.iter().map(|two| half(u16::from_le_bytes(*two))).collect(),
            "BF16" => {
                let wide = |two: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*two)) << 16);
                bytes.as_chunks().0.iter().map(wide).collect()
            }
            "I8" => bytes.iter().map(|byte| f32::from(byte.cast_signed())).collect(),
            "I32" => bytes.as_chunks().0.iter().map(|four| i32::from_le_bytes(*four) as f32).collect(),
            "I64" => bytes.as_chunks().0.iter().map(|eight| i64::from_le_bytes(*eight) as f32).collect(),
            _ => return None,
        };
        numbers.iter().all(|number| number.is_finite()).then_some(numbers)
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
            assert_eq!(Tensors::read(&file).unwrap().vector("x"), Some(expected), "{kind}");
        }
    }
}
