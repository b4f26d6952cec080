using System.Buffers;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Storage.Exchange.Formats;
using Rlhf.Storage.Exchange.Sources;

namespace Rlhf.Storage.Exchange.Import;

/// <summary>
/// Gives the columns of a file the names that a format has for them: "prompt=question". A name with dots goes into objects:
/// "prompt=data.text".
/// </summary>
internal sealed class ColumnMap
{
    private static readonly HashSet<string> s_known =
        new(ImportFormats.All.SelectMany(format => format.Further).Append("source"), StringComparer.Ordinal);

    private readonly IReadOnlyList<(string Target, string Source)> _pairs;

    private ColumnMap(IReadOnlyList<(string, string)> pairs) => _pairs = pairs;

    public bool IsEmpty => _pairs.Count == 0;

    /// <exception cref="UserError">Not NAME=COLUMN, or a name that no format has.</exception>
    public static ColumnMap Parse(IEnumerable<string> texts)
    {
        var pairs = new List<(string Target, string Source)>();
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=');
            string target = equals > 0 ? text[..equals].Trim() : "", source = equals > 0 ? text[(equals + 1)..].Trim() : "";
            if (target.Length == 0 || source.Length == 0)
                throw new UserError($"'{text}' is no mapping; expected NAME=COLUMN, such as prompt=question (--map)");
            if (!s_known.Contains(target))
            {
                throw new UserError($"no format has a column '{target}' (--map {text}); there are "
                    + string.Join(", ", s_known.Order(StringComparer.Ordinal)));
            }
            if (pairs.Any(p => p.Target == target))
                throw new UserError($"'{target}' is mapped twice (--map {text})");
            pairs.Add((target, source));
        }
        return new ColumnMap(pairs);
    }

    /// <summary>The rows under their new names.</summary>
    public IEnumerable<SourceRow> Apply(IEnumerable<SourceRow> rows)
    {
        var json = new ArrayBufferWriter<byte>();
        foreach (var row in rows)
        {
            if (IsEmpty || row.Fault is not null)
            {
                yield return row;
                continue;
            }
            string? fault = null;
            try
            {
                json.ResetWrittenCount();
                JsonRow.Parse(row.Json, element => Write(element, json));
            }
            catch (UserError error)
            {
                fault = error.Message;
            }
            yield return fault is null ? row with { Json = json.WrittenMemory } : new SourceRow(row.Number, default, fault);
        }
    }

    private bool Write(JsonElement row, IBufferWriter<byte> json)
    {
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        foreach (var (target, source) in _pairs)
        {
            writer.WritePropertyName(target);
            Find(row, source).WriteTo(writer);
        }
        foreach (var property in row.EnumerateObject())
        {
            if (_pairs.All(p => p.Target != property.Name && p.Source != property.Name))
                property.WriteTo(writer);
        }
        writer.WriteEndObject();
        return true;
    }

    private static JsonElement Find(JsonElement row, string name)
    {
        if (row.TryGetProperty(name, out var found))
            return found;
        found = row;
        foreach (string step in name.Split('.'))
        {
            if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(step, out found))
            {
                throw new UserError($"no column '{name}', which the mapping names; the row has "
                    + string.Join(", ", row.EnumerateObject().Take(12).Select(p => $"'{p.Name}'")));
            }
        }
        return found;
    }
}
