//! Formats floats as Go's `strconv.AppendFloat` does, with a sign only if it is a minus.

/// Formats a float by a verb of `printf`: `e`, `E`, `f`, `g`, `G`, `x`, `X` or `b`; without a precision, with the
/// fewest digits that identify the number.
pub(super) fn verb(value: f64, verb: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let size = value.abs();
    let body = match verb {
        _ if size.is_infinite() => return if sign.is_empty() { "+Inf" } else { "-Inf" }.to_owned(),
        'b' => binary(size),
        'x' => hexadecimal(size, precision),
        'X' => hexadecimal(size, precision).to_uppercase(),
        'e' => exponent(size, precision),
        'E' => exponent(size, precision).to_uppercase(),
        'f' => precision.map_or_else(|| size.to_string(), |digits| fixed(size, digits)),
        'G' => general(size, precision).to_uppercase(),
        _ => general(size, precision),
    };
    format!("{sign}{body}")
}

/// The largest number of digits that a float can have after its point; any more are zeros, and `format!` supports no
/// precision above 65,535.
const MOST_DIGITS: usize = 1100;

/// `%f`: with a number of digits after the point.
fn fixed(size: f64, digits: usize) -> String {
    let told = digits.min(MOST_DIGITS);
    format!("{size:.told$}{}", "0".repeat(digits - told))
}

/// Returns the digits and the exponent in base 10.
fn scientific(size: f64, precision: Option<usize>) -> (String, i32) {
    let told = precision.map(|digits| digits.min(MOST_DIGITS));
    let text = match told {
        Some(told) => format!("{size:.told$e}"),
        None => format!("{size:e}"),
    };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let further = precision.zip(told).map_or(0, |(digits, told)| digits - told);
    (digits.to_owned() + &"0".repeat(further), exponent.parse().unwrap_or(0))
}

fn exponent(size: f64, precision: Option<usize>) -> String {
    let (digits, exponent) = scientific(size, precision);
    exponent_form(&digits, exponent)
}

fn exponent_form(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// `%g`: in exponent form for exponents below -4, and from the precision on, which is 6 for the shortest form, as in
/// `ftoa.go`.
fn general(size: f64, precision: Option<usize>) -> String {
    let precision = precision.map(|digits| digits.max(1));
    let (digits, exponent) = scientific(size, precision.map(|digits| digits - 1));
    let digits = match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => &digits,
    };
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let least = match precision.map(|digits| i32::try_from(digits).unwrap_or(i32::MAX)) {
        None => 6,
        Some(most) if most > count && count > exponent => count,
        Some(most) => most,
    };
    if size != 0.0 && (exponent < -4 || exponent >= least) {
        return exponent_form(digits, exponent);
    }
    let places = usize::try_from(count - 1 - exponent).unwrap_or(0);
    format!("{size:.places$}")
}

const MANTISSA_BITS: u32 = 52;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;

/// Returns the mantissa, and the exponent of its last bit in base 2.
fn parts(size: f64) -> (u64, i32) {
    let bits = size.to_bits();
    let exponent = i32::try_from(bits >> MANTISSA_BITS & 0x7ff).unwrap_or(0);
    match exponent {
        0 => (bits & MANTISSA, -1074),
        exponent => (bits & MANTISSA | 1 << MANTISSA_BITS, exponent - 1075),
    }
}

/// Formats a float as `4503599627370496p-52`.
fn binary(size: f64) -> String {
    let (mantissa, exponent) = parts(size);
    format!("{mantissa}p{exponent:+}")
}

/// Formats a float as `0x1.8p+01`, with `precision` digits, rounded half to even.
fn hexadecimal(size: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(size);
    if mantissa == 0 {
        exponent = 0;
    } else {
        // As in `fmtX`, the leading bit is moved to bit 60, so that it is followed by whole digits.
        exponent += i32::try_from(MANTISSA_BITS).unwrap_or(0);
        mantissa <<= 60 - MANTISSA_BITS;
        while mantissa >> 60 == 0 {
            mantissa <<= 1;
            exponent -= 1;
        }
    }
    if let Some(digits) = precision.filter(|digits| *digits < 15) {
        let shift = 4 * digits;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction = match precision {
        None => fraction.trim_end_matches('0').to_owned(),
        Some(digits) if digits < fraction.len() => fraction[..digits].to_owned(),
        Some(digits) => {
            let further = digits - fraction.len();
            fraction + &"0".repeat(further)
        }
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("0x{}{point}{fraction}p{sign}{:02}", mantissa >> 60, exponent.abs())
}
