namespace Rlhf.Storage.Exchange.Sources;

/// <summary>One row of a file, whatever the file is: a JSON object.</summary>
/// <param name="Number">The number of its line; in a JSON array or a Parquet file the number of the row, from 1.</param>
/// <param name="Json">The row as UTF-8; empty if it has a fault. Valid until the next row is read.</param>
/// <param name="Fault">What is wrong with the row; null for one that can be read.</param>
public readonly record struct SourceRow(int Number, ReadOnlyMemory<byte> Json, string? Fault = null);
