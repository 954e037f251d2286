//! What a job needs to know of a file before it is planned.

use super::tail::{Located, decompressed, locate};
use crate::orc::metadata::{Footer, Kind};
use crate::orc::types::data_type_of;
use millrace_batch::codec::Context;
use millrace_batch::{Column, ErrorCode, KernelError, Result, Schema};
use serde_json::{Value, json};

/// The error of a column whose type has no counterpart.
pub(super) fn unsupported(name: &str, kind: Kind) -> KernelError {
    let kind = format!("{kind:?}").to_lowercase();
    let message = if name.is_empty() {
        format!("type '{kind}' of the file is not supported")
    } else {
        format!("column '{name}' has the unsupported type '{kind}'")
    };
    KernelError::new(ErrorCode::TypeUnsupported, message)
}

/// The kind below a column for which there is no counterpart.
pub(super) fn unsupported_kind(footer: &Footer, column: usize) -> Kind {
    let below = column..footer.nodes[column].end;
    let union = below.clone().find(|at| footer.nodes[*at].kind == Kind::Union);
    union.map_or_else(|| Kind::Decimal, |at| footer.nodes[at].kind)
}

/// Looks at a file; see [`millrace_batch::codec::InspectFunction`].
///
/// Asks for the end of the file, then answers `{"schema", "splits"}`: one split per stripe that has rows, with `arguments` as the
/// decoder takes them.
///
/// # Errors
/// [`ErrorCode::FileTypeInvalid`] for a file that is not ORC, [`ErrorCode::FileCorrupt`] for one that is damaged or cut off,
/// [`ErrorCode::TypeUnsupported`] at a column.
pub(in crate::orc) fn inspect(
    _options: &Value,
    file_length: u64,
    offset: u64,
    piece: &[u8],
    context: &Context,
) -> Result<Value> {
    let (postscript, bytes) = match locate(file_length, offset, piece, context)? {
        Located::Wanted(start, length) => return Ok(json!({ "wanted": [[start, length]] })),
        Located::Found(postscript, bytes) => (postscript, bytes),
    };
    let footer = Footer::parse(&decompressed(bytes, &postscript, context)?, file_length)?;
    let root = &footer.nodes[0];
    let columns = root.names.iter().zip(&root.children).map(|(name, child)| {
        let data_type = data_type_of(&footer.nodes, *child)
            .ok_or_else(|| unsupported(name, unsupported_kind(&footer, *child)).at_field(name))?;
        Ok(Column { name: name.clone(), data_type, nullable: true })
    });
    let schema = Schema { table: String::new(), columns: columns.collect::<Result<_>>()? };
    let stripes = footer.stripes.iter().enumerate().filter(|(_, stripe)| stripe.rows > 0);
    let splits: Vec<Value> = stripes
        .map(|(index, stripe)| {
            let arguments = json!({ "stripe": index, "fileLength": file_length }).to_string();
            json!({ "rows": stripe.rows, "bytes": stripe.data_bytes, "arguments": arguments })
        })
        .collect();
    Ok(json!({ "schema": schema, "splits": splits }))
}
