//! Visits the parts of an expression.

use super::code::Code;
use super::narrow::Narrow;

/// Calls `$see` with each part of `$code`; `$iter` and `$narrowed` determine how the parts are borrowed.
macro_rules! each_part {
    ($code:expr, $see:expr, $iter:ident, $narrowed:path) => {
        match $code {
            Code::Null
            | Code::Bool(_)
            | Code::Int(_)
            | Code::Uint(_)
            | Code::Double(_)
            | Code::Text(_)
            | Code::Variable(_)
            | Code::Foreign { .. } => {}
            Code::Select(of, _)
            | Code::Has(of, _)
            | Code::TrySelect(of, _)
            | Code::HasValue(of)
            | Code::Not(of)
            | Code::Among(of, _)
            | Code::Shared(_, of) => $see(of),
            Code::Index(one, two)
            | Code::TryIndex(one, two)
            | Code::OrValue(one, two)
            | Code::OrElse(one, two)
            | Code::Connect(_, one, two)
            | Code::Compare(_, one, two)
            | Code::Compute(_, one, two)
            | Code::TypeIs { of: one, otherwise: two, .. }
            | Code::Grants { of: one, otherwise: two, .. }
            | Code::Matches { of: one, otherwise: two, .. } => {
                $see(one);
                $see(two);
            }
            Code::Choose(test, yes, no) => {
                $see(test);
                $see(yes);
                $see(no);
            }
            Code::List(items) => items.$iter().for_each($see),
            Code::Record(entries) => entries.$iter().for_each(|(_, value)| $see(value)),
            Code::Call { args, .. } => args.$iter().for_each(|(_, argument)| $see(argument)),
            Code::Quantify { range, narrow, test, .. } => {
                $see(range);
                narrow.$iter().filter_map(|narrow| $narrowed(narrow)).for_each(&mut *$see);
                $see(test);
            }
            Code::Collect { range, narrow, guard, value, .. } => {
                $see(range);
                narrow.$iter().filter_map(|narrow| $narrowed(narrow)).for_each(&mut *$see);
                if let Some(guard) = guard {
                    $see(guard);
                }
                $see(value);
            }
        }
    };
}

impl Code {
    /// Calls `see` with each part.
    pub(super) fn parts(&self, see: &mut dyn FnMut(&Code)) {
        each_part!(self, see, iter, Narrow::code);
    }

    /// Calls `see` with each part, which it may change.
    pub(super) fn parts_mut(&mut self, see: &mut dyn FnMut(&mut Code)) {
        each_part!(self, see, iter_mut, Narrow::code_mut);
    }
}
