//! Equality of arrays, maps, rows and vectors, element by element.

use arrow_array::cast::AsArray;
use arrow_array::{Array, StructArray};
use arrow_schema::DataType as ArrowType;

/// Whether two cells are equal: of one type, and equal in every element, whatever the order of map entries. Nulls are
/// equal to nulls only.
///
/// # Source
/// `equals` of `java.util.Map` and `SeaTunnelRow`. Java arrays are equal to themselves only; here their elements count.
pub(crate) fn equal_cells(left: &dyn Array, at: usize, right: &dyn Array, other: usize) -> bool {
    if left.data_type() != right.data_type() {
        return false;
    }
    if left.data_type() == &ArrowType::Null {
        return true;
    }
    if left.is_null(at) || right.is_null(other) {
        return left.is_null(at) && right.is_null(other);
    }
    match left.data_type() {
        ArrowType::List(_) => {
            let (a, b) = (left.as_list::<i32>().value(at), right.as_list::<i32>().value(other));
            a.len() == b.len() && (0..a.len()).all(|index| equal_cells(a.as_ref(), index, b.as_ref(), index))
        }
        ArrowType::Map(_, _) => equal_maps(&left.as_map().value(at), &right.as_map().value(other)),
        ArrowType::Struct(_) => {
            let (a, b) = (left.as_struct(), right.as_struct());
            a.columns().iter().zip(b.columns()).all(|(a, b)| equal_cells(a.as_ref(), at, b.as_ref(), other))
        }
        // Two slices of one value are equal as Arrow data exactly if Java's `equals` holds, NaN to NaN included.
        _ => left.slice(at, 1).to_data() == right.slice(other, 1).to_data(),
    }
}

fn equal_maps(left: &StructArray, right: &StructArray) -> bool {
    let (left_keys, right_keys) = (left.column(0).as_ref(), right.column(0).as_ref());
    left.len() == right.len()
        && (0..left.len()).all(|at| {
            let other = (0..right.len()).find(|other| equal_cells(left_keys, at, right_keys, *other));
            other.is_some_and(|other| equal_cells(left.column(1).as_ref(), at, right.column(1).as_ref(), other))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, StringBuilder};
    use arrow_array::{Float64Array, Int32Array, ListArray, MapArray};

    fn lists() -> ListArray {
        let mut lists = ListBuilder::new(Int32Builder::new());
        for list in [Some(vec![Some(1), None]), Some(vec![Some(1), None]), Some(vec![Some(1)]), Some(vec![]), None] {
            lists.append_option(list);
        }
        lists.finish()
    }

    fn maps() -> MapArray {
        let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
        for entries in [[("a", 1), ("b", 2)], [("b", 2), ("a", 1)], [("a", 1), ("b", 3)]] {
            for (key, value) in entries {
                maps.keys().append_value(key);
                maps.values().append_value(value);
            }
            assert!(maps.append(true).is_ok());
        }
        maps.finish()
    }

    #[test]
    fn containers_are_equal_by_their_elements() {
        let (lists, maps) = (lists(), maps());
        for (at, other, expected) in [(0, 1, true), (0, 2, false), (2, 3, false), (3, 4, false), (4, 4, true)] {
            assert_eq!(equal_cells(&lists, at, &lists, other), expected, "lists {at} {other}");
        }
        for (at, other, expected) in [(0, 1, true), (0, 2, false)] {
            assert_eq!(equal_cells(&maps, at, &maps, other), expected, "maps {at} {other}");
        }
        assert!(!equal_cells(&lists, 0, &maps, 0));
        assert!(!equal_cells(&Int32Array::from(vec![1]), 0, &Float64Array::from(vec![1.0]), 0));
        let nan = Float64Array::from(vec![f64::NAN]);
        assert!(equal_cells(&nan, 0, &nan, 0));
    }
}
