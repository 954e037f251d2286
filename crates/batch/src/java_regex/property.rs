//! `\p{…}` and the short classes.

use super::Fault;
use super::set::{negated, of, of_chars};
use regex_syntax::hir::{Class, ClassUnicode, HirKind};

/// The class that the library knows by a name, for example `\p{Greek}`.
fn unicode(expression: &str) -> Option<ClassUnicode> {
    match regex_syntax::parse(expression).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(set)) => Some(set),
        HirKind::Class(Class::Bytes(set)) => set.to_unicode_class(),
        HirKind::Literal(literal) => Some(of_chars(&[std::str::from_utf8(&literal.0).ok()?.chars().next()?])),
        _ => None,
    }
}

/// ASCII classes of POSIX names, with their meaning under `UNICODE_CHARACTER_CLASS`.
const POSIX: [(&str, &str, &str); 13] = [
    ("Lower", "[a-z]", r"\p{Lowercase}"),
    ("Upper", "[A-Z]", r"\p{Uppercase}"),
    ("ASCII", r"[\x00-\x7F]", r"[\x00-\x7F]"),
    ("Alpha", "[a-zA-Z]", r"\p{Alphabetic}"),
    ("Digit", "[0-9]", r"\p{Nd}"),
    ("Alnum", "[a-zA-Z0-9]", r"[\p{Alphabetic}\p{Nd}]"),
    ("Punct", "[[:punct:]]", r"\p{P}"),
    ("Graph", "[!-~]", r"[^\p{White_Space}\p{Cc}\p{Cs}\p{Cn}]"),
    ("Print", "[ -~]", r"[[^\p{White_Space}\p{Cc}\p{Cs}\p{Cn}]\p{Zs}]"),
    ("Blank", r"[ \t]", r"[\t\p{Zs}]"),
    ("Cntrl", r"[\x00-\x1F\x7F]", r"\p{Cc}"),
    ("XDigit", "[0-9a-fA-F]", r"[\p{Nd}\p{Hex_Digit}]"),
    ("Space", r"[ \t\n\x0B\x0C\r]", r"\p{White_Space}"),
];

/// Methods of `java.lang.Character` and names that only Java has.
const JAVA: [(&str, &str); 20] = [
    ("javaLowerCase", r"\p{Lowercase}"),
    ("javaUpperCase", r"\p{Uppercase}"),
    ("javaAlphabetic", r"\p{Alphabetic}"),
    ("javaIdeographic", r"\p{Ideographic}"),
    ("javaTitleCase", r"\p{Lt}"),
    ("javaDigit", r"\p{Nd}"),
    ("javaDefined", r"\P{Cn}"),
    ("javaLetter", r"\p{L}"),
    ("javaLetterOrDigit", r"[\p{L}\p{Nd}]"),
    ("javaJavaIdentifierStart", r"[\p{L}\p{Nl}\p{Sc}\p{Pc}]"),
    ("javaJavaIdentifierPart", r"[\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mc}\p{Mn}\p{Cf}\x00-\x08\x0E-\x1B\x7F-\x9F]"),
    ("javaUnicodeIdentifierStart", r"\p{ID_Start}"),
    ("javaUnicodeIdentifierPart", r"[\p{ID_Continue}\p{Cf}\x00-\x08\x0E-\x1B\x7F-\x9F]"),
    ("javaSpaceChar", r"\p{Z}"),
    ("javaWhitespace", r"[\t-\r\x1C-\x1F[\p{Z}--[\u{A0}\u{2007}\u{202F}]]]"),
    ("javaISOControl", r"[\x00-\x1F\x7F-\x9F]"),
    ("LD", r"[\p{L}\p{Nd}]"),
    ("L1", r"[\x00-\u{FF}]"),
    ("all", r"[\x00-\u{10FFFF}]"),
    ("LC", r"[\p{Lu}\p{Ll}\p{Lt}]"),
];

/// The blocks that patterns use; the library has no table of blocks.
const BLOCKS: [(&str, char, char); 20] = [
    ("BASICLATIN", '\0', '\u{7F}'),
    ("LATIN1SUPPLEMENT", '\u{80}', '\u{FF}'),
    ("LATINEXTENDEDA", '\u{100}', '\u{17F}'),
    ("LATINEXTENDEDB", '\u{180}', '\u{24F}'),
    ("COMBININGDIACRITICALMARKS", '\u{300}', '\u{36F}'),
    ("GREEK", '\u{370}', '\u{3FF}'),
    ("GREEKANDCOPTIC", '\u{370}', '\u{3FF}'),
    ("CYRILLIC", '\u{400}', '\u{4FF}'),
    ("HEBREW", '\u{590}', '\u{5FF}'),
    ("ARABIC", '\u{600}', '\u{6FF}'),
    ("DEVANAGARI", '\u{900}', '\u{97F}'),
    ("THAI", '\u{E00}', '\u{E7F}'),
    ("GENERALPUNCTUATION", '\u{2000}', '\u{206F}'),
    ("CURRENCYSYMBOLS", '\u{20A0}', '\u{20CF}'),
    ("CJKSYMBOLSANDPUNCTUATION", '\u{3000}', '\u{303F}'),
    ("HIRAGANA", '\u{3040}', '\u{309F}'),
    ("KATAKANA", '\u{30A0}', '\u{30FF}'),
    ("CJKUNIFIEDIDEOGRAPHS", '\u{4E00}', '\u{9FFF}'),
    ("HANGULSYLLABLES", '\u{AC00}', '\u{D7AF}'),
    ("HALFWIDTHANDFULLWIDTHFORMS", '\u{FF00}', '\u{FFEF}'),
];

/// The binary properties behind `Is`, as the library spells them.
const BINARY: [(&str, &str); 18] = [
    ("ALPHABETIC", r"\p{Alphabetic}"),
    ("LETTER", r"\p{L}"),
    ("IDEOGRAPHIC", r"\p{Ideographic}"),
    ("LOWERCASE", r"\p{Lowercase}"),
    ("UPPERCASE", r"\p{Uppercase}"),
    ("TITLECASE", r"\p{Lt}"),
    ("WHITESPACE", r"\p{White_Space}"),
    ("CONTROL", r"\p{Cc}"),
    ("PUNCTUATION", r"\p{P}"),
    ("HEXDIGIT", r"[\p{Nd}\p{Hex_Digit}]"),
    ("ASSIGNED", r"\P{Cn}"),
    ("NONCHARACTERCODEPOINT", r"\p{Noncharacter_Code_Point}"),
    ("DIGIT", r"\p{Nd}"),
    ("ALNUM", r"[\p{Alphabetic}\p{Nd}]"),
    ("JOINCONTROL", r"\p{Join_Control}"),
    ("WORD", r"\w"),
    ("EMOJI", r"\p{Emoji}"),
    ("EMOJIPRESENTATION", r"\p{Emoji_Presentation}"),
];

/// The set that a property's name stands for.
///
/// `any_case` is `CASE_INSENSITIVE`, under which the cases of `Lower`, `Upper` and the like are one.
pub(super) fn property(name: &str, any_case: bool, unicode_class: bool) -> Result<ClassUnicode, Fault> {
    let known = lookup(name, any_case, unicode_class);
    known.ok_or_else(|| Fault::unsupported(format!("the property '{name}'")))
}

fn lookup(name: &str, any_case: bool, unicode_class: bool) -> Option<ClassUnicode> {
    if let Some((key, value)) = name.split_once('=') {
        return match key.trim().to_ascii_lowercase().as_str() {
            "sc" | "script" => unicode(&format!(r"\p{{Script={value}}}")),
            "blk" | "block" => block(value),
            "gc" | "general_category" => category(value),
            _ => None,
        };
    }
    if let Some((_, ascii, wide)) = POSIX.iter().find(|(posix, ..)| *posix == name) {
        return match (any_case, unicode_class, name) {
            (true, false, "Lower" | "Upper") => unicode("[a-zA-Z]"),
            (true, true, "Lower" | "Upper") => unicode(r"[\p{Lowercase}\p{Uppercase}\p{Lt}]"),
            (_, true, _) => unicode(wide),
            _ => unicode(ascii),
        };
    }
    if any_case && matches!(name, "javaLowerCase" | "javaUpperCase" | "Lu" | "Ll" | "Lt") {
        return unicode(r"[\p{Lowercase}\p{Uppercase}\p{Lt}]");
    }
    if let Some((_, expression)) = JAVA.iter().find(|(java, _)| *java == name) {
        return unicode(expression);
    }
    if let Some(rest) = name.strip_prefix("In") {
        return block(rest);
    }
    let Some(rest) = name.strip_prefix("Is") else { return category(name) };
    let plain = normalized(rest);
    if let Some((_, expression)) = BINARY.iter().find(|(binary, _)| *binary == plain) {
        let cases = any_case && matches!(plain.as_str(), "LOWERCASE" | "UPPERCASE" | "TITLECASE");
        return unicode(if cases { r"[\p{Lowercase}\p{Uppercase}\p{Lt}]" } else { expression });
    }
    category(rest).or_else(|| unicode(&format!(r"\p{{Script={rest}}}")))
}

/// A general category by its short name; its long names are no Java names.
fn category(name: &str) -> Option<ClassUnicode> {
    let short =
        matches!(name.as_bytes(), [b'C' | b'L' | b'M' | b'N' | b'P' | b'S' | b'Z'] | [b'A'..=b'Z', b'a'..=b'z']);
    let set = if short { unicode(&format!(r"\p{{General_Category={name}}}")) } else { None };
    set.or_else(|| JAVA.iter().skip(16).find(|(java, _)| *java == name).and_then(|(_, set)| unicode(set)))
}

fn block(name: &str) -> Option<ClassUnicode> {
    let plain = normalized(name);
    BLOCKS.iter().find(|(block, ..)| *block == plain).map(|(_, start, end)| of(&[(*start, *end)]))
}

fn normalized(name: &str) -> String {
    name.chars().filter(|symbol| !matches!(symbol, ' ' | '_' | '-')).map(|symbol| symbol.to_ascii_uppercase()).collect()
}

/// `\d \w \s \h \v` and their opposites; `None` for any other letter.
pub(super) fn short_class(letter: char, unicode_class: bool) -> Option<ClassUnicode> {
    let set = match (letter.to_ascii_lowercase(), unicode_class) {
        ('d', false) => of(&[('0', '9')]),
        ('w', false) => of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        ('s', false) => of(&[('\t', '\r'), (' ', ' ')]),
        ('d', true) => unicode(r"\d")?,
        ('w', true) => unicode(r"\w")?,
        ('s', true) => unicode(r"\s")?,
        ('h', _) => of(&[
            ('\t', '\t'),
            (' ', ' '),
            ('\u{A0}', '\u{A0}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{180E}', '\u{180E}'),
            ('\u{2000}', '\u{200A}'),
            ('\u{202F}', '\u{202F}'),
            ('\u{205F}', '\u{205F}'),
            ('\u{3000}', '\u{3000}'),
        ]),
        ('v', _) => of(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')]),
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() { negated(set) } else { set })
}
