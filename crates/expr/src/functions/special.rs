//! What is written like a function and is part of the grammar: its documentation, and examples that run as tests.

/// One form of the grammar.
pub struct SpecialForm {
    /// Name in capitals.
    pub name: &'static str,
    /// How it is written.
    pub syntax: &'static str,
    /// Type of the result.
    pub result: &'static str,
    /// What it does: effect, nulls, errors.
    pub doc: &'static str,
    /// An expression and the text of its result, null as `null`.
    pub example: (&'static str, &'static str),
}

/// Every form, in the order of the documentation.
pub static SPECIAL_FORMS: &[SpecialForm] = &[
    SpecialForm {
        name: "CAST",
        syntax: "CAST(x AS type)",
        result: "the type",
        doc: "The value in another type, by the table of casts. Null stays null. Fails where the value has no counterpart.",
        example: ("CAST(1.231 AS DECIMAL(10, 2))", "1.24"),
    },
    SpecialForm {
        name: "TRY_CAST",
        syntax: "TRY_CAST(x AS type)",
        result: "the type",
        doc: "As CAST, with null where CAST fails.",
        example: ("TRY_CAST('1.5' AS INT)", "null"),
    },
    SpecialForm {
        name: "CASE",
        syntax: "CASE WHEN condition THEN value … [ELSE value] END",
        result: "the type of all values",
        doc: "The value of the first condition that holds; null when none does and there is no ELSE. The values have one \
              type, or are numbers, of which the widest type counts.",
        example: ("CASE WHEN one > 1 THEN 'many' ELSE 'one' END", "one"),
    },
    SpecialForm {
        name: "CASE (simple)",
        syntax: "CASE x WHEN y THEN value … [ELSE value] END",
        result: "the type of all values",
        doc: "The value behind the first `y` that equals `x`, or that is a condition which holds. A null equals nothing.",
        example: ("CASE one WHEN 1 THEN 'one' WHEN 2 THEN 'two' END", "one"),
    },
    SpecialForm {
        name: "MULTI_IF",
        syntax: "MULTI_IF(condition, value, …, otherwise)",
        result: "the type of all values",
        doc: "The value behind the first condition that holds, else the last argument.",
        example: ("MULTI_IF(one > 1, 'many', one = 1, 'one', 'none')", "one"),
    },
];
