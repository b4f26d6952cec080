using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Core.Options;
using Rlhf.Definitions;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// The folder of one run, <c>runs/&lt;id&gt;/</c>: <c>run.json</c> and the materialized inputs, which every attempt reads and none
/// writes, and a folder for what each attempt makes (<see cref="AttemptFolder"/>). Apart from these and the checkpoints named in
/// run.json, the run's process touches nothing.
/// </summary>
public sealed class RunFolder(string path)
{
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The run's id, which names the folder.</summary>
    public Guid Id => Guid.Parse(System.IO.Path.GetFileName(Path));

    public string ManifestFile => In("run.json");

    /// <summary>Lines of <see cref="Files.PromptLine"/>.</summary>
    public string PromptsFile => In("prompts.jsonl");

    /// <summary>Lines of <see cref="Files.RankingLine"/>.</summary>
    public string RankingsFile => In("rankings.jsonl");

    /// <summary>Lines of <see cref="Files.TextLine"/>.</summary>
    public string TextFile => In("text.jsonl");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Where an attempt writes, whether it has been made or not.</summary>
    /// <param name="number">1 for the first.</param>
    public AttemptFolder Attempt(int number) => new(this, number);

    /// <summary>The attempt after the last one that has a folder.</summary>
    public AttemptFolder NextAttempt()
    {
        string folder = System.IO.Path.GetDirectoryName(Attempt(1).Path)!;
        var names = Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder).Select(System.IO.Path.GetFileName) : [];
        return Attempt(1 + names.Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0)
            .DefaultIfEmpty(0).Max());
    }

    public void Write(RunManifest manifest) =>
        AtomicFile.WriteText(ManifestFile, JsonSerializer.Serialize(manifest, RunJson.Indented) + "\n");

    /// <exception cref="UserError">There is no such run, or its run.json is damaged.</exception>
    public RunManifest Read()
    {
        if (!File.Exists(ManifestFile))
            throw new UserError($"{Path}: not the folder of a run: it has no run.json");
        string json = RegularFile.ReadAllText(ManifestFile);
        try
        {
            return JsonSerializer.Deserialize<RunManifest>(json, RunJson.Indented)
                ?? throw new UserError($"{ManifestFile}: empty");
        }
        catch (JsonException e)
        {
            throw new UserError($"{ManifestFile}:{e.LineNumber + 1}: damaged: "
                + JsonFault.Describe(e, json, RunJson.Indented.GetTypeInfo(typeof(RunManifest))), e);
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

    /// <summary>The JSON object of options as run.json holds it.</summary>
    public static JsonObject OptionsObject(object options) => JsonNode.Parse(OptionsJson.Write(options))!.AsObject();
}
