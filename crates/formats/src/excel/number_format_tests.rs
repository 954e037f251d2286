//! Tests of number formats.

use super::number_format::*;

fn shown(code: &str, value: f64) -> String {
    let mut text = String::new();
    CellFormat::parse(code).show(value, &mut text);
    text
}

#[test]
fn numbers_show_as_their_format_says() {
    for (code, value, expected) in [
        ("General", 0.0, "0"),
        ("General", -0.0, "0"),
        ("General", 1.0, "1"),
        ("General", -12345.678, "-12345.678"),
        ("General", 0.1 + 0.2, "0.3"),
        ("General", 1.0 / 3.0, "0.3333333333"),
        ("General", 12_345_678_901.0, "12345678901"),
        ("General", 123_456_789_012.0, "1.23457E11"),
        ("General", 1e-11, "1E-11"),
        ("General", 9_007_199_254_740_993.0, "9.0072E15"),
        ("0", 2.5, "3"),
        ("0", -2.5, "-3"),
        ("0", -0.4, "0"),
        ("00000", 42.0, "00042"),
        ("0.00", 1.005, "1.00"),
        ("0.00", 0.125, "0.13"),
        ("0.00", 1234.5, "1234.50"),
        ("0.##", 1.5, "1.5"),
        ("0.0#", 1.0, "1.0"),
        ("#", 0.0, "0"),
        ("#,##0", 1_234_567.0, "1,234,567"),
        ("#,##0.00", -1234.5, "-1,234.50"),
        ("#,##0", 999.0, "999"),
        ("#,##0,", 1_234_567.0, "1,235"),
        ("0%", 0.256, "26%"),
        ("0.00%", -0.1234, "-12.34%"),
        ("0.00E+00", 12345.0, "1.23E+04"),
        ("0.0E-0", 0.00012, "1.2E-4"),
        ("\"$\"#,##0.00_);(\"$\"#,##0.00)", -5.0, "($5.00)"),
        ("[$€-407] #,##0.00", 5.0, "€ 5.00"),
        ("0\" kg\"", 5.0, "5 kg"),
        ("0;-0;\"none\"", 0.0, "none"),
        ("[Red]0.0", 5.25, "5.3"),
        ("\\#0", 7.0, "#7"),
        ("# ?/?", 0.5, "0.5"),
        ("\"yes\"", 1.0, "yes"),
        ("@", 1.5, "1.5"),
        ("", 1.5, ""),
    ] {
        assert_eq!(shown(code, value), expected, "{value} as {code:?}");
    }
}

#[test]
fn formats_of_moments_are_known() {
    for code in [
        "yyyy-mm-dd",
        "m/d/yy h:mm",
        "[h]:mm:ss",
        "mm:ss.0",
        "hh:mm:ss.000",
        "[$-409]d-mmm-yy;@",
        "yyyy\"年\"m\"月\"d\"日\"",
        "h:mm AM/PM",
        "dddd",
        "[m]",
        "d\\.m\\.yyyy",
        "YYYY/MM/DD HH:MM:SS",
    ] {
        assert_eq!(CellFormat::parse(code), CellFormat::Moment, "{code}");
    }
    for code in ["General", "0.00", "\"day\" 0", "[Red]0", "0 \"h\"", "@", "#,##0", "0.00E+00", "\\d0", "[Blue]", ""] {
        assert_ne!(CellFormat::parse(code), CellFormat::Moment, "{code}");
    }
    let formats = Formats::default();
    for (id, is_moment) in
        [(0, false), (2, false), (13, false), (14, true), (22, true), (23, false), (45, true), (49, false)]
    {
        assert_eq!(formats.get(id) == CellFormat::Moment, is_moment, "{id}");
    }
}
