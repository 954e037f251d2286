//! Change kinds of rows.

use crate::error::{ErrorCode, KernelError, Result};
use serde::{Deserialize, Serialize};

/// What a row says about its key.
///
/// # Source
/// Wire values and names: SeaTunnel `RowKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[repr(i8)]
pub enum RowKind {
    /// A new row.
    Insert = 0,
    /// The row as it was before an update.
    UpdateBefore = 1,
    /// The row as it is after an update.
    UpdateAfter = 2,
    /// A removed row.
    Delete = 3,
}

impl RowKind {
    /// All kinds in the order of their wire values.
    pub const ALL: [RowKind; 4] = [RowKind::Insert, RowKind::UpdateBefore, RowKind::UpdateAfter, RowKind::Delete];

    /// The kind of a wire value.
    ///
    /// # Errors
    /// [`ErrorCode::RowKindUnknown`] outside `0..=3`.
    pub fn from_wire(value: i8) -> Result<Self> {
        Self::ALL.get(usize::try_from(value).unwrap_or(usize::MAX)).copied().ok_or_else(|| {
            KernelError::new(ErrorCode::RowKindUnknown, format!("row kind '{value}' is not one of 0..3"))
        })
    }

    /// `INSERT`, `UPDATE_BEFORE`, `UPDATE_AFTER` or `DELETE`.
    pub const fn full_name(self) -> &'static str {
        match self {
            RowKind::Insert => "INSERT",
            RowKind::UpdateBefore => "UPDATE_BEFORE",
            RowKind::UpdateAfter => "UPDATE_AFTER",
            RowKind::Delete => "DELETE",
        }
    }

    /// `+I`, `-U`, `+U` or `-D`.
    pub const fn short_name(self) -> &'static str {
        match self {
            RowKind::Insert => "+I",
            RowKind::UpdateBefore => "-U",
            RowKind::UpdateAfter => "+U",
            RowKind::Delete => "-D",
        }
    }
}
