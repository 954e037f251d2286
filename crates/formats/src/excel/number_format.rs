//! Number formats: whether they show moments, and the text of a number in one.

use std::collections::HashMap;

/// Formats that every workbook has, by their numbers.
///
/// # Source
/// ECMA-376 part 1, 18.8.30 `numFmt`; Apache POI `BuiltinFormats` for the currencies.
const BUILT_IN: &[(u32, &str)] = &[
    (1, "0"),
    (2, "0.00"),
    (3, "#,##0"),
    (4, "#,##0.00"),
    (5, "\"$\"#,##0_);(\"$\"#,##0)"),
    (6, "\"$\"#,##0_);[Red](\"$\"#,##0)"),
    (7, "\"$\"#,##0.00_);(\"$\"#,##0.00)"),
    (8, "\"$\"#,##0.00_);[Red](\"$\"#,##0.00)"),
    (9, "0%"),
    (10, "0.00%"),
    (11, "0.00E+00"),
    (37, "#,##0_);(#,##0)"),
    (38, "#,##0_);[Red](#,##0)"),
    (39, "#,##0.00_);(#,##0.00)"),
    (40, "#,##0.00_);[Red](#,##0.00)"),
    (48, "##0.0E+0"),
];
/// Formats are not longer.
const CODE_LIMIT_BYTES: usize = 1_024;
/// Digits behind the point that are shown at most.
const FRACTION_LIMIT: usize = 100;

/// How cells of a style show numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CellFormat {
    /// As many digits as fit a usual cell; also what formats that are not understood are taken for.
    General,
    /// A date or a time.
    Moment,
    /// Digits by sections: for positive numbers, negative ones and zero.
    Sections(Vec<Section>),
}

/// One way to show a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Section {
    prefix: String,
    suffix: String,
    has_digits: bool,
    whole_digits: usize,
    least_fraction: usize,
    most_fraction: usize,
    is_grouped: bool,
    percents: u32,
    thousands: u32,
    /// Digits of the exponent and whether it has a plus sign.
    exponent: Option<(usize, bool)>,
}

/// The formats of a workbook by number.
#[derive(Default)]
pub(super) struct Formats {
    own: HashMap<u32, CellFormat>,
}

impl Formats {
    /// Adds a format of the workbook.
    pub(super) fn add(&mut self, id: u32, code: &str) {
        self.own.insert(id, CellFormat::parse(code));
    }

    pub(super) fn len(&self) -> usize {
        self.own.len()
    }

    /// The format of a number.
    pub(super) fn get(&self, id: u32) -> CellFormat {
        if let Some(own) = self.own.get(&id) {
            return own.clone();
        }
        if matches!(id, 14..=22 | 45..=47) {
            return CellFormat::Moment;
        }
        let built_in = BUILT_IN.iter().find(|(number, _)| *number == id);
        built_in.map_or(CellFormat::General, |(_, code)| CellFormat::parse(code))
    }
}

/// A part of a format's text.
enum Token {
    /// Quoted or escaped: always shown.
    Literal(String),
    /// Inside of brackets.
    Bracket(String),
    Other(char),
    /// Between two sections.
    End,
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut characters = code.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => tokens.push(Token::Literal(characters.by_ref().take_while(|c| *c != '"').collect())),
            '\\' => tokens.extend(characters.next().map(|c| Token::Literal(c.to_string()))),
            // Space as wide as a character, and a character that fills the cell.
            '_' | '*' => {
                characters.next();
            }
            '[' => tokens.push(Token::Bracket(characters.by_ref().take_while(|c| *c != ']').collect())),
            ';' => tokens.push(Token::End),
            other => tokens.push(Token::Other(other)),
        }
    }
    tokens
}

impl CellFormat {
    /// Understands a format's text.
    pub(super) fn parse(code: &str) -> Self {
        if code.len() > CODE_LIMIT_BYTES || code.eq_ignore_ascii_case("general") || code == "@" {
            return CellFormat::General;
        }
        let tokens = tokens(code);
        if is_moment(&tokens) {
            return CellFormat::Moment;
        }
        let sections = tokens.split(|token| matches!(token, Token::End)).take(3);
        let sections: Option<Vec<Section>> = sections.map(Section::parse).collect();
        sections.map_or(CellFormat::General, CellFormat::Sections)
    }

    /// Appends the text that a cell shows for a number.
    ///
    /// # Source
    /// Apache POI `DataFormatter`: ties are rounded away from zero.
    pub(super) fn show(&self, value: f64, out: &mut String) {
        let CellFormat::Sections(sections) = self else { return out.push_str(&general(value)) };
        let (section, shown) = match sections.as_slice() {
            [_, negative, ..] if value < 0.0 => (negative, -value),
            [_, _, zero, ..] if value == 0.0 => (zero, value),
            [first, ..] => (first, value),
            [] => return out.push_str(&general(value)),
        };
        section.show(shown, out);
    }
}

/// Whether a format has parts of dates or times and no digits but those behind seconds.
fn is_moment(tokens: &[Token]) -> bool {
    let mut has_parts = false;
    let mut previous = ' ';
    for token in tokens {
        match token {
            Token::End => break,
            Token::Bracket(text) => {
                let lower = text.to_ascii_lowercase();
                let is_elapsed = !lower.is_empty()
                    && (lower.bytes().all(|b| b == b'h')
                        || lower.bytes().all(|b| b == b'm')
                        || lower.bytes().all(|b| b == b's'));
                has_parts |= is_elapsed;
            }
            Token::Literal(_) => {}
            Token::Other(character) => {
                match character.to_ascii_lowercase() {
                    'y' | 'm' | 'd' | 'h' | 's' => has_parts = true,
                    '0' if matches!(previous, '.' | '0') => {}
                    '0' | '#' | '?' | '@' | '%' | 'e' => return false,
                    _ => {}
                }
                previous = *character;
            }
        }
    }
    has_parts
}

impl Section {
    /// `None` for what is not understood: fractions, parts of dates beside digits.
    fn parse(tokens: &[Token]) -> Option<Self> {
        let mut section = Self::default();
        let (mut is_fraction, mut is_behind, mut commas) = (false, false, 0);
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            index += 1;
            match token {
                Token::End => return None,
                Token::Literal(text) => section.literal(text, &mut is_behind),
                Token::Bracket(text) => {
                    if let Some(currency) = text.strip_prefix('$') {
                        section.literal(currency.split('-').next().unwrap_or_default(), &mut is_behind);
                    }
                }
                Token::Other(character) => match character {
                    '0' | '#' | '?' if is_behind => return None,
                    '0' | '#' | '?' => {
                        section.has_digits = true;
                        if is_fraction {
                            section.most_fraction += 1;
                            if *character == '0' {
                                section.least_fraction = section.most_fraction;
                            }
                        } else {
                            section.is_grouped |= commas > 0;
                            section.whole_digits += usize::from(*character == '0');
                        }
                        commas = 0;
                    }
                    ',' if section.has_digits && !is_behind => commas += 1,
                    '.' if !is_behind && !is_fraction => {
                        section.thousands += commas;
                        (is_fraction, section.has_digits, commas) = (true, true, 0);
                    }
                    '%' => {
                        section.percents += 1;
                        section.literal("%", &mut is_behind);
                    }
                    'E' | 'e' if section.has_digits && !is_behind => {
                        let Some(Token::Other(sign @ ('+' | '-'))) = tokens.get(index) else { return None };
                        let digits = tokens[index + 1..].iter();
                        let digits = digits.take_while(|token| matches!(token, Token::Other('0' | '#' | '?'))).count();
                        section.exponent = Some((digits, *sign == '+'));
                        index += 1 + digits;
                        is_behind = true;
                    }
                    // What is left over of dates, a text, or a fraction.
                    'y' | 'm' | 'd' | 'h' | 's' | 'Y' | 'M' | 'D' | 'H' | 'S' | '@' => return None,
                    '/' if section.has_digits => return None,
                    other => section.literal(other.encode_utf8(&mut [0; 4]), &mut is_behind),
                },
            }
        }
        section.thousands += commas;
        section.most_fraction = section.most_fraction.min(FRACTION_LIMIT);
        section.least_fraction = section.least_fraction.min(FRACTION_LIMIT);
        section.whole_digits = section.whole_digits.min(FRACTION_LIMIT);
        Some(section)
    }

    fn literal(&mut self, text: &str, is_behind: &mut bool) {
        if self.has_digits {
            *is_behind = true;
            self.suffix.push_str(text);
        } else {
            self.prefix.push_str(text);
        }
    }

    fn show(&self, value: f64, out: &mut String) {
        if !self.has_digits {
            out.push_str(&self.prefix);
            out.push_str(&self.suffix);
            return;
        }
        let scaled = value * 100f64.powi(self.percents as i32) / 1000f64.powi(self.thousands as i32);
        let (digits, exponent) = match self.exponent {
            Some((digits, has_plus)) => self.scientific(scaled.abs(), digits, has_plus),
            None => (self.digits(scaled.abs()), String::new()),
        };
        // A number that is shown as zero has no sign.
        if scaled < 0.0 && digits.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
            out.push('-');
        }
        for part in [&self.prefix, &digits, &exponent, &self.suffix] {
            out.push_str(part);
        }
    }

    /// Digits without a sign.
    fn digits(&self, value: f64) -> String {
        let text = rounded(value, self.most_fraction);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let fraction = &fraction[..fraction.trim_end_matches('0').len().max(self.least_fraction.min(fraction.len()))];
        let whole = whole.trim_start_matches('0');
        let whole = format!("{}{whole}", "0".repeat(self.whole_digits.saturating_sub(whole.len())));
        let mut shown = String::new();
        for (index, digit) in whole.char_indices() {
            if self.is_grouped && index > 0 && (whole.len() - index).is_multiple_of(3) {
                shown.push(',');
            }
            shown.push(digit);
        }
        if !fraction.is_empty() {
            shown.push('.');
            shown.push_str(fraction);
        }
        // Java shows a number without any digit as a zero.
        if shown.is_empty() { "0".to_owned() } else { shown }
    }

    /// Digits and exponent.
    fn scientific(&self, value: f64, exponent_digits: usize, has_plus: bool) -> (String, String) {
        let text = format!("{value:.*e}", self.most_fraction);
        let (_, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let mantissa = if value == 0.0 { 0.0 } else { value / 10f64.powi(exponent) };
        let sign = if exponent < 0 {
            "-"
        } else if has_plus {
            "+"
        } else {
            ""
        };
        let width = exponent_digits.clamp(1, 10);
        (self.digits(mantissa), format!("E{sign}{:0width$}", exponent.unsigned_abs()))
    }
}

/// A number that is not negative with `fraction` digits behind the point, ties rounded up.
#[allow(clippy::float_cmp, reason = "only a tie that is exact is one")]
fn rounded(value: f64, fraction: usize) -> String {
    let factor = 10f64.powi(fraction as i32);
    let scaled = value * factor;
    let is_exact = value.mul_add(factor, -scaled) == 0.0;
    if is_exact && scaled.fract() == 0.5 {
        let digits = format!("{:.0}", scaled.trunc() + 1.0);
        let digits = format!("{digits:0>width$}", width = fraction + 1);
        let (whole, behind) = digits.split_at(digits.len() - fraction);
        return if fraction == 0 { whole.to_owned() } else { format!("{whole}.{behind}") };
    }
    format!("{value:.fraction$}")
}

/// The text of a number in the format `General`.
///
/// # Source
/// Apache POI `ExcelGeneralNumberFormat`.
#[allow(clippy::float_cmp, reason = "a whole number is its own floor, exactly")]
fn general(value: f64) -> String {
    let size = value.abs();
    if size >= 1e11 || (size > 0.0 && size <= 1e-10) {
        let text = format!("{value:.5e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}E{exponent}", without_zeros(mantissa));
    }
    if value.floor() == value || size >= 1e10 {
        let text = format!("{value:.0}");
        return if text == "-0" { "0".to_owned() } else { text };
    }
    let ten_digits: f64 = format!("{value:.9e}").parse().unwrap_or(value);
    without_zeros(&format!("{ten_digits:.10}")).to_owned()
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}
