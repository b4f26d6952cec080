using System.Text.Json;
using Rlhf.Cli.Hosting;
using Rlhf.Core.Text;
using Rlhf.Storage.Runs;

namespace Rlhf.Cli.Output;

/// <summary>Pipeline runs for people and, with --json, for programs: one JSON value on one line.</summary>
internal static class PipelineStatusOutput
{
    public static void WriteList(IReadOnlyList<PipelineStatus> runs, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(runs, HubClient.Json));
            return;
        }
        if (runs.Count == 0)
            Console.Out.WriteLine("no pipeline run yet");
        foreach (var run in runs)
            Console.Out.WriteLine(
                $"{run.Id}  {Word(run.State),-9}  {run.Created.ToLocalTime():yyyy-MM-dd HH:mm}  {run.Name}  {Where(run)}".TrimEnd());
    }

    public static void Write(PipelineStatus run, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(run, HubClient.Json));
            return;
        }
        Console.Out.WriteLine($"{run.Name}: {Word(run.State)}{(run.Reason is { } reason ? $": {reason}" : "")}");
        Console.Out.WriteLine($"id: {run.Id}");
        string took = run.Ended is { } end ? $", took {Units.Duration((end - run.Created).TotalSeconds)}" : "";
        Console.Out.WriteLine($"started: {run.Created.ToLocalTime():yyyy-MM-dd HH:mm:ss}{took}");
        if (run.Command is { } command)
            Console.Out.WriteLine($"command: {command}");
        for (int i = 0; i < run.Kinds.Count; i++)
        {
            string state = i < run.Runs.Count ? Stage(run.Runs[i]) : "not started";
            Console.Out.WriteLine($"stage {i + 1}, {run.Kinds[i]}: {state}");
        }
    }

    private static string Stage(RunStatus run)
    {
        string took = run is { Started: { } start, Ended: { } end } ? $", {Units.Duration((end - start).TotalSeconds)}" : "";
        string attempt = run.Attempt > 1 ? $", attempt {run.Attempt}" : "";
        string reason = run.Reason is { } text ? $": {text}" : "";
        return $"{Word(run.State)}{attempt}{took}{reason} (run {run.Id})";
    }

    private static string Where(PipelineStatus run) =>
        run.HasEnded ? run.Reason ?? "" : run.Runs.Count > 0 ? $"at {run.Runs[^1].Kind}, stage {run.Runs.Count} of {run.Kinds.Count}" : "";

    private static string Word(Storage.Entities.RunState state) => state.ToString().ToLowerInvariant();
}
