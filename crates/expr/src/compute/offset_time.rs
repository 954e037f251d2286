//! Values of type `TIMESTAMP_TZ`: an instant and the offset it was written in.

use crate::java::text_form::is_offset_date_time;
use crate::java::zone::Zone;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, Int16Array, StructArray, TimestampMicrosecondArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;
use millrace_batch::DataType;
use millrace_batch::arrow_types::arrow_type;
use std::sync::Arc;

/// One value: microseconds since 1970-01-01T00:00Z and minutes east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OffsetTime {
    pub(crate) instant_micros: i64,
    pub(crate) offset_minutes: i16,
}

impl OffsetTime {
    /// An instant with the offset that a zone has at it; seconds of an offset are left out.
    pub(crate) fn in_zone(zone: Zone, instant_micros: i64) -> Self {
        let seconds = zone.offset_seconds(instant_micros.div_euclid(1_000_000));
        Self { instant_micros, offset_minutes: (seconds / 60) as i16 }
    }

    /// What a clock at the offset shows, in microseconds since 1970-01-01T00:00.
    pub(crate) fn local_micros(self) -> i64 {
        self.instant_micros.saturating_add(i64::from(self.offset_minutes) * 60_000_000)
    }
}

/// Whether a column is of type `TIMESTAMP_TZ`.
pub(crate) fn has_offset(data_type: &ArrowType) -> bool {
    matches!(data_type, ArrowType::Struct(fields) if is_offset_date_time(fields))
}

/// The value at a place that is not null, of a column for which [`has_offset`] holds.
pub(crate) fn offset_time(array: &dyn Array, index: usize) -> OffsetTime {
    let fields = array.as_struct();
    OffsetTime {
        instant_micros: fields.column(0).as_primitive::<TimestampMicrosecondType>().value(index),
        offset_minutes: fields.column(1).as_primitive::<Int16Type>().value(index),
    }
}

/// A column of values, null for `None`.
pub(crate) fn offset_time_column(values: &[Option<OffsetTime>]) -> ArrayRef {
    let ArrowType::Struct(fields) = arrow_type(&DataType::TimestampTz) else {
        unreachable!("the Arrow type of TIMESTAMP_TZ is a struct")
    };
    let instants = values.iter().map(|value| value.map_or(0, |value| value.instant_micros));
    let instants = TimestampMicrosecondArray::from_iter_values(instants).with_timezone("UTC");
    let offsets =
        Int16Array::from_iter_values(values.iter().map(|value| value.map_or(0, |value| value.offset_minutes)));
    let nulls: NullBuffer = values.iter().map(Option::is_some).collect();
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    Arc::new(StructArray::new(fields, vec![Arc::new(instants), Arc::new(offsets)], nulls))
}
