using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Core.Options;
using Rlhf.Definitions;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// The folder of one run, <c>runs/&lt;id&gt;/</c>: <c>run.json</c> and the materialized inputs go in, <c>result.json</c>,
/// <c>model/</c> and the other outputs come out, and beside the checkpoints named in run.json the run's process touches nothing else.
/// </summary>
public sealed class RunFolder(string path)
{
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string ManifestFile => In("run.json");

    /// <summary>Lines of <see cref="Files.PromptLine"/>.</summary>
    public string PromptsFile => In("prompts.jsonl");

    /// <summary>Lines of <see cref="Files.RankingLine"/>.</summary>
    public string RankingsFile => In("rankings.jsonl");

    /// <summary>Lines of <see cref="Files.TextLine"/>.</summary>
    public string TextFile => In("text.jsonl");

    /// <summary>Lines of <see cref="Files.CandidateLine"/>.</summary>
    public string CandidatesFile => In("candidates.jsonl");

    /// <summary>Lines of <see cref="Files.EvaluationLine"/>.</summary>
    public string EvaluationFile => In("evaluation.jsonl");

    /// <summary>The trained checkpoint, a Hugging Face folder.</summary>
    public string ModelFolder => In("model");

    /// <summary>Written last: a run with this file is done.</summary>
    public string ResultFile => In("result.json");

    /// <summary>Metrics and samples, written by the executor that follows the run.</summary>
    public string DatabaseFile => In("run.db");

    /// <summary>What the process printed that was no message to its parent.</summary>
    public string LogFile => In("run.log");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    public void Write(RunManifest manifest) => AtomicFile.WriteText(ManifestFile, JsonSerializer.Serialize(manifest, RunJson.Indented) + "\n");

    /// <exception cref="UserError">There is no such run, or its run.json is damaged.</exception>
    public RunManifest Read()
    {
        if (!File.Exists(ManifestFile))
            throw new UserError($"{Path}: not the folder of a run: it has no run.json");
        try
        {
            return JsonSerializer.Deserialize<RunManifest>(File.ReadAllText(ManifestFile), RunJson.Indented)
                ?? throw new UserError($"{ManifestFile}: empty");
        }
        catch (JsonException e)
        {
            throw new UserError($"{ManifestFile}:{e.LineNumber + 1}: damaged: {e.Message}", e);
        }
    }

    /// <summary>The options in run.json as the record of their stage.</summary>
    public T Options<T>() where T : class => OptionsJson.Read<T>(Read().Options.ToJsonString(), ManifestFile);

    /// <inheritdoc cref="Options{T}"/>
    public StageOptions Options(Type type) => (StageOptions)OptionsJson.Read(type, Read().Options.ToJsonString(), ManifestFile);

    /// <summary>The absolute path of an input that must be there.</summary>
    public string Input(string name) => TryInput(name) ?? throw new UserError($"{ManifestFile}: no input '{name}'");

    /// <summary>The absolute path of an input, null where the run has none of this name.</summary>
    public string? TryInput(string name) =>
        Read().Inputs.FirstOrDefault(i => i.Name == name) is { } input ? System.IO.Path.GetFullPath(input.Path, Path) : null;

    public void WriteResult<T>(T result) => AtomicFile.WriteText(ResultFile, JsonSerializer.Serialize(result, RunJson.Indented) + "\n");

    public T ReadResult<T>() => JsonSerializer.Deserialize<T>(File.ReadAllText(ResultFile), RunJson.Indented)
        ?? throw new UserError($"{ResultFile}: empty");

    /// <summary>Removes what an earlier attempt left behind: a run that is taken up again starts from its inputs.</summary>
    public void Clear()
    {
        foreach (string file in new[] { CandidatesFile, EvaluationFile, ResultFile, LogFile, DatabaseFile, DatabaseFile + "-wal", DatabaseFile + "-shm" })
            File.Delete(file);
        if (Directory.Exists(ModelFolder))
            Directory.Delete(ModelFolder, recursive: true);
    }

    /// <summary>The JSON object of options as run.json holds it.</summary>
    public static JsonObject OptionsObject(object options) => JsonNode.Parse(OptionsJson.Write(options))!.AsObject();
}
