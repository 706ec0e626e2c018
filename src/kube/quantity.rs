//! Parses quantities, in the notation of `k8s.io/apimachinery/pkg/api/resource`.

/// Parses a quantity to base units: cores for CPU, bytes for memory. `None` if Kubernetes would refuse the text.
#[must_use]
pub fn parse_quantity(text: &str) -> Option<f64> {
    let end = text
        .char_indices()
        .find(|&(at, char)| {
            let sign = at == 0 && matches!(char, '+' | '-');
            !(sign || char.is_ascii_digit() || char == '.')
        })
        .map_or(text.len(), |(at, _)| at);
    let (number, suffix) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let scale = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0_f64.powi(2),
        "Gi" => 1024.0_f64.powi(3),
        "Ti" => 1024.0_f64.powi(4),
        "Pi" => 1024.0_f64.powi(5),
        "Ei" => 1024.0_f64.powi(6),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            10.0_f64.powi(power)
        }
    };
    Some(number * scale)
}

#[cfg(test)]
mod tests {
    use super::parse_quantity;

    #[test]
    #[allow(clippy::float_cmp, reason = "powers of two and of ten are read exactly")]
    fn each_suffix_is_a_power_of_a_thousand_or_of_1024() {
        for (power, suffix) in (1..).zip(["k", "M", "G", "T", "P", "E"]) {
            let decimal = Some(1000.0_f64.powi(power));
            assert_eq!(parse_quantity(&format!("1{suffix}")), decimal, "{suffix}");
            let binary = Some(1024.0_f64.powi(power));
            let suffix = format!("{}i", suffix.to_uppercase());
            assert_eq!(parse_quantity(&format!("1{suffix}")), binary, "{suffix}");
        }
        for (suffix, small) in [("m", 1e-3), ("u", 1e-6), ("n", 1e-9)] {
            assert_eq!(parse_quantity(&format!("1{suffix}")), Some(small), "{suffix}");
        }
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "these scales are exact in floating point")]
    fn suffixes_scale_to_base_units() {
        assert_eq!(parse_quantity("100m"), Some(0.1));
        assert_eq!(parse_quantity("1Gi"), Some(1_073_741_824.0));
        assert_eq!(parse_quantity("2"), Some(2.0));
        assert_eq!(parse_quantity("1e3"), Some(1000.0));
        assert_eq!(parse_quantity("-.5"), Some(-0.5));
        for refused in ["", "Gi", "1GB", "1 Gi", "1e", "0x10"] {
            assert_eq!(parse_quantity(refused), None, "{refused}");
        }
    }
}
