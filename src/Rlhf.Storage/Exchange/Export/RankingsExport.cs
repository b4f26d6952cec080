using System.Text.Json;
using Rlhf.Storage.Exchange.Rankings;

namespace Rlhf.Storage.Exchange.Export;

/// <summary>Writes a project as JSON lines: a header, then a line for each task.</summary>
internal static class RankingsExport
{
    public static async Task<int> WriteAsync(RankingsReader reader, Stream stream, CancellationToken cancellation)
    {
        await WriteAsync(stream, await reader.HeaderAsync(cancellation), cancellation);
        int lines = 1;
        await foreach (var task in reader.TasksAsync(cancellation))
        {
            await WriteAsync(stream, task, cancellation);
            lines++;
        }
        await stream.FlushAsync(cancellation);
        return lines;
    }

    private static async Task WriteAsync<T>(Stream stream, T line, CancellationToken cancellation) =>
        await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(line, RankingsJson.Settings), (byte)'\n'], cancellation);
}
