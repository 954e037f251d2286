//! Types and defaults of fields, once all names are known.

use super::descriptor::{Descriptor, Field, Kind, Label, Missing, Names};
use super::lexer::Place;
use millrace_batch::Result;

/// A value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Word(String),
    Number(String),
    Text(Vec<u8>),
    /// A message, which no field has for a default.
    Braces,
}

/// A field whose type is only named.
#[derive(Clone, Debug)]
pub(super) struct OpenField {
    /// The message it belongs to.
    pub(super) message: usize,
    pub(super) name: String,
    pub(super) number: u32,
    pub(super) type_name: String,
    pub(super) place: Place,
    pub(super) label: Label,
    pub(super) oneof: Option<usize>,
    pub(super) has_presence: bool,
    pub(super) is_packed: Option<bool>,
    pub(super) default: Option<(Literal, Place)>,
}

impl OpenField {
    /// A single field without options, whose message and number are still to be said.
    pub(super) fn plain(name: &str, type_name: String, place: Place) -> Self {
        Self {
            message: 0,
            name: name.to_owned(),
            number: 0,
            type_name,
            place,
            label: Label::Single,
            oneof: None,
            has_presence: false,
            is_packed: None,
            default: None,
        }
    }
}

/// Gives every message its fields.
///
/// # Errors
/// `OPTION_INVALID` at a field whose type does not exist or that has a default of another type.
pub(super) fn link(descriptor: &mut Descriptor, names: &Names, open: Vec<OpenField>, is_proto3: bool) -> Result<()> {
    for field in open {
        let scope = &descriptor.messages[field.message].full_name;
        let kind = Kind::of_keyword(&field.type_name).or_else(|| names.find(&field.type_name, scope));
        let Some(kind) = kind else {
            return Err(field.place.invalid(&format!("there is no type '{}'", field.type_name)));
        };
        let is_packable =
            field.label == Label::Repeated && !matches!(kind, Kind::String | Kind::Bytes | Kind::Message(_));
        if field.is_packed == Some(true) && !is_packable {
            return Err(field.place.invalid("only repeated numbers are packed"));
        }
        let missing = missing(descriptor, kind, field.default.as_ref())?;
        descriptor.messages[field.message].fields.push(Field {
            name: field.name,
            number: field.number,
            kind,
            label: field.label,
            is_packed: is_packable && field.is_packed.unwrap_or(is_proto3),
            oneof: field.oneof,
            has_presence: field.has_presence,
            missing,
        });
    }
    Ok(())
}

fn missing(descriptor: &Descriptor, kind: Kind, default: Option<&(Literal, Place)>) -> Result<Missing> {
    let Some((literal, place)) = default else {
        return Ok(match kind {
            Kind::String | Kind::Bytes => Missing::Bytes(Vec::new()),
            Kind::Enum(index) => Missing::Bits(bits(descriptor.enums[index].values[0].1)),
            _ => Missing::Bits(0),
        });
    };
    let value = match (kind, literal) {
        (Kind::String, Literal::Text(text)) if std::str::from_utf8(text).is_ok() => Some(Missing::Bytes(text.clone())),
        (Kind::Bytes, Literal::Text(text)) => Some(Missing::Bytes(text.clone())),
        (Kind::Bool, Literal::Word(word)) => match word.as_str() {
            "true" => Some(Missing::Bits(1)),
            "false" => Some(Missing::Bits(0)),
            _ => None,
        },
        (Kind::Enum(index), Literal::Word(word)) => {
            descriptor.enums[index].number_of(word).map(|number| Missing::Bits(bits(number)))
        }
        (Kind::Float, literal) => float(literal).map(|value| Missing::Bits(u64::from((value as f32).to_bits()))),
        (Kind::Double, literal) => float(literal).map(|value| Missing::Bits(value.to_bits())),
        (_, Literal::Number(number)) if kind.is_integer() => integer(kind, number).map(Missing::Bits),
        _ => None,
    };
    value.ok_or_else(|| place.invalid("the default does not fit the type of its field"))
}

/// A number of 32 bits as [`super::wire::Scalar`] holds it.
pub(super) fn bits(number: i32) -> u64 {
    i64::from(number) as u64
}

fn float(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Word(word) => match word.as_str() {
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            "nan" | "-nan" => Some(f64::NAN),
            _ => None,
        },
        Literal::Number(number) => {
            let (sign, digits) = number.strip_prefix('-').map_or((1.0, number.as_str()), |digits| (-1.0, digits));
            let whole = unsigned(digits).map(|value| value as f64);
            whole.or_else(|| digits.trim_end_matches(['f', 'F']).parse().ok()).map(|value: f64| sign * value)
        }
        _ => None,
    }
}

fn integer(kind: Kind, number: &str) -> Option<u64> {
    let (sign, digits) = number.strip_prefix('-').map_or((1, number), |digits| (-1, digits));
    let value = sign * i128::from(unsigned(digits)?);
    Some(match kind {
        Kind::Uint32 | Kind::Fixed32 => u64::from(u32::try_from(value).ok()?),
        Kind::Uint64 | Kind::Fixed64 => u64::try_from(value).ok()?,
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => bits(i32::try_from(value).ok()?),
        _ => i64::try_from(value).ok()? as u64,
    })
}

/// Digits of base 10, of base 16 behind `0x`, or of base 8 behind `0`.
pub(super) fn unsigned(number: &str) -> Option<u64> {
    let (digits, radix) = match number.strip_prefix("0x").or_else(|| number.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if number.len() > 1 && number.starts_with('0') => (&number[1..], 8),
        None => (number, 10),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}
