//! Values out of Avro's bytes.

use super::schema::{AvroField, AvroType, Logical};
use crate::framed::Fault;
use crate::json::column::{Column, Values};
use millrace_batch::ErrorCode;
use millrace_batch::parse::rescale_half_up;

/// A place in a message.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// Values that may still be made.
    pub(super) budget: usize,
}

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = *self.bytes.get(self.at).ok_or(Fault::Syntax)?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    fn long(&mut self) -> Result<i64, Fault> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Fault::Syntax);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        Err(Fault::Syntax)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len()).ok_or(Fault::Syntax)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn counted(&mut self) -> Result<&'a [u8], Fault> {
        let length = usize::try_from(self.long()?).map_err(|_| Fault::Syntax)?;
        self.take(length)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| Fault::Syntax)
    }

    fn spend(&mut self) -> Result<(), Fault> {
        self.budget = self.budget.checked_sub(1).ok_or(Fault::TooLarge)?;
        Ok(())
    }

    /// Goes through the blocks of an array or a map.
    fn blocks(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        loop {
            let mut count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                // A negative count is followed by the block's length in bytes.
                count = count.checked_neg().ok_or(Fault::Syntax)?;
                self.long()?;
            }
            for _ in 0..count {
                self.spend()?;
                item(self)?;
            }
        }
    }

    /// Passes a value over.
    pub(super) fn skip(&mut self, avro: &AvroType) -> Result<(), Fault> {
        match avro {
            AvroType::Null => {}
            AvroType::Boolean => {
                self.byte()?;
            }
            AvroType::Integer(_) | AvroType::Enum(_) => {
                self.long()?;
            }
            AvroType::Float => {
                self.take(4)?;
            }
            AvroType::Double => {
                self.take(8)?;
            }
            AvroType::Bytes(_) | AvroType::String => {
                self.counted()?;
            }
            AvroType::Fixed(size, _) => {
                self.take(*size)?;
            }
            AvroType::Array(element) => self.blocks(|cursor| cursor.skip(element))?,
            AvroType::Map(value) => self.blocks(|cursor| {
                cursor.counted()?;
                cursor.skip(value)
            })?,
            AvroType::Record(fields) => fields.iter().try_for_each(|field| self.skip(&field.avro))?,
            AvroType::Union(branches) => {
                let branch = self.branch(branches)?;
                self.skip(branch)?;
            }
        }
        Ok(())
    }

    fn branch<'t>(&mut self, branches: &'t [AvroType]) -> Result<&'t AvroType, Fault> {
        usize::try_from(self.long()?).ok().and_then(|index| branches.get(index)).ok_or(Fault::Syntax)
    }
}

/// Reads a record into columns; on a fault they are uneven.
pub(super) fn read_record(cursor: &mut Cursor<'_>, fields: &[AvroField], columns: &mut [Column]) -> Result<(), Fault> {
    let rows = columns.first().map_or(0, |column| column.rows);
    for field in fields {
        match field.target {
            Some(target) => {
                read_value(cursor, &field.avro, &mut columns[target]).map_err(|fault| fault.inside(&field.name))?;
            }
            None => cursor.skip(&field.avro)?,
        }
    }
    columns.iter_mut().filter(|column| column.rows == rows).for_each(Column::push_null);
    Ok(())
}

fn read_value(cursor: &mut Cursor<'_>, avro: &AvroType, column: &mut Column) -> Result<(), Fault> {
    match avro {
        AvroType::Null => {
            column.push_null();
            return Ok(());
        }
        AvroType::Union(branches) => {
            let branch = cursor.branch(branches)?;
            return read_value(cursor, branch, column);
        }
        _ if matches!(column.values, Values::Null) => {
            cursor.skip(avro)?;
            column.push_null();
            return Ok(());
        }
        AvroType::Boolean => {
            let value = cursor.byte()?;
            let Values::Boolean(values) = &mut column.values else { return Err(Fault::Syntax) };
            values.push(value != 0);
        }
        AvroType::Integer(logical) => push_integer(cursor.long()?, *logical, column)?,
        AvroType::Float => {
            let value = f32::from_le_bytes(cursor.array()?);
            match &mut column.values {
                Values::Float32(values) => values.push(value),
                Values::Float64(values) => values.push(f64::from(value)),
                _ => return Err(Fault::Syntax),
            }
        }
        AvroType::Double => {
            let Values::Float64(values) = &mut column.values else { return Err(Fault::Syntax) };
            values.push(f64::from_le_bytes(cursor.array()?));
        }
        AvroType::String => push_bytes(cursor.counted()?, None, column)?,
        AvroType::Bytes(scale) => push_bytes(cursor.counted()?, *scale, column)?,
        AvroType::Fixed(size, scale) => push_bytes(cursor.take(*size)?, *scale, column)?,
        AvroType::Enum(symbols) => {
            let symbol = usize::try_from(cursor.long()?).ok().and_then(|index| symbols.get(index));
            push_bytes(symbol.ok_or(Fault::Syntax)?.as_bytes(), None, column)?;
        }
        AvroType::Array(element) => {
            let Values::List { offsets, element: inner } = &mut column.values else { return Err(Fault::Syntax) };
            cursor.blocks(|cursor| read_value(cursor, element, inner))?;
            offsets.push(inner.rows as i32);
        }
        AvroType::Map(value) => {
            let Values::Map(map) = &mut column.values else { return Err(Fault::Syntax) };
            let (keys, inner) = (&mut map.key, &mut map.value);
            cursor.blocks(|cursor| {
                push_bytes(cursor.counted()?, None, keys)?;
                keys.rows += 1;
                read_value(cursor, value, inner)
            })?;
            map.offsets.push(map.key.rows as i32);
        }
        AvroType::Record(fields) => {
            let Values::Row(row) = &mut column.values else { return Err(Fault::Syntax) };
            read_record(cursor, fields, &mut row.columns)?;
            row.rows += 1;
        }
    }
    column.rows += 1;
    Ok(())
}

/// Appends a number without counting it.
fn push_integer(value: i64, logical: Logical, column: &mut Column) -> Result<(), Fault> {
    let too_large = || Fault::value(format!("'{value}' does not fit the type of its column"));
    match &mut column.values {
        Values::Int8(values) => values.push(value.try_into().map_err(|_| too_large())?),
        Values::Int16(values) => values.push(value.try_into().map_err(|_| too_large())?),
        Values::Int32(values) | Values::Date(values) => values.push(value.try_into().map_err(|_| too_large())?),
        Values::Int64(values) => values.push(value),
        Values::Float32(values) => values.push(value as f32),
        Values::Float64(values) => values.push(value as f64),
        Values::Decimal { values, precision, scale } => {
            values.push(rescale_half_up(i128::from(value), 0, *precision, *scale).ok_or_else(too_large)?);
        }
        Values::Time(values) => {
            let nanos = value.checked_mul(if logical == Logical::TimeMillis { 1_000_000 } else { 1_000 });
            let day = 86_400_000_000_000;
            values.push(nanos.filter(|nanos| (0..day).contains(nanos)).ok_or_else(too_large)?);
        }
        Values::Timestamp(values) => values.push(match logical {
            Logical::Millis => value.checked_mul(1_000).ok_or_else(too_large)?,
            Logical::Nanos => value.div_euclid(1_000),
            _ => value,
        }),
        Values::Text { offsets, bytes } => {
            bytes.extend_from_slice(value.to_string().as_bytes());
            offsets.push(bytes.len() as i32);
        }
        _ => return Err(Fault::Syntax),
    }
    Ok(())
}

/// Appends bytes, text or a decimal without counting it.
fn push_bytes(value: &[u8], from_scale: Option<i32>, column: &mut Column) -> Result<(), Fault> {
    match &mut column.values {
        Values::Text { offsets, bytes } => {
            if simdutf8::basic::from_utf8(value).is_err() {
                let text = "text is not valid UTF-8".to_owned();
                return Err(Fault::Value(ErrorCode::EncodingInvalid, text, String::new()));
            }
            bytes.extend_from_slice(value);
            offsets.push(bytes.len() as i32);
        }
        Values::Binary { offsets, bytes } => {
            bytes.extend_from_slice(value);
            offsets.push(bytes.len() as i32);
        }
        Values::Decimal { values, precision, scale } => {
            let unscaled = big_endian(value);
            let decimal = unscaled.and_then(|unscaled| {
                rescale_half_up(unscaled, from_scale.unwrap_or(i32::from(*scale)), *precision, *scale)
            });
            values.push(decimal.ok_or_else(|| Fault::value("a decimal does not fit the type of its column"))?);
        }
        _ => return Err(Fault::Syntax),
    }
    Ok(())
}

/// A whole number in two's complement; `None` when it has more than 128 bits. No bytes are zero.
pub(crate) fn big_endian(bytes: &[u8]) -> Option<i128> {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let fill = if negative { 0xff } else { 0 };
    let spare = bytes.len().saturating_sub(16);
    if bytes[..spare].iter().any(|byte| *byte != fill) {
        return None;
    }
    let mut wide = [fill; 16];
    let kept = &bytes[spare..];
    wide[16 - kept.len()..].copy_from_slice(kept);
    let value = i128::from_be_bytes(wide);
    ((value < 0) == negative).then_some(value)
}
