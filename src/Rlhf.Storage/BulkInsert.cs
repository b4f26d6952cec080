using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Rlhf.Storage;

/// <summary>
/// Many new rows with one prepared statement, inside the transaction of the context. Saving a context prepares a statement for each row
/// and follows its changes: some times as long for tasks, whose completions, tokens and scores are a dozen rows each.
/// </summary>
internal static class BulkInsert
{
    /// <param name="db">A context inside a transaction; it does not track the rows.</param>
    /// <param name="rows">Rows whose keys and foreign keys are set; what their navigations hold is not inserted.</param>
    /// <param name="cancellation">Ends the work between two rows.</param>
    public static async Task InsertAsync<T>(RlhfDbContext db, IEnumerable<T> rows, CancellationToken cancellation = default)
        where T : class
    {
        var type = db.Model.FindEntityType(typeof(T))!;
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        Column[] columns = [.. type.GetProperties().Select((property, i) => Column.Create(command, property, $"${i}"))];
        command.CommandText = $"INSERT INTO \"{type.GetTableName()}\" ({string.Join(", ", columns.Select(c => $"\"{c.Name}\""))}) "
            + $"VALUES ({string.Join(", ", columns.Select(c => c.Parameter.ParameterName))})";
        foreach (var row in rows)
        {
            foreach (var column in columns)
                column.Set(row);
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    private sealed record Column(string Name, DbParameter Parameter, Func<object, object?> Read, Func<object?, object?>? Convert)
    {
        public static Column Create(DbCommand command, IProperty property, string parameter)
        {
            var mapping = property.GetRelationalTypeMapping();
            var created = mapping.CreateParameter(command, parameter, null, nullable: true);
            command.Parameters.Add(created);
            return new Column(property.GetColumnName(), created, property.GetGetter().GetClrValue, mapping.Converter?.ConvertToProvider);
        }

        public void Set(object row)
        {
            object? value = Read(row);
            Parameter.Value = (Convert is null || value is null ? value : Convert(value)) ?? DBNull.Value;
        }
    }
}
