using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Storage;
using Rlhf.Storage.Lineage;

namespace Rlhf.Cli.Verbs;

/// <summary>
/// <c>rlhf lineage ID</c>: from a checkpoint to the annotations behind it, and from these to the checkpoints that learned from them.
/// </summary>
internal static class LineageVerb
{
    private static readonly JsonSerializerOptions Settings = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Create()
    {
        var id = new Argument<string>("ID")
        {
            Description = "A checkpoint, run, dataset version or annotation: "
                + "its id, the folder of a model or run, or the first 8 characters or more of a hash.",
        };
        var home = PipelineOptions.Home();
        var json = new Option<bool>("--json") { Description = "One JSON object: {kind, id, text, facts, from, to}, nested." };
        var command = new Command("lineage", "Shows what a checkpoint or dataset version was made from, and what was made from it.")
        {
            id, home, json,
        };
        command.SetAction((parse, stop) =>
            ShowAsync(parse.GetRequiredValue(id), Home.Resolve(parse.GetValue(home)), parse.GetValue(json), stop));
        return command;
    }

    private static async Task<int> ShowAsync(string id, Home home, bool json, CancellationToken stop)
    {
        if (!File.Exists(home.Database))
            throw new UserError($"{home.Root}: no rlhf.db there; --home or RLHF_HOME names the home folder");
        using var database = await RlhfDatabase.OpenAsync(home.Database, stop);
        var found = await new LineageReader(database, home).FindAsync(id, stop);
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(found, Settings));
        else
            Write(found, "", 0);
        return CommandLine.Success;
    }

    /// <summary>One line per node: "from" its origins, "to" what was made from it.</summary>
    private static void Write(LineageNode node, string direction, int depth)
    {
        Console.Out.WriteLine(new string(' ', 2 * depth) + direction + node.Text);
        foreach (var from in node.From)
            Write(from, "from ", depth + 1);
        foreach (var to in node.To)
            Write(to, "to ", depth + 1);
    }
}
