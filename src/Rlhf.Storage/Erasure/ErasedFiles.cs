using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core.Files;
using Rlhf.Storage.Runs;

namespace Rlhf.Storage.Erasure;

/// <summary>
/// Removes erased data from the folders of runs: materialized datasets go as a whole, with every hash of them (the rest of
/// their content can be made again, and one ranking that is left out is soon found by trying all of them); of other files the
/// lines and samples with an erased prompt.
/// </summary>
internal static class ErasedFiles
{
    private const string MaterializedFile = "rankings.jsonl";

    /// <summary>Stands where the hash of a materialized dataset stood.</summary>
    public const string ErasedHash = "erased";

    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// Deletes the materialized datasets in the folder of a run, and the hashes of them that its files name. Returns what was deleted.
    /// </summary>
    public static IReadOnlyList<string> RemoveRankings(string runFolder)
    {
        if (!Directory.Exists(runFolder))
            return [];
        string[] files = Directory.GetFiles(runFolder, MaterializedFile, SearchOption.AllDirectories);
        foreach (string file in files)
            File.Delete(file);
        foreach (string file in Directory.GetFiles(runFolder, "*.json", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(f) is "run.json" or "result.json"))
        {
            if (WithoutHashes(RegularFile.ReadAllText(file)) is { } changed)
                AtomicFile.WriteText(file, changed.ToJsonString(s_indented) + "\n");
        }
        return files;
    }

    /// <summary>A run.json or a result without the hashes of materialized datasets; null where it has none, or is damaged.</summary>
    public static JsonObject? WithoutHashes(string json)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject root)
                return null;
            bool changed = false;
            // The result of a collect stage, and that part of the result of a label stage.
            foreach (var result in new[] { root, root["collected"] as JsonObject })
            {
                if (result?["rankingsSha256"] is null)
                    continue;
                result["rankingsSha256"] = null;
                changed = true;
            }
            var rankings = (root["inputs"] as JsonArray ?? []).OfType<JsonObject>()
                .Where(input => input["path"]?.GetValue<string>() is { } path && Path.GetFileName(path) == MaterializedFile
                    && input["sha256"]?.GetValue<string>() != ErasedHash);
            foreach (var input in rankings.ToList())
            {
                input["sha256"] = ErasedHash;
                changed = true;
            }
            return changed ? root : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>
    /// Takes every line and sample with one of these prompts out of the folder of a run. Returns the files that were changed.
    /// </summary>
    public static IReadOnlyList<string> RemovePrompts(string runFolder, IReadOnlySet<string> prompts) =>
    [
        .. Directory.GetFiles(runFolder, "*.jsonl", SearchOption.AllDirectories).Where(file => RemoveLines(file, prompts)),
        .. Directory.GetFiles(runFolder, Home.RunDatabaseName, SearchOption.AllDirectories).Where(file => RemoveSamples(file, prompts)),
    ];

    private static bool RemoveLines(string file, IReadOnlySet<string> prompts)
    {
        RegularFile.Check(file);
        if (!File.ReadLines(file).Any(line => Has(line, prompts)))
            return false;
        AtomicFile.Write(file, stream =>
        {
            foreach (string line in File.ReadLines(file).Where(line => !Has(line, prompts)))
            {
                stream.Write(Encoding.UTF8.GetBytes(line));
                stream.WriteByte((byte)'\n');
            }
        });
        return true;
    }

    private static bool Has(string line, IReadOnlySet<string> prompts)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return Has(json.RootElement, prompts);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool Has(JsonElement element, IReadOnlySet<string> prompts) => element.ValueKind switch
    {
        JsonValueKind.String => prompts.Contains(element.GetString()!),
        JsonValueKind.Array => element.EnumerateArray().Any(item => Has(item, prompts)),
        JsonValueKind.Object => element.EnumerateObject().Any(property => Has(property.Value, prompts)),
        _ => false,
    };

    private static bool RemoveSamples(string file, IReadOnlySet<string> prompts)
    {
        using var connection = RunDatabaseFile.Open(file, write: false);
        int removed = 0;
        foreach (string prompt in prompts)
        {
            using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM Samples WHERE Prompt = $prompt";
            command.Parameters.AddWithValue("$prompt", prompt);
            removed += command.ExecuteNonQuery();
        }
        // Freed pages and the write-ahead log hold the old bytes until now.
        if (removed > 0)
            RunDatabaseFile.Run(connection, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
        return removed > 0;
    }
}
