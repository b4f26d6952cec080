using System.Text.Json;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Exchange.Rankings;

/// <summary>
/// A completion that came from another home folder names a checkpoint that is not here. It is kept beside the sampling settings, so that
/// the next export says the same.
/// </summary>
internal sealed record ForeignCheckpoint(Guid ImportedCheckpoint, string? Sampling)
{
    private const string Start = "{\"importedCheckpoint\":";

    /// <summary>What leaderboards call the policy.</summary>
    public string Source => ImportedCheckpoint.ToString();

    public static string Write(Guid checkpoint, string? sampling) => ContentJson.Write(new ForeignCheckpoint(checkpoint, sampling));

    /// <summary>Checkpoint and settings, from what the row of a completion has.</summary>
    public static (Guid? Checkpoint, string? Sampling) Read(Guid? checkpoint, string? settings)
    {
        if (settings?.StartsWith(Start, StringComparison.Ordinal) != true)
            return (checkpoint, settings);
        try
        {
            var foreign = ContentJson.Read<ForeignCheckpoint>(settings);
            return (foreign.ImportedCheckpoint, foreign.Sampling);
        }
        catch (JsonException)
        {
            return (checkpoint, settings);
        }
    }
}
