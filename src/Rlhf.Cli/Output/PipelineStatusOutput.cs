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

    /// <param name="run">The pipeline run.</param>
    /// <param name="json">Whether for programs.</param>
    /// <param name="hub">The address of the running hub; null where there is none.</param>
    public static void Write(PipelineStatus run, bool json, string? hub)
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
            string state = i < run.Runs.Count ? Stage(run.Runs[i], hub) : "not started";
            Console.Out.WriteLine($"stage {i + 1}, {run.Kinds[i]}: {state}");
        }
    }

    /// <summary>"12 of 160 answers; rank at http://127.0.0.1:5080/label/…".</summary>
    public static string Waiting(RunLabeling labeling, string? hub)
    {
        string place = hub is null
            ? $"rlhf serve shows the project '{labeling.Project}' at /label/{labeling.ProjectId}"
            : $"rank at {hub}/label/{labeling.ProjectId}";
        return $"{Answers(labeling)}; {place}";
    }

    private static string Answers(RunLabeling labeling) => $"{labeling.Annotations} of {labeling.Wanted} answers";

    private static string Stage(RunStatus run, string? hub)
    {
        if (run is { State: Storage.Entities.RunState.Waiting, Labeling: { } labeling })
            return $"{Word(run.State)} for people, {Waiting(labeling, hub)} (run {run.Id})";
        string took = run is { Started: { } start, Ended: { } end } ? $", {Units.Duration((end - start).TotalSeconds)}" : "";
        string attempt = run.Attempt > 1 ? $", attempt {run.Attempt}" : "";
        string reason = run.Reason is { } text ? $": {text}" : "";
        return $"{Word(run.State)}{attempt}{took}{reason} (run {run.Id})";
    }

    private static string Where(PipelineStatus run) =>
        run.HasEnded ? run.Reason ?? "" : run.Runs is [.., var last] ? $"at {last.Kind}, stage {run.Runs.Count} of {run.Kinds.Count}"
            + (last is { State: Storage.Entities.RunState.Waiting, Labeling: { } labeling } ? $", {Answers(labeling)}" : "") : "";

    private static string Word(Storage.Entities.RunState state) => state.ToString().ToLowerInvariant();
}
