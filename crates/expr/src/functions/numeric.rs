//! Numbers: absolute value, powers, logarithms, trigonometry, randomness.

use super::cells::{Doubles, Longs, failed, primitive_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::arithmetic::negate;
use crate::compute::convert::{to_doubles, to_number};
use crate::compute::value::Value;
use crate::java::random::{java_first_double, unit_double};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType as ArrowType;
use millrace_batch::{DataType, Result};
use std::sync::Arc;

use Parameter::{Any, Double, Long, Number};

const DOUBLE: ResultType = ResultType::Fixed(DataType::Double);

/// Numbers: absolute value, powers, logarithms, trigonometry, randomness.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["ABS"],
        [Number],
        1,
        ResultType::SameAs(0),
        abs,
        "Absolute value; the lowest INT and BIGINT stay themselves.",
        ("ABS(-7)", "7")
    ),
    function!(["ACOS"], [Double], 1, DOUBLE, acos, "Arc cosine in radians; NaN outside -1..1.", ("ACOS(1)", "0.0")),
    function!(["ASIN"], [Double], 1, DOUBLE, asin, "Arc sine in radians; NaN outside -1..1.", ("ASIN(0)", "0.0")),
    function!(["ATAN"], [Double], 1, DOUBLE, atan, "Arc tangent in radians.", ("ATAN(0)", "0.0")),
    function!(
        ["ATAN2"],
        [Double, Double],
        2,
        DOUBLE,
        atan2,
        "Angle of the point (second, first argument) in radians.",
        ("ATAN2(1, 1)", "0.7853981633974483")
    ),
    function!(["COS"], [Double], 1, DOUBLE, cos, "Cosine of radians.", ("COS(0)", "1.0")),
    function!(["COSH"], [Double], 1, DOUBLE, cosh, "Hyperbolic cosine.", ("COSH(0)", "1.0")),
    function!(
        ["COT"],
        [Double],
        1,
        DOUBLE,
        cot,
        "Cotangent of radians. Fails where the tangent is 0.",
        ("COT(1)", "0.6420926159343306")
    ),
    function!(["SIN"], [Double], 1, DOUBLE, sin, "Sine of radians.", ("SIN(0)", "0.0")),
    function!(["SINH"], [Double], 1, DOUBLE, sinh, "Hyperbolic sine.", ("SINH(0)", "0.0")),
    function!(["TAN"], [Double], 1, DOUBLE, tan, "Tangent of radians.", ("TAN(0)", "0.0")),
    function!(["TANH"], [Double], 1, DOUBLE, tanh, "Hyperbolic tangent.", ("TANH(0)", "0.0")),
    function!(["RADIANS"], [Double], 1, DOUBLE, radians, "Degrees to radians.", ("RADIANS(180)", "3.141592653589793")),
    function!(["EXP"], [Double], 1, DOUBLE, exp, "Power of e.", ("EXP(1)", "2.718281828459045")),
    function!(["SQRT"], [Double], 1, DOUBLE, sqrt, "Square root; NaN below 0.", ("SQRT(2.25)", "1.5")),
    function!(
        ["POWER"],
        [Double, Double],
        2,
        DOUBLE,
        power,
        "First argument to the power of the second.",
        ("POWER(2, 10)", "1024.0")
    ),
    function!(["LN"], [Double], 1, DOUBLE, ln, "Natural logarithm. Fails for 0 and below.", ("LN(1)", "0.0")),
    function!(
        ["LOG10"],
        [Double],
        1,
        DOUBLE,
        log10,
        "Logarithm to base 10. Fails for 0 and below.",
        ("LOG10(1000)", "3.0")
    ),
    function!(
        ["LOG"],
        [Double, Double],
        2,
        DOUBLE,
        log,
        "Logarithm of the second argument to the base of the first. Fails for 0 and below.",
        ("LOG(2, 8)", "3.0")
    ),
    function!(
        ["MOD"],
        [Number, Number],
        2,
        ResultType::SameAs(1),
        modulo,
        "Remainder of doubles, in the type of the second argument. Fails for a divisor of 0.",
        ("MOD(7, 4)", "3")
    ),
    function!(["PI"], [], 0, DOUBLE, pi, "The number pi.", ("PI()", "3.141592653589793")),
    Function {
        names: &["RAND", "RANDOM"],
        parameters: &[Long],
        required: 0,
        variadic: false,
        result: DOUBLE,
        pure: false,
        evaluate: rand,
        doc: "A number from 0 (included) to 1. A seed gives the first number of Java's generator, the same on every \
              row.",
        example: ("", ""),
    },
    function!(
        ["SIGN"],
        [Any],
        1,
        ResultType::Fixed(DataType::Int),
        sign,
        "-1, 0 or 1; 0 for null.",
        ("SIGN(-2.5)", "-1")
    ),
];

fn abs(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let array = arguments[0].array();
    Ok(match array.data_type() {
        ArrowType::Int8 => Arc::new(array.as_primitive::<Int8Type>().unary::<_, Int8Type>(i8::wrapping_abs)),
        ArrowType::Int16 => Arc::new(array.as_primitive::<Int16Type>().unary::<_, Int16Type>(i16::wrapping_abs)),
        ArrowType::Int32 => Arc::new(array.as_primitive::<Int32Type>().unary::<_, Int32Type>(i32::wrapping_abs)),
        ArrowType::Int64 => Arc::new(array.as_primitive::<Int64Type>().unary::<_, Int64Type>(i64::wrapping_abs)),
        ArrowType::Float32 => Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(f32::abs)),
        ArrowType::Float64 => Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::abs)),
        ArrowType::Decimal128(_, _) => {
            let positive = array.as_primitive::<Decimal128Type>().unary::<_, Decimal128Type>(i128::wrapping_abs);
            Arc::new(positive.with_data_type(array.data_type().clone()))
        }
        _ => negate(array, call.result)?,
    })
}

fn unary(arguments: &[Value], apply: impl Fn(f64) -> f64) -> ArrayRef {
    Arc::new(arguments[0].array().as_primitive::<Float64Type>().unary::<_, Float64Type>(apply))
}

/// One function of a double per line, none of which can fail.
macro_rules! unary_functions {
    ($($name:ident => $apply:expr;)*) => {$(
        fn $name(_: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
            Ok(unary(arguments, $apply))
        }
    )*};
}

// The same code on every target, so that native and WASM results are equal to the bit.
unary_functions! {
    acos => libm::acos;
    asin => libm::asin;
    atan => libm::atan;
    cos => libm::cos;
    cosh => libm::cosh;
    sin => libm::sin;
    sinh => libm::sinh;
    tan => libm::tan;
    tanh => libm::tanh;
    exp => crate::java::exponential::exp;
    sqrt => libm::sqrt;
    radians => f64::to_radians;
}

fn fallible(call: &Call<'_>, arguments: &[Value], apply: impl Fn(f64) -> Result<f64>) -> Result<ArrayRef> {
    let values = Doubles::new(&arguments[0]);
    primitive_column::<Float64Type>(call, |row| values.get(row).map(&apply).transpose())
}

fn binary(call: &Call<'_>, arguments: &[Value], apply: impl Fn(f64, f64) -> Result<f64>) -> Result<ArrayRef> {
    let (left, right) = (Doubles::new(&arguments[0]), Doubles::new(&arguments[1]));
    primitive_column::<Float64Type>(call, |row| match (left.get(row), right.get(row)) {
        (Some(left), Some(right)) => apply(left, right).map(Some),
        _ => Ok(None),
    })
}

fn atan2(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    binary(call, arguments, |y, x| Ok(libm::atan2(y, x)))
}

fn power(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    binary(call, arguments, |base, exponent| Ok(libm::pow(base, exponent)))
}

fn cot(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    fallible(call, arguments, |angle| {
        let tangent = libm::tan(angle);
        if tangent == 0.0 { Err(failed("division by zero in COT")) } else { Ok(1.0 / tangent) }
    })
}

fn positive(value: f64) -> Result<f64> {
    if value <= 0.0 { Err(failed(format!("the logarithm of '{value}' does not exist"))) } else { Ok(value) }
}

fn ln(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    fallible(call, arguments, |value| positive(value).map(libm::log))
}

fn log10(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    fallible(call, arguments, |value| positive(value).map(libm::log10))
}

fn log(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    binary(call, arguments, |base, value| {
        let (base, value) = (positive(base)?, positive(value)?);
        if base.to_bits() == 10f64.to_bits() {
            return Ok(libm::log10(value));
        }
        Ok(libm::log(value) / libm::log(base))
    })
}

fn modulo(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let dividends = Value::map(&arguments[0], |array| Ok(Arc::new(to_doubles(array)?)))?;
    let divisors = Value::map(&arguments[1], |array| Ok(Arc::new(to_doubles(array)?)))?;
    let remainders = binary(call, &[dividends, divisors], |dividend, divisor| {
        if divisor == 0.0 { Err(failed("Mod by zero")) } else { Ok(dividend % divisor) }
    })?;
    to_number(&remainders, call.result)
}

fn pi(call: &Call<'_>, _: &[Value]) -> Result<ArrayRef> {
    primitive_column::<Float64Type>(call, |_| Ok(Some(std::f64::consts::PI)))
}

fn rand(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let seeds = arguments.first().map(Longs::new);
    primitive_column::<Float64Type>(call, |row| {
        let seed = seeds.as_ref().and_then(|seeds| seeds.get(row));
        Ok(Some(seed.map_or_else(|| unit_double(call.runtime.random_bits()), java_first_double)))
    })
}

fn sign(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let value = &arguments[0];
    let numbers = to_doubles(value.array()).ok();
    primitive_column::<Int32Type>(call, |row| {
        if value.is_null(row) {
            return Ok(Some(0));
        }
        let number = numbers.as_ref().ok_or_else(|| failed("the argument of SIGN is not a number"))?;
        let number = number.value(value.index(row));
        Ok(Some(i32::from(number > 0.0) - i32::from(number < 0.0)))
    })
}
