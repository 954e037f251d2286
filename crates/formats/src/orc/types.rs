//! Which ORC type holds which SeaTunnel type, in both directions.

use super::metadata::{Kind, Node};
use millrace_batch::{DataType, ErrorCode, KernelError, Result, Schema, StructField};

/// The SeaTunnel type of a column of a file; `None` when there is none.
///
/// | file | type |
/// |---|---|
/// | `tinyint` … `bigint`, `float`, `double`, `boolean`, `date` | the same |
/// | `string`, `varchar`, `char` | STRING |
/// | `timestamp`, `timestamp with local time zone` | TIMESTAMP; an instant is shown in the job's zone |
/// | `decimal` of up to 38 digits | DECIMAL |
/// | `array`, `map`, `struct` | ARRAY, MAP, ROW |
/// | `uniontype`, and what holds one | none |
pub(super) fn data_type_of(nodes: &[Node], column: usize) -> Option<DataType> {
    let node = nodes.get(column)?;
    Some(match node.kind {
        Kind::Boolean => DataType::Boolean,
        Kind::Byte => DataType::TinyInt,
        Kind::Short => DataType::SmallInt,
        Kind::Int => DataType::Int,
        Kind::Long => DataType::BigInt,
        Kind::Float => DataType::Float,
        Kind::Double => DataType::Double,
        Kind::String | Kind::Varchar | Kind::Char => DataType::String,
        Kind::Binary => DataType::Bytes,
        Kind::Timestamp | Kind::TimestampInstant => DataType::Timestamp,
        Kind::Date => DataType::Date,
        Kind::Decimal => {
            let is_valid = (1..=38).contains(&node.precision) && node.scale <= node.precision;
            return is_valid.then_some(DataType::Decimal { precision: node.precision as u8, scale: node.scale as i8 });
        }
        Kind::List => DataType::Array { element: Box::new(data_type_of(nodes, node.children[0])?) },
        Kind::Map => DataType::Map {
            key: Box::new(data_type_of(nodes, node.children[0])?),
            value: Box::new(data_type_of(nodes, node.children[1])?),
        },
        Kind::Struct => DataType::Row {
            fields: node
                .names
                .iter()
                .zip(&node.children)
                .map(|(name, child)| Some(StructField { name: name.clone(), data_type: data_type_of(nodes, *child)? }))
                .collect::<Option<_>>()?,
        },
        Kind::Union => return None,
    })
}

/// The columns of a file of a schema: names in lower case, at every level.
///
/// TIME is a timestamp on the first day of 1970, `TIMESTAMP_TZ` an instant, vectors are lists, maps and bytes.
///
/// # Errors
/// [`ErrorCode::TypeUnsupported`] at a column that ORC files cannot hold: NULL.
///
/// # Source
/// SeaTunnel `OrcWriteStrategy.buildFieldWithRowType`.
pub(super) fn file_nodes(schema: &Schema) -> Result<Vec<Node>> {
    let mut nodes = vec![Node::new(Kind::Struct)];
    for column in &schema.columns {
        let child = append_node(&column.data_type, &mut nodes).map_err(|error| error.at_field(&column.name))?;
        nodes[0].children.push(child);
        nodes[0].names.push(column.name.to_lowercase());
    }
    nodes[0].end = nodes.len();
    Ok(nodes)
}

/// Appends a type and what is below it; returns its number.
fn append_node(data_type: &DataType, nodes: &mut Vec<Node>) -> Result<usize> {
    let kind = match data_type {
        DataType::Boolean => Kind::Boolean,
        DataType::TinyInt => Kind::Byte,
        DataType::SmallInt => Kind::Short,
        DataType::Int => Kind::Int,
        DataType::BigInt => Kind::Long,
        DataType::Float => Kind::Float,
        DataType::Double => Kind::Double,
        DataType::String => Kind::String,
        DataType::Bytes | DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => Kind::Binary,
        DataType::Date => Kind::Date,
        DataType::Time | DataType::Timestamp => Kind::Timestamp,
        DataType::TimestampTz => Kind::TimestampInstant,
        DataType::Decimal { .. } => Kind::Decimal,
        DataType::Array { .. } | DataType::FloatVector => Kind::List,
        DataType::Map { .. } | DataType::SparseFloatVector => Kind::Map,
        DataType::Row { .. } => Kind::Struct,
        DataType::Null => {
            let message = format!("type '{data_type}' cannot be written to ORC");
            return Err(KernelError::new(ErrorCode::TypeUnsupported, message));
        }
    };
    let at = nodes.len();
    nodes.push(Node::new(kind));
    let children = match data_type {
        DataType::Array { element } => vec![append_node(element, nodes)?],
        DataType::FloatVector => vec![append_node(&DataType::Float, nodes)?],
        DataType::Map { key, value } => vec![append_node(key, nodes)?, append_node(value, nodes)?],
        DataType::SparseFloatVector => {
            vec![append_node(&DataType::Int, nodes)?, append_node(&DataType::Float, nodes)?]
        }
        DataType::Row { fields } => {
            nodes[at].names = fields.iter().map(|field| field.name.to_lowercase()).collect();
            fields.iter().map(|field| append_node(&field.data_type, nodes)).collect::<Result<_>>()?
        }
        _ => Vec::new(),
    };
    let end = nodes.len();
    let node = &mut nodes[at];
    (node.children, node.end) = (children, end);
    if let DataType::Decimal { precision, scale } = data_type {
        (node.precision, node.scale) = (u64::from(*precision), u64::from(scale.unsigned_abs()));
    }
    Ok(at)
}
