//! Parquet rows by column name: a string column of texts, a string or integer column of labels.
//!
//! Columns are read side by side, some thousand values at a time, row group by row group. A row has no line: its
//! number in the file stands in its place. A row with a null or with bytes that are no text is rejected by itself.

use super::columns;
use super::row::{Columns, Each, Field};
use ::parquet::basic::{Compression, ConvertedType, Type as Physical};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::DataType;
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::schema::types::SchemaDescriptor;
use anyhow::{Context, bail, ensure};
use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::path::Path;

/// Values of a column that are in memory at once.
const BATCH_ROWS: usize = 4096;

/// The values of the wanted columns, row by row. Other columns are ignored.
///
/// # Errors
/// A file that is empty, truncated or no Parquet; a column that is missing or there twice, of another type, in a
/// compression that is not built in; whatever `each` returns.
pub fn rows(path: &Path, columns: Columns<'_>, each: Each<'_>) -> anyhow::Result<()> {
    let place = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {place}"))?;
    ensure!(file.metadata()?.len() > 0, "{place}: expected a Parquet file, found an empty file");
    let damaged =
        || format!("{place}: expected a whole Parquet file, found one that is truncated or damaged");
    let reader = unpanicked(|| SerializedFileReader::new(file)).with_context(damaged)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let positions = leaves(schema, columns).with_context(|| place.to_string())?;
    let names = columns.names();

    let mut line = 0;
    for index in 0..reader.num_row_groups() {
        let group = unpanicked(|| reader.get_row_group(index)).with_context(damaged)?;
        for (position, column) in positions.iter().zip(&names) {
            let chunk = group.metadata().column(*position);
            let compression = chunk.compression();
            ensure!(
                matches!(compression, Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_)),
                "{place}: column `{column}`: expected no compression, Snappy or Zstandard, found {compression}. Write the file anew with one of them"
            );
        }
        let column_readers = || positions.iter().map(|position| group.get_column_reader(*position)).collect();
        let mut readers: Vec<_> = unpanicked(column_readers).with_context(damaged)?;
        loop {
            let batch = readers
                .iter_mut()
                .zip(&names)
                .map(|(reader, column)| values(reader, path, column, line))
                .collect::<anyhow::Result<Vec<_>>>()?;
            let num_rows = batch.first().map_or(0, Vec::len);
            ensure!(batch.iter().all(|values| values.len() == num_rows), damaged());
            if num_rows == 0 {
                break;
            }
            let mut batch: Vec<_> = batch.into_iter().map(Vec::into_iter).collect();
            for _ in 0..num_rows {
                line += 1;
                // Every column moves on by a row, whatever is wrong with one of them.
                let fields: Vec<Field> = batch.iter_mut().filter_map(Iterator::next).collect();
                columns.row(line, fields).map_or(Ok(()), &mut *each)?;
            }
        }
    }
    ensure!(reader.metadata().file_metadata().num_rows() == line as i64, damaged());
    Ok(())
}

/// Where the columns are among the file's leaves.
fn leaves(schema: &SchemaDescriptor, columns: Columns<'_>) -> anyhow::Result<Vec<usize>> {
    let found: Vec<_> = schema.root_schema().get_fields().iter().map(|field| field.name()).collect();
    columns::positions(columns, &found).map_err(anyhow::Error::msg)?;
    let leaf = |column: &str| leaf(schema, column, column != columns.text);
    columns.names().into_iter().map(leaf).collect()
}

fn leaf(schema: &SchemaDescriptor, column: &str, may_be_integer: bool) -> anyhow::Result<usize> {
    let leaf = schema.columns().iter().position(|leaf| leaf.path().parts() == [column]);
    let Some(leaf) = leaf.filter(|leaf| schema.column(*leaf).max_rep_level() == 0) else {
        bail!("column `{column}`: expected single values, found lists or structures");
    };
    let descriptor = schema.column(leaf);
    let (physical, converted) = (descriptor.physical_type(), descriptor.converted_type());
    use ConvertedType as C;
    let is_string = physical == Physical::BYTE_ARRAY && matches!(converted, C::UTF8 | C::ENUM);
    let is_integer = matches!(physical, Physical::INT32 | Physical::INT64)
        && matches!(
            converted,
            C::NONE
                | C::INT_8
                | C::INT_16
                | C::INT_32
                | C::INT_64
                | C::UINT_8
                | C::UINT_16
                | C::UINT_32
                | C::UINT_64
        );
    let (fits, expected) = match may_be_integer {
        false => (is_string, "strings"),
        true => (is_string || is_integer, "integers (ids) or strings (names)"),
    };
    ensure!(
        fits,
        "column `{column}`: expected {expected}, found {physical} ({converted}). Convert the column"
    );
    Ok(leaf)
}

/// The next values of a column as text; none at the end. `line` rows were read before.
fn values(reader: &mut ColumnReader, path: &Path, column: &str, line: usize) -> anyhow::Result<Vec<Field>> {
    let place = || format!("{}: column `{column}` behind row {line}", path.display());
    let fields = match reader {
        ColumnReader::ByteArrayColumnReader(reader) => batch(reader, |text| text_of(text.data(), column)),
        ColumnReader::Int32ColumnReader(reader) => batch(reader, |id| Ok(id.to_string())),
        ColumnReader::Int64ColumnReader(reader) => batch(reader, |id| Ok(id.to_string())),
        _ => bail!("{}: expected the type that the file's schema says, found another", place()),
    };
    let fields =
        fields.with_context(|| format!("{}: expected a whole Parquet file, found damage", place()))?;
    let null = || format!("column `{column}`: expected a value, found null. Fill it in or remove the row");
    Ok(fields.into_iter().map(|field| field.unwrap_or_else(|| Err(null()))).collect())
}

fn text_of(bytes: &[u8], column: &str) -> Field {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        format!(
            "column `{column}`: expected UTF-8, found the byte 0x{byte:02X}. Write the file anew in UTF-8"
        )
    })
}

/// `None` stands for a null.
fn batch<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    field: impl Fn(&T::T) -> Field,
) -> anyhow::Result<Vec<Option<Field>>> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let (num_rows, num_values, _) =
        unpanicked(|| reader.read_records(BATCH_ROWS, Some(&mut levels), None, &mut values))?;
    if num_values == num_rows {
        return Ok(values.iter().map(|value| Some(field(value))).collect());
    }
    // A column that may hold nulls has a level for each row: 0 where there is no value.
    let num_there = levels.iter().filter(|level| **level > 0).count();
    ensure!(
        levels.len() == num_rows && num_there == num_values,
        "{num_rows} rows, {num_there} of {num_values} values"
    );
    let mut values = values.iter();
    Ok(levels.iter().map(|level| if *level == 0 { None } else { values.next().map(&field) }).collect())
}

/// Calls into the `parquet` crate, which panics over some damaged files where it should return an error.
///
/// Nothing that `call` changed may be used after an error.
fn unpanicked<T>(call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    // What the panic says is in the error; the usual report on standard error would look like a mistake of ours.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let called = std::panic::catch_unwind(AssertUnwindSafe(call));
    std::panic::set_hook(hook);
    called.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or(panic.downcast_ref::<&str>().copied()).unwrap_or("impossible values");
        Err(ParquetError::General(words.to_owned()))
    })
}
