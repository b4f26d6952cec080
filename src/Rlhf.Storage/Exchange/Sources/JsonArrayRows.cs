using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Storage.Exchange.Sources;

/// <summary>The items of a JSON array, one after another: the array may be larger than the memory.</summary>
internal static class JsonArrayRows
{
    public static IEnumerable<SourceRow> Read(string path)
    {
        using var stream = TextLines.OpenUtf8(path);
        using var items = JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(stream).ToBlockingEnumerable().GetEnumerator();
        for (int number = 1; MoveNext(items, path, number); number++)
            yield return new SourceRow(number, JsonSerializer.SerializeToUtf8Bytes(items.Current));
    }

    private static bool MoveNext(IEnumerator<JsonElement> items, string path, int number)
    {
        try
        {
            return items.MoveNext();
        }
        catch (JsonException exception)
        {
            throw new UserError($"{path}: {JsonFault.Describe(exception)}, in or after item {number} of the list", exception);
        }
        catch (InvalidDataException exception)
        {
            throw new UserError($"{path}: the gzip data is damaged or truncated after item {number - 1}; get the file again", exception);
        }
    }
}
