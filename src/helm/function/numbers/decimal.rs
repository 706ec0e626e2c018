//! Arithmetic of floats as decimal numbers: 0.1 + 0.2 is 0.3.
//!
//! Mirrors shopspring/decimal, which sprig's functions on floats use: a float is converted to the shortest decimal
//! number that denotes it, and the result is rounded once, at the end.

/// The number of digits after the point in the result of a division.
const DIVISION_PLACES: i32 = 16;

/// The number `digits * 10^exponent`.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    fn of(number: f64) -> Option<Self> {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent: i32 = exponent.parse().ok()?;
        let digits = format!("{whole}{part}").parse().ok()?;
        Some(Self { digits, exponent: exponent - i32::try_from(part.len()).ok()? })
    }

    fn float(self) -> Option<f64> {
        format!("{}e{}", self.digits, self.exponent).parse().ok()
    }

    /// The digits for a lower exponent.
    fn scaled(self, exponent: i32) -> Option<i128> {
        let steps = u32::try_from(self.exponent - exponent).ok()?;
        self.digits.checked_mul(10i128.checked_pow(steps)?)
    }
}

/// The sum; if there are too many digits, that of the floats.
pub(super) fn add(a: f64, b: f64) -> f64 {
    let exact = || {
        let (a, b) = (Decimal::of(a)?, Decimal::of(b)?);
        let exponent = a.exponent.min(b.exponent);
        let digits = a.scaled(exponent)?.checked_add(b.scaled(exponent)?)?;
        Decimal { digits, exponent }.float()
    };
    exact().unwrap_or(a + b)
}

/// The product; if there are too many digits, that of the floats.
pub(super) fn multiply(a: f64, b: f64) -> f64 {
    let exact = || {
        let (a, b) = (Decimal::of(a)?, Decimal::of(b)?);
        let digits = a.digits.checked_mul(b.digits)?;
        Decimal { digits, exponent: a.exponent + b.exponent }.float()
    };
    exact().unwrap_or(a * b)
}

/// The quotient by a number that is not 0, rounded to 16 digits after the point, halves away from zero. If there are
/// too many digits, that of the floats.
pub(super) fn divide(a: f64, b: f64) -> f64 {
    let rounded = || {
        let (a, b) = (Decimal::of(a)?, Decimal::of(b)?);
        let shift = a.exponent - b.exponent + DIVISION_PLACES;
        let power = 10i128.checked_pow(shift.unsigned_abs())?;
        let (over, under) = match shift >= 0 {
            true => (a.digits.checked_mul(power)?, b.digits),
            false => (a.digits, b.digits.checked_mul(power)?),
        };
        let (quotient, rest) = (over / under, over % under);
        let up = rest.unsigned_abs() >= under.unsigned_abs() - rest.unsigned_abs();
        let step = if (over < 0) == (under < 0) { 1 } else { -1 };
        let digits = quotient + if up && rest != 0 { step } else { 0 };
        Decimal { digits, exponent: -DIVISION_PLACES }.float()
    };
    rounded().unwrap_or(a / b)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the nearest float of a decimal is meant")]
mod tests {
    use super::*;

    #[test]
    fn floats_are_taken_for_the_decimals_that_a_person_wrote() {
        assert_eq!(add(0.1, 0.2), 0.3);
        assert_eq!(add(9_223_372_036_854_775_808.0, 1.0), 9_223_372_036_854_775_809.0);
        assert_eq!(add(1e300, 1e-300), 1e300);
        assert_eq!(multiply(1.1, 1.1), 1.21);
        assert_eq!(multiply(-3.0, 0.1), -0.3);
        assert_eq!(divide(1.0, 3.0), 0.333_333_333_333_333_3);
        assert_eq!(divide(2.0, -3.0), -0.666_666_666_666_666_7);
        assert_eq!(divide(1e-17, 1.0), 0.0);
        assert_eq!(divide(0.0, 5.0), 0.0);
    }
}
